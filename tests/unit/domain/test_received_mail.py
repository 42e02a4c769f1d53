from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import FieldError
from assistant.domain.received_mail import read_mail

MAIL: dict[str, Any] = {"id": "email1", "from": "ceo@company.com", "subject": "Budget", "body": "Hello"}
SOON = datetime(2025, 1, 15, 10, tzinfo=UTC)

json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
mails = st.dictionaries(
    st.sampled_from(["id", "from", "to", "cc", "subject", "body", "html", "received_at", "headers", "thread_id", "x"]),
    json_values | st.just("email1"),
)


def problems(raw: object) -> list[str]:
    return [problem.field for problem in read_mail(raw).problems]


@pytest.mark.parametrize(
    "received_at", ["2025-01-15T10:00:00Z", "2025-01-15T10:00:00", "2025-01-15T11:00:00+01:00", 1736935200]
)
def test_times_become_utc(received_at: object) -> None:
    received = read_mail(MAIL | {"received_at": received_at})
    assert received.mail is not None
    assert received.mail.received_at == SOON
    assert received.problems == ()


@pytest.mark.parametrize("received_at", ["yesterday", "2025-02-30T10:00:00Z", "0001-01-01T00:00:00+14:00", {}])
def test_a_bad_time_is_left_out_and_named(received_at: object) -> None:
    received = read_mail(MAIL | {"received_at": received_at})
    assert received.mail is not None
    assert received.mail.received_at is None
    assert received.mail.body == "Hello"
    assert [problem.field for problem in received.problems] == ["received_at"]


def test_one_bad_recipient_or_header_costs_only_itself() -> None:
    received = read_mail(MAIL | {"to": ["a@b.de", 5], "headers": {"List-Id": "<news.b.de>", "X-N": 5}})
    assert received.mail is not None
    assert received.mail.to == ("a@b.de",)
    assert received.mail.headers == {"list-id": "<news.b.de>"}
    assert [problem.field for problem in received.problems] == ["to[1]", "headers.X-N"]


def test_null_is_the_same_as_absent() -> None:
    received = read_mail(MAIL | {"to": None, "html": None, "received_at": None, "subject": None})
    assert received.mail is not None
    assert received.problems == ()


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    received = read_mail(MAIL | {"body": "caf\u00e9 \ud83d end"})
    assert received.mail is not None
    assert received.mail.body == "caf\u00e9 \ufffd end"


@pytest.mark.parametrize("raw", [None, 7, "mail", ["mail"]])
def test_what_is_no_object_is_no_mail(raw: object) -> None:
    assert read_mail(raw).mail is None
    assert problems(raw) == [""]


@pytest.mark.parametrize("identity", [{}, {"id": ""}, {"id": 5}, {"id": "x" * 600}, {"id": "\u4e2d" * 400}])
def test_a_mail_needs_an_id(identity: dict[str, object]) -> None:
    raw = {name: value for name, value in MAIL.items() if name != "id"} | identity
    assert read_mail(raw).mail is None
    assert problems(raw) == ["id"]


def test_a_mail_needs_a_sender_a_subject_or_a_body() -> None:
    assert read_mail({"id": "email1", "to": ["a@b.de"]}).mail is None
    assert FieldError("", "needs a sender, a subject or a body") in read_mail({"id": "email1"}).problems
    assert read_mail({"id": "email1", "html": "<p>Hi</p>"}).mail is not None


@given(mails | json_values)
def test_never_raises_and_names_what_it_leaves_out(raw: object) -> None:
    received = read_mail(raw)
    assert received.mail is not None or received.problems
    assert all(problem.detail for problem in received.problems)


def test_a_field_with_too_many_items_is_left_out_unread() -> None:
    raw = MAIL | {"to": [5] * 1_001, "headers": {str(number): 5 for number in range(501)}}
    assert problems(raw) == ["to", "headers"]
