"""A page is found by reading no more than it takes, and a list in which few match is looked through in parts."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from assistant.services.matching_page import CHUNK, chunked, matching_page
from tests.fakes.examples import examples


def test_no_more_is_read_than_the_page_takes() -> None:
    read: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(5_000):
            read.append(number)
            yield number

    page, last = matching_page(numbers(), lambda number: number % 2 == 0, limit=3)
    assert (page, last, len(read)) == ([0, 2, 4], 4, 7)


def test_a_long_list_without_a_match_goes_on_in_the_next_page() -> None:
    assert matching_page(range(5_000), lambda number: number == 4_000, limit=3) == ([], 1_999)


@examples(100)
@given(length=st.integers(0, 30), every=st.integers(1, 5), limit=st.integers(1, 7))
def test_pages_together_have_everything_that_matches_once(length: int, every: int, limit: int) -> None:
    found: list[int] = []
    begin = 0
    while True:
        page, last = matching_page(range(begin, length), lambda number: number % every == 0, limit=limit)
        found += page
        if last is None:
            break
        begin = last + 1
    assert found == list(range(0, length, every))


def test_chunks_are_read_until_one_is_not_full() -> None:
    asked: list[str | None] = []

    def read(before: str | None) -> list[int]:
        asked.append(before)
        begin = int(before) + 1 if before else 0
        return list(range(begin, min(begin + CHUNK, 150)))

    assert list(chunked(read, str, before=None)) == list(range(150))
    assert asked == [None, str(CHUNK - 1)]
