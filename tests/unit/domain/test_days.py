import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.days import DayPart, PartOfDay, Weekday

day_parts = st.builds(DayPart, st.sampled_from(Weekday), st.none() | st.sampled_from(PartOfDay))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Friday", DayPart(Weekday.FRIDAY)),
        ("friday afternoon", DayPart(Weekday.FRIDAY, PartOfDay.AFTERNOON)),
        ("  MON   mornings ", DayPart(Weekday.MONDAY, PartOfDay.MORNING)),
        ("Sundays", DayPart(Weekday.SUNDAY)),
    ],
)
def test_reads_english_words_in_any_case(words: str, meant: DayPart) -> None:
    assert DayPart.parse(words) == meant


@pytest.mark.parametrize("words", ["", "Freitag", "Friday lunch", "Friday afternoon tea", "afternoon", None, 5])
def test_refuses_what_is_no_part_of_a_week(words: object) -> None:
    with pytest.raises(ValueError, match='like "Friday"'):
        DayPart.parse(words)


@given(day_parts)
def test_text_reads_back_as_itself(day_part: DayPart) -> None:
    assert DayPart.parse(str(day_part)) == day_part
    assert DayPart.parse(day_part) is day_part
