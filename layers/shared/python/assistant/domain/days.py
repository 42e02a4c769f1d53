"""Parts of the week in words: "Friday", "Friday afternoon"."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Self


class Weekday(IntEnum):
    """Days of the week, numbered as ``datetime.date.weekday()``."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class PartOfDay(StrEnum):
    """A part of a day: before noon, noon to 18:00, from 18:00."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_WEEKDAYS = {name: day for day in Weekday for name in (day.name.lower(), f"{day.name.lower()}s", day.name[:3].lower())}
_PARTS = {name: part for part in PartOfDay for name in (part.value, f"{part.value}s")}


@dataclass(frozen=True, slots=True)
class DayPart:
    """A weekday, or the part of it that ``part`` names; its text form is "Friday" or "Friday afternoon"."""

    weekday: Weekday
    part: PartOfDay | None = None

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read English words in any case; ValueError says what is accepted."""
        if isinstance(value, cls):
            return value
        words = value.lower().split() if isinstance(value, str) else []
        match words:
            case [day] if day in _WEEKDAYS:
                return cls(_WEEKDAYS[day])
            case [day, part] if day in _WEEKDAYS and part in _PARTS:
                return cls(_WEEKDAYS[day], _PARTS[part])
            case _:
                raise ValueError('must be a weekday like "Friday" or a part of one like "Friday afternoon"')

    def __str__(self) -> str:
        day = self.weekday.name.capitalize()
        return f"{day} {self.part}" if self.part else day
