from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import PreconditionFailed
from assistant.domain.versions import Preconditions, entity_tag


@pytest.mark.parametrize("field", ['"3"', '"1", "3"', "*", ' "3" ', '"x,y","3"'])
def test_if_match_holds(field: str) -> None:
    Preconditions(if_match=field).require(3)


@pytest.mark.parametrize("field", ['"2"', 'W/"3"', "3", "", '"', '"33"'])
def test_if_match_compares_strongly(field: str) -> None:
    with pytest.raises(PreconditionFailed):
        Preconditions(if_match=field).require(3)


def test_a_star_means_any_stored_version() -> None:
    with pytest.raises(PreconditionFailed):
        Preconditions(if_match="*").require(0)
    Preconditions(if_none_match="*").require(0)
    with pytest.raises(PreconditionFailed):
        Preconditions(if_none_match="*").require(1)


def test_if_none_match_compares_weakly() -> None:
    assert Preconditions(if_none_match='W/"3"').not_modified(3)
    assert not Preconditions(if_none_match='"2"').not_modified(3)
    assert not Preconditions().not_modified(3)


@given(st.text(), st.integers(min_value=0))
def test_any_field_value_is_read_without_raising_anything_else(field: str, version: int) -> None:
    for preconditions in (Preconditions(if_match=field), Preconditions(if_none_match=field)):
        with suppress(PreconditionFailed):
            preconditions.require(version)


@given(st.integers(min_value=0))
def test_a_version_matches_its_own_tag(version: int) -> None:
    Preconditions(if_match=entity_tag(version)).require(version)
