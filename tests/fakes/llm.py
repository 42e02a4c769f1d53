"""A language model that answers what it was told, money in memory, and batches that end when told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from pydantic import BaseModel

from assistant.domain.errors import Unavailable
from assistant.domain.llm import LlmTask, Prompt, Reply, TokenUsage, Unanswered
from assistant.domain.spending import Cap, Reservation, Usage, UsageOfDay
from assistant.ports.claude import BatchResult
from tests.fakes import claude_calendar, claude_tasks
from tests.fakes.claude_answers import briefing
from tests.fakes.stores import Outage

MODEL = "claude-haiku-5-5"
TOKENS = TokenUsage(input=200, output=50, cache_read=700)
COST = 50_000
WORST = 200_000

type Answers = Callable[[Prompt[BaseModel]], Mapping[str, object] | Exception]


def sensible(prompt: Prompt[BaseModel]) -> Mapping[str, object]:
    """Answer as a sound model may: a mail wants something, a wish is none, facts and spans are said as they are."""
    if "facts" in prompt.data:
        return claude_calendar.summary(prompt.data)
    if prompt.task is LlmTask.CALENDAR:
        return {"understood": False, "language": "en"}
    if prompt.task is LlmTask.BRIEFING:
        return briefing(prompt.data)
    if prompt.task is LlmTask.TASKS:
        return claude_tasks.opinion(prompt.data)
    mail = prompt.data["mail"]
    assert isinstance(mail, Mapping)
    quote = " ".join(str(mail["text"] or mail["subject"]).split()[:4])
    return {
        "category": "important_read",
        "priority": 6,
        "task": "answer",
        "reasons": ["request"],
        "minutes": 5,
        "quote": quote,
    }


@dataclass
class ScriptedLlm:
    """Implements ``ports.Llm``; ``answers`` gives the fields of each answer, or what is raised."""

    answers: Answers
    has_key: bool = True
    open_for_calls: bool = True
    asked: list[Prompt[BaseModel]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def configured(self) -> bool:
        return self.has_key

    def available(self) -> bool:
        return self.has_key and self.open_for_calls

    def worst_cost(self, prompt: Prompt[BaseModel]) -> int:
        assert prompt.max_tokens > 0
        return WORST

    def cost(self, reply: Reply[BaseModel] | Unanswered, *, batch: bool = False) -> int:
        assert reply.model == MODEL
        return COST // 2 if batch else COST

    def ask[Answer: BaseModel](self, prompt: Prompt[Answer], *, seconds: float) -> Reply[Answer]:
        self.asked.append(prompt)
        self.seconds.append(seconds)
        answer = self.answers(prompt)
        if isinstance(answer, Exception):
            raise answer
        return Reply(prompt.answer.model_validate(answer), MODEL, TOKENS)


class MemorySpending:
    """Implements ``ports.Spending`` for one user cap."""

    def __init__(self, cap: int = 10**12, outage: Outage | None = None) -> None:
        self.cap = cap
        self.outage = outage or Outage()
        self.committed = 0
        self.settled: list[tuple[Reservation, tuple[Usage, ...]]] = []
        self._lock = Lock()

    def reserve(self, user_id: str, day: date, *, calls: int, nanodollars_each: int) -> Reservation:
        self.outage.check()
        with self._lock:
            granted = min(calls, (self.cap - self.committed) // nanodollars_each)
            self.committed += granted * nanodollars_each
            capped: Cap | None = "user" if granted < calls else None
            return Reservation(user_id, day, granted, granted * nanodollars_each, capped)

    def settle(self, reservation: Reservation, usages: Sequence[Usage]) -> None:
        self.outage.check()
        if any(earlier.id == reservation.id for earlier, _ in self.settled):
            return
        self.committed += sum(usage.nanodollars for usage in usages) - reservation.nanodollars
        self.settled.append((reservation, tuple(usages)))

    def usage(self, user_id: str, *, since: date, until: date) -> Sequence[UsageOfDay]:
        found: dict[date, list[Usage]] = {}
        for reservation, usages in self.settled:
            if reservation.user_id == user_id and since <= reservation.day <= until:
                found.setdefault(reservation.day, []).extend(usages)
        return [UsageOfDay(day, tuple(usages)) for day, usages in sorted(found.items())]


@dataclass
class MemoryBatches:
    """Implements ``ports.LlmBatches``; a batch ends when its id is in ``finished``."""

    answers: Answers
    submitted: dict[str, dict[str, Prompt[BaseModel]]] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    down: bool = False

    def submit[Answer: BaseModel](self, prompts: Mapping[str, Prompt[Answer]]) -> str:
        self._check()
        batch_id = f"msgbatch_{len(self.submitted)}"
        self.submitted[batch_id] = dict(prompts)
        return batch_id

    def ended(self, batch_id: str) -> bool:
        self._check()
        return batch_id in self.finished

    def results[Answer: BaseModel](self, batch_id: str, answer: type[Answer]) -> Iterator[BatchResult[Answer]]:
        self._check()
        for prompt_id, prompt in self.submitted[batch_id].items():
            given = self.answers(prompt)
            if isinstance(given, Unanswered):
                yield BatchResult(prompt_id, given)
            else:
                assert not isinstance(given, Exception)
                yield BatchResult(prompt_id, Reply(answer.model_validate(given), MODEL, TOKENS))

    def _check(self) -> None:
        if self.down:
            raise Unavailable("down")
