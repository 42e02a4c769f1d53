"""Claude's part: what is asked about a wish no rule accounts for, and what an answer may say.

The answer is codes and numbers; the sentence the user reads is made from them by us. A wish that asks for more than a
constraint can hold, an exception for a person say, is not understood rather than half understood.
"""

from datetime import time
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.domain.calendar.request import Constraints, NoMeetingsWindow, TimeWindow
from assistant.domain.calendar.wishes.joining import stated
from assistant.domain.calendar.wishes.reading import UnderstoodWish, WishReader, understood
from assistant.domain.days import DayPart, PartOfDay, Weekday
from assistant.domain.llm import LlmTask, Prompt, Rejected
from assistant.domain.triage.language import Language

MOST_TOKENS: Final = 300
_MOST_LISTED: Final = 14

type _Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
type _Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnsweredDay(_Answer):
    """A weekday, or a part of it."""

    day: _Day
    part: PartOfDay | None = None


class AnsweredWindow(_Answer):
    """Hours on some weekdays; on every working day where none is named."""

    days: tuple[_Day, ...] = Field(default=(), max_length=7)
    start: _Clock | None = None
    end: _Clock | None = None


class AnsweredHours(_Answer):
    """Working hours."""

    start: _Clock
    end: _Clock


class WishAnswer(_Answer):
    """What a wish asks for; only the fields it speaks of are set."""

    understood: bool
    language: Literal[Language.ENGLISH, Language.SPANISH, Language.FRENCH, Language.GERMAN]
    focus_time_hours: float | None = Field(default=None, ge=0, le=24)
    no_meetings_before: _Clock | None = None
    no_meetings_after: _Clock | None = None
    meeting_buffer_minutes: int | None = Field(default=None, ge=0, le=240)
    max_meetings_per_day: int | None = Field(default=None, ge=0, le=100)
    no_meetings_days: tuple[AnsweredDay, ...] = Field(default=(), max_length=_MOST_LISTED)
    no_meetings_windows: tuple[AnsweredWindow, ...] = Field(default=(), max_length=_MOST_LISTED)
    working_hours: AnsweredHours | None = None
    working_days: tuple[_Day, ...] = Field(default=(), max_length=7)
    min_focus_block_minutes: int | None = Field(default=None, ge=1, le=1440)


POLICY: Final = """\
You turn one wish about somebody's calendar into constraints. The user message is JSON; "wish" is what the owner of \
the calendar wrote. Answer with codes and numbers only; you cannot change or see any calendar.

Set only the fields the wish speaks of, with the values it names; leave the rest out. Never guess a number it does not \
name. Set understood to false, and nothing else but language, where the wish asks for anything the fields cannot hold \
exactly: particular people, titles, dates or single weeks, exceptions, moving or cancelling events, places, travel, \
or anything that is no wish about meeting times, focus time or working time.

- no_meetings_before, no_meetings_after: the limits of every day, as "09:00".
- no_meetings_days: weekdays without meetings, or their morning (to 12:00), afternoon (from 12:00) or evening (from \
18:00).
- no_meetings_windows: hours without meetings, on the days named or, with no days, on every working day. start or end \
is left out for midnight.
- meeting_buffer_minutes: between two meetings. max_meetings_per_day.
- focus_time_hours: protected on each working day. min_focus_block_minutes: the shortest block worth protecting.
- working_hours, working_days: when the owner works at all.
- language: of the wish.
Times are on the 24-hour clock; an hour without morning or afternoon is the one at which people work.\
"""


def wish_prompt(wish: str) -> Prompt[WishAnswer]:
    """Return the question about one wish."""
    return Prompt(
        task=LlmTask.CALENDAR, policy=POLICY, profile="", data={"wish": wish}, answer=WishAnswer, max_tokens=MOST_TOKENS
    )


def accepted(wish: str, answer: WishAnswer) -> UnderstoodWish | None:
    """Return the wish as the answer understands it, None where it does not.

    Raises:
        Rejected: the answer is beyond what may be asked for, contradicts itself or says nothing.
    """
    if not answer.understood:
        return None
    try:
        constraint = _constraint(answer)
    except ValidationError:
        raise Rejected("out_of_bounds", retry=True) from None
    if not stated(constraint):
        raise Rejected("inconsistent", retry=True)
    return understood(wish, constraint, answer.language, WishReader.CLAUDE)


def _constraint(answer: WishAnswer) -> Constraints:
    hours = answer.working_hours
    return Constraints(
        focus_time_hours=answer.focus_time_hours,
        no_meetings_before=_time(answer.no_meetings_before),
        no_meetings_after=_time(answer.no_meetings_after),
        meeting_buffer_minutes=answer.meeting_buffer_minutes,
        max_meetings_per_day=answer.max_meetings_per_day,
        no_meetings_days=tuple(DayPart(_weekday(one.day), one.part) for one in answer.no_meetings_days) or None,
        no_meetings_windows=tuple(_window(window) for window in answer.no_meetings_windows) or None,
        working_hours=TimeWindow(start=time.fromisoformat(hours.start), end=time.fromisoformat(hours.end))
        if hours
        else None,
        working_days=tuple(sorted({_weekday(day) for day in answer.working_days})) or None,
        min_focus_block_minutes=answer.min_focus_block_minutes,
    )


def _window(answer: AnsweredWindow) -> NoMeetingsWindow:
    days = tuple(sorted({_weekday(day) for day in answer.days}))
    return NoMeetingsWindow(days=days, start=_time(answer.start), end=_time(answer.end))


def _weekday(name: str) -> Weekday:
    return Weekday[name.upper()]


def _time(clock: str | None) -> time | None:
    return time.fromisoformat(clock) if clock else None
