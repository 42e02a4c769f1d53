"""The examples of docs/wishes.md are understood."""

from pathlib import Path

import pytest

from assistant.domain.calendar.wishes.reading import read_wish

PAGE = Path(__file__).parents[3] / "docs/wishes.md"
ROWS = [line.strip("|\n").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
EXAMPLES = [cell.strip() for row in ROWS[2:] for cell in row[1:]]


def test_the_page_has_examples_in_every_language() -> None:
    assert len(EXAMPLES) == 4 * (len(ROWS) - 2) > 0


@pytest.mark.parametrize("wish", EXAMPLES)
def test_an_example_is_understood(wish: str) -> None:
    assert read_wish(wish) is not None
