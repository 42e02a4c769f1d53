"""What a caller may send about tasks; every bound is checked here and an error names its field."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from assistant.domain.bounds import at_most
from assistant.domain.calendar.recurrence import read_rule
from assistant.domain.calendar.request import Address, Instant, Whole

MOST_TASKS = 1_000
MOST_DEPENDENCIES = 100
MOST_GOALS = 50
MOST_PEOPLE = 50
MOST_MAILS = 100


class TaskStatus(StrEnum):
    """How far a task is; the last two are closed."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def closed(self) -> bool:
        """Whether nothing is left to do."""
        return self in {TaskStatus.DONE, TaskStatus.CANCELLED}


def _rule(value: str) -> str:
    read_rule(value.strip().upper().removeprefix("RRULE:"))
    return value


TaskId = Annotated[str, Field(min_length=1, max_length=256, examples=["task1"])]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
DueText = Annotated[str, Field(max_length=100, examples=["2025-01-22", "Friday 15:00", "EOW"])]
EffortText = Annotated[str, Field(max_length=100, examples=["2 hours", "1h30", "PT2H"])]
RecurrenceRule = Annotated[str, Field(max_length=1_000, examples=["RRULE:FREQ=WEEKLY;BYDAY=MO"]), AfterValidator(_rule)]
Dependencies = Annotated[tuple[TaskId, ...], BeforeValidator(at_most(MOST_DEPENDENCIES))]
GoalIds = Annotated[tuple[TaskId, ...], BeforeValidator(at_most(MOST_GOALS))]
People = Annotated[tuple[Address, ...], BeforeValidator(at_most(MOST_PEOPLE))]


class TaskPart(BaseModel):
    """Base of what callers send about tasks."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TaskFields(TaskPart):
    """What a task is, wherever it is kept."""

    title: Title
    description: str = Field(default="", max_length=10_000)
    due_date: DueText | None = None
    """ISO 8601, or words in English, Spanish, French or German; a day ends with the business day in the user's zone."""
    estimated_time: EffortText | None = None
    """In words or ISO 8601; left out, what tasks of its kind usually take."""
    depends_on: Dependencies = ()
    """Ids of tasks to be done before."""
    goals: GoalIds = ()
    """Ids of goals it serves, beside those whose words it shares."""
    people_waiting: People = ()
    """Who waits for it: addresses or names."""
    importance: Whole | None = Field(default=None, ge=1, le=10)
    """The user's own word, 10 for the most important."""
    recurrence: RecurrenceRule | None = None
    """An RRULE of RFC 5545; the due date is that of the next occurrence."""
    start_after: Instant | None = None
    """Not planned before; without offset in the user's zone."""
    splittable: bool = True
    """Whether it may be done in pieces."""


class TaskInput(TaskFields):
    """A task of a request."""

    id: TaskId
    status: TaskStatus = TaskStatus.OPEN


class Goal(TaskPart):
    """What the user wants to reach, and how much it matters."""

    id: TaskId
    title: Title
    weight: float = Field(default=0.5, ge=0, le=1)
    """1 for what matters most."""


def _distinct_ids[T: TaskInput | Goal](given: tuple[T, ...]) -> tuple[T, ...]:
    seen: dict[str, int] = {}
    for index, one in enumerate(given):
        if seen.setdefault(one.id, index) != index:
            raise ValueError(f"items {seen[one.id]} and {index} have the same id")
    return given


TaskInputs = Annotated[
    tuple[TaskInput, ...], BeforeValidator(at_most(MOST_TASKS)), Field(min_length=1), AfterValidator(_distinct_ids)
]
Goals = Annotated[tuple[Goal, ...], BeforeValidator(at_most(MOST_GOALS)), AfterValidator(_distinct_ids)]
