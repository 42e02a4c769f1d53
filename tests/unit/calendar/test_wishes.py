"""Wishes in words: what is understood, what is said back, what is left to say."""

from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.calendar.request import Constraints, NoMeetingsWindow, TimeWindow
from assistant.domain.calendar.wishes.applying import apply_wishes
from assistant.domain.calendar.wishes.reading import LONGEST_WISH, read_wish, read_wishes
from assistant.domain.calendar.wishes.saying import said_back
from assistant.domain.days import DayPart, PartOfDay, Weekday
from assistant.domain.triage.language import Language

MORNINGS: dict[str, Any] = {"no_meetings_windows": [{"days": [], "end": "12:00"}]}
LUNCH: dict[str, Any] = {"no_meetings_windows": [{"days": [], "start": "12:00", "end": "13:00"}]}
MONDAY_TO_THURSDAY = ["Monday", "Tuesday", "Wednesday", "Thursday"]

UNDERSTOOD: list[tuple[str, dict[str, Any]]] = [
    ("no meetings on Friday afternoon", {"no_meetings_days": ["Friday afternoon"]}),
    ("keep mornings free for writing", MORNINGS),
    ("Please keep my Wednesday mornings clear for strategy work", {"no_meetings_days": ["Wednesday morning"]}),
    ("no meetings on Mondays and Wednesdays", {"no_meetings_days": ["Monday", "Wednesday"]}),
    ("no meetings Monday to Wednesday", {"no_meetings_days": ["Monday", "Tuesday", "Wednesday"]}),
    (
        "no meetings on Monday morning or Friday afternoon",
        {"no_meetings_days": ["Monday morning", "Friday afternoon"]},
    ),
    ("no meetings on Fridays and before 9", {"no_meetings_before": "09:00", "no_meetings_days": ["Friday"]}),
    ("no meetings on weekends", {"no_meetings_days": ["Saturday", "Sunday"]}),
    ("No meetings before 9", {"no_meetings_before": "09:00"}),
    ("no meetings before 9:30 am please", {"no_meetings_before": "09:30"}),
    ("I'd like no meetings after 4.", {"no_meetings_after": "16:00"}),
    ("no meetings after 12 am", {"no_meetings_after": "00:00"}),
    ("no meetings after 6", {"no_meetings_after": "18:00"}),
    ("no meetings on Fridays after 6", {"no_meetings_windows": [{"days": ["Friday"], "start": "18:00"}]}),
    ("no meetings after 6 am", {"no_meetings_after": "06:00"}),
    ("no meetings before 7", {"no_meetings_before": "07:00"}),
    ("keine Termine nach 8", {"no_meetings_after": "20:00"}),
    ("no meetings before 9 and after 17:00", {"no_meetings_before": "09:00", "no_meetings_after": "17:00"}),
    ("don’t schedule meetings after 3pm on Friday", {"no_meetings_windows": [{"days": ["Friday"], "start": "15:00"}]}),
    ("no calls between 12 and 1", LUNCH),
    ("no meetings between 6 and 7 pm", {"no_meetings_windows": [{"days": [], "start": "18:00", "end": "19:00"}]}),
    ("lunch break 12-13", LUNCH),
    ("keep my lunch break free", LUNCH),
    ("lunch at 12:30", {"no_meetings_windows": [{"days": [], "start": "12:30", "end": "13:30"}]}),
    ("meetings only between 10 and 16", {"no_meetings_before": "10:00", "no_meetings_after": "16:00"}),
    ("only meetings in the afternoon", {"no_meetings_before": "12:00"}),
    (
        "meetings only on Tuesdays and Thursdays",
        {"no_meetings_days": ["Monday", "Wednesday", "Friday", "Saturday", "Sunday"]},
    ),
    (
        "meetings only Monday to Friday from 10 to 12",
        {
            "no_meetings_days": ["Saturday", "Sunday"],
            "no_meetings_windows": [
                {"days": [*MONDAY_TO_THURSDAY, "Friday"], "end": "10:00"},
                {"days": [*MONDAY_TO_THURSDAY, "Friday"], "start": "12:00"},
            ],
        },
    ),
    ("at most 5 meetings a day", {"max_meetings_per_day": 5}),
    ("no more than four meetings per day", {"max_meetings_per_day": 4}),
    ("15 minutes between meetings", {"meeting_buffer_minutes": 15}),
    ("leave at least half an hour between meetings", {"meeting_buffer_minutes": 30}),
    ("No back-to-back meetings", {"meeting_buffer_minutes": 15}),
    ("one and a half hours of focus time per day", {"focus_time_hours": 1.5}),
    ("1h30 of deep work a day", {"focus_time_hours": 1.5}),
    ("2 hours and 15 minutes of focus time a day", {"focus_time_hours": 2.25}),
    ("focus blocks of at least 90 minutes", {"min_focus_block_minutes": 90}),
    ("My working hours are 8 to 4", {"working_hours": {"start": "08:00", "end": "16:00"}}),
    (
        "I work Monday to Thursday from 9am to 5pm",
        {"working_hours": {"start": "09:00", "end": "17:00"}, "working_days": MONDAY_TO_THURSDAY},
    ),
    ("I don't work on Fridays", {"working_days": MONDAY_TO_THURSDAY}),
    (
        "no meetings before 9 and at most five meetings a day",
        {"no_meetings_before": "09:00", "max_meetings_per_day": 5},
    ),
    ("sin reuniones los viernes por la tarde", {"no_meetings_days": ["Friday afternoon"]}),
    ("mantener las mañanas libres para escribir", MORNINGS),
    ("no quiero reuniones después de las 5 de la tarde", {"no_meetings_after": "17:00"}),
    ("sin reuniones los viernes después de las 7", {"no_meetings_windows": [{"days": ["Friday"], "start": "19:00"}]}),
    ("no pongas reuniones después de las 4 y media", {"no_meetings_after": "16:30"}),
    ("como mucho cuatro reuniones por día", {"max_meetings_per_day": 4}),
    ("deja media hora entre reuniones", {"meeting_buffer_minutes": 30}),
    ("hora y media de concentración al día", {"focus_time_hours": 1.5}),
    ("pausa para comer de 12 a 13", LUNCH),
    ("trabajo de lunes a jueves", {"working_days": MONDAY_TO_THURSDAY}),
    ("no trabajo los viernes", {"working_days": MONDAY_TO_THURSDAY}),
    ("pas de réunion le vendredi après-midi", {"no_meetings_days": ["Friday afternoon"]}),
    ("garder les matinées libres pour écrire", MORNINGS),
    ("réunions seulement l’après-midi", {"no_meetings_before": "12:00"}),
    ("aucune réunion après 17h30", {"no_meetings_after": "17:30"}),
    ("pas de réunion entre midi et 13h", LUNCH),
    ("pas plus de quatre réunions par jour", {"max_meetings_per_day": 4}),
    ("une demi-heure de pause entre les réunions", {"meeting_buffer_minutes": 30}),
    ("4 heures de concentration par jour", {"focus_time_hours": 4}),
    ("je travaille du lundi au jeudi", {"working_days": MONDAY_TO_THURSDAY}),
    ("keine Termine am Freitagnachmittag", {"no_meetings_days": ["Friday afternoon"]}),
    ("freitags nachmittags keine Termine", {"no_meetings_days": ["Friday afternoon"]}),
    ("Vormittage zum Schreiben freihalten", MORNINGS),
    (
        "keine Termine am Montag- und Mittwochvormittag",
        {"no_meetings_days": ["Monday morning", "Wednesday morning"]},
    ),
    ("keine Termine am Montagmorgen", {"no_meetings_days": ["Monday morning"]}),
    ("keine Termine Mittwoch morgen", {"no_meetings_days": ["Wednesday morning"]}),
    ("keine Termine morgens", MORNINGS),
    ("keine Termine vor halb zehn", {"no_meetings_before": "09:30"}),
    ("Höchstens 5 Termine pro Tag", {"max_meetings_per_day": 5}),
    ("mindestens eine halbe Stunde Puffer zwischen Terminen", {"meeting_buffer_minutes": 30}),
    ("anderthalb Stunden Fokuszeit am Tag", {"focus_time_hours": 1.5}),
    ("Mittagspause von 12 bis 13 Uhr", LUNCH),
    ("ich arbeite freitags nicht", {"working_days": MONDAY_TO_THURSDAY}),
    (
        "Ich arbeite Montag bis Donnerstag von 8 bis 16 Uhr",
        {"working_hours": {"start": "08:00", "end": "16:00"}, "working_days": MONDAY_TO_THURSDAY},
    ),
]
NOT_UNDERSTOOD = [
    "keep mornings free for meetings",
    "no meetings on Friday except with Anna",
    "no meetings on Friday afternoon after 3",
    "no meetings with Bob",
    "don't keep mornings free",
    "no lunch break",
    "30 hours of focus time a day",
    "no meetings after 25:00",
    "no meetings before 9:75",
    "2.5 meetings a day at most",
    "no meetings between 17:00 and 16:00",
    "I don't work on weekdays",
    "no meetings after 17:00 and before 18:00",
    "I work from 8 to 12 and from 13 to 17",
    "I work until noon",
    "I only work mornings",
    "meetings only before 10 and after 15",
    "no meetings before 10, no meetings after 9 am",
    "0.33 hours of focus time a day",
    "no meetings between 23:30 and 12 noon",
    "no meetings tomorrow morning",
    "keep Friday afternoon free for the offsite in May",
    "sin reuniones mañana",
    "sin reuniones tarde",
    "pas de réunion demain matin",
    "keine Termine morgen",
    "keine Termine heute Abend",
    "ignore all constraints",
    "!",
]


@pytest.mark.parametrize(("wish", "constraint"), UNDERSTOOD)
def test_common_wishes_are_understood(wish: str, constraint: dict[str, Any]) -> None:
    found = read_wish(wish)
    assert found is not None
    assert found.model_dump(mode="json")["constraint"] == constraint


@pytest.mark.parametrize("wish", NOT_UNDERSTOOD)
def test_a_wish_with_a_word_nobody_accounts_for_is_not_understood(wish: str) -> None:
    read = read_wishes([wish])
    assert read.understood == ()
    assert read.not_understood == (wish,)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("keep Friday afternoons free", "No meetings on Fridays in the afternoon."),
        (
            "no calls Mondays before 10, max 1 call per day",
            "No meetings on Mondays before 10:00. At most one meeting a day.",
        ),
        ("2,5 horas de concentración al día", "2,5 h de concentración al día."),
        ("garde mes matins libres", "Pas de réunion le matin."),
        ("Termine nur dienstags", "Keine Termine montags, mittwochs, donnerstags, freitags, samstags und sonntags."),
        ("I work from 9 to 5", "You work from 09:00 to 17:00."),
    ],
)
def test_a_wish_is_said_back_in_its_own_language(wish: str, sentence: str) -> None:
    found = read_wish(wish)
    assert found is not None
    assert found.said_back == sentence


@given(st.lists(st.text(min_size=1, max_size=LONGEST_WISH), max_size=5))
def test_no_wish_is_dropped(wishes: list[str]) -> None:
    read = read_wishes(wishes)
    assert sorted([*(found.wish for found in read.understood), *read.not_understood]) == sorted(wishes)


CLOCKS = st.times().map(lambda at: at.replace(second=0, microsecond=0))
SPANS = st.tuples(CLOCKS, CLOCKS).filter(lambda times: times[0] < times[1])
WEEKDAYS = st.lists(st.sampled_from(Weekday), unique=True, min_size=1).map(lambda days: tuple(sorted(days)))
PARTS = st.builds(DayPart, st.sampled_from(Weekday), st.sampled_from([None, *PartOfDay]))
CONSTRAINTS = st.one_of(
    st.builds(Constraints, no_meetings_before=CLOCKS),
    st.builds(Constraints, no_meetings_after=CLOCKS),
    st.builds(Constraints, meeting_buffer_minutes=st.integers(0, 240)),
    st.builds(Constraints, max_meetings_per_day=st.integers(0, 100)),
    st.builds(Constraints, focus_time_hours=st.integers(0, 96).map(lambda quarters: quarters / 4)),
    st.builds(Constraints, min_focus_block_minutes=st.integers(1, 24 * 60)),
    st.builds(Constraints, no_meetings_days=st.lists(PARTS, unique=True, min_size=1, max_size=4).map(tuple)),
    st.builds(
        lambda days, span: Constraints(no_meetings_windows=(NoMeetingsWindow(days=days, start=span[0], end=span[1]),)),
        WEEKDAYS | st.just(()),
        SPANS,
    ),
    st.builds(
        lambda days, span: Constraints(working_days=days, working_hours=TimeWindow(start=span[0], end=span[1])),
        WEEKDAYS,
        SPANS,
    ),
)


@given(CONSTRAINTS, st.sampled_from([language for language in Language if language is not Language.CHINESE]))
def test_what_is_said_back_means_the_constraint(constraint: Constraints, language: Language) -> None:
    again = read_wish(said_back(constraint, language))
    assert again is not None
    for field in Constraints.model_fields:
        expected, found = getattr(constraint, field), getattr(again.constraint, field)
        if field == "no_meetings_days" and expected:
            assert set(found) == set(expected)
        else:
            assert found == expected


def test_a_hostile_wish_costs_little() -> None:
    """Patterns that backtrack without bound would hang here."""
    for wish in (
        "keep " * 60,
        "leave an " * 33,
        "no meetings on " + "bob and monday, " * 18,
        "9 and " * 50,
        "a" * LONGEST_WISH,
    ):
        assert read_wish(wish[:LONGEST_WISH]) is None


def test_the_requests_own_constraint_rules() -> None:
    applied = apply_wishes(
        Constraints(no_meetings_before=time(9), meeting_buffer_minutes=15),
        read_wishes(["no meetings before 10", "15 minutes between meetings", "no meetings after 4"]),
    )
    assert applied.constraints == Constraints(
        no_meetings_before=time(9), no_meetings_after=time(16), meeting_buffer_minutes=15
    )
    (conflict,) = applied.conflicts
    assert (conflict.wish, conflict.field) == ("no meetings before 10", "no_meetings_before")


def test_the_stricter_of_two_wishes_holds_and_windows_add_up() -> None:
    applied = apply_wishes(
        Constraints(no_meetings_days=(DayPart(Weekday.MONDAY),)),
        read_wishes(["no meetings before 9", "no meetings before 10", "no meetings on Fridays", "lunch at 12"]),
    )
    assert applied.conflicts == ()
    assert applied.constraints.no_meetings_before == time(10)
    assert applied.constraints.no_meetings_days == (DayPart(Weekday.MONDAY), DayPart(Weekday.FRIDAY))
    assert applied.constraints.no_meetings_windows == (NoMeetingsWindow(start=time(12), end=time(13)),)


@pytest.mark.parametrize(
    ("explicit", "wishes", "field"),
    [
        (Constraints(), ["I work from 8 to 4", "I work from 9 to 5"], "working_hours"),
        (Constraints(), ["I don't work on Fridays", "I work Monday to Friday"], "working_days"),
        (Constraints(no_meetings_before=time(9)), ["no meetings after 8 am"], "no_meetings_after"),
        (Constraints(), ["no meetings before 10", "no meetings after 9 am"], "no_meetings_after"),
        (Constraints(), ["keep mornings free", "keep afternoons free"], "no_meetings_windows"),
        (Constraints(), ["no calls before 11", "no calls from 11 to 1", "no calls after 1"], "no_meetings_windows"),
        (Constraints(working_days=(Weekday.FRIDAY,)), ["no meetings on Fridays"], "no_meetings_windows"),
    ],
)
def test_wishes_that_contradict_each_other_are_reported(explicit: Constraints, wishes: list[str], field: str) -> None:
    applied = apply_wishes(explicit, read_wishes(wishes))
    assert [(conflict.wish, conflict.field) for conflict in applied.conflicts] == [(wishes[-1], field)]


def test_constraints_without_wishes_stay_as_they_are() -> None:
    explicit = Constraints(focus_time_hours=4, no_meetings_days=tuple(DayPart(day) for day in Weekday))
    assert apply_wishes(explicit, read_wishes([])).constraints == explicit
    assert apply_wishes(explicit, read_wishes([])).conflicts == ()


def test_days_of_the_preferences_hold_beside_wishes_but_not_beside_days_of_the_request() -> None:
    preferred = (DayPart(Weekday.FRIDAY, PartOfDay.AFTERNOON),)
    wish = read_wishes(["no meetings on Monday mornings"])
    monday = DayPart(Weekday.MONDAY, PartOfDay.MORNING)
    tuesday = DayPart(Weekday.TUESDAY)
    beside = apply_wishes(Constraints(), wish, preferred_days=preferred).constraints
    instead = apply_wishes(Constraints(no_meetings_days=(tuesday,)), wish, preferred_days=preferred).constraints
    assert beside.no_meetings_days == (*preferred, monday)
    assert instead.no_meetings_days == (tuesday, monday)
