"""Ask Claude several questions at once: within a deadline, under the daily caps, every answer checked.

All calls of a batch start together. Letting the first one write the provider's cache for the others would save
fifteen cache writes of the prefix, about $0.002 a batch of sixteen or more, but only where nobody asked in the last
five minutes, and would make every such batch wait for one call more.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import Final

from pydantic import BaseModel

from assistant.domain import metric_names
from assistant.domain.errors import Unavailable
from assistant.domain.llm import Fault, LlmTask, Prompt, Rejected, Reply, TokenUsage, Unanswered, Unheard
from assistant.domain.llm_models import NANODOLLARS
from assistant.domain.spending import Reservation, Usage
from assistant.ports.claude import Llm, Spending
from assistant.ports.runtime import Clock, Meter

LONGEST: Final = 20.0
ANSWERED: Final = "answered"
TRIES: Final = 2
_THREADS: Final = 16
# A call with less time than this would be paid and not heard.
_LEAST_SECONDS: Final = 0.5
# A call gives up this long before it is no longer waited for.
_SLACK: Final = 0.25
# Money put aside for second tries: one call, and one more for every ten questions.
_QUESTIONS_A_SPARE: Final = 10
_WORTH_ANOTHER_TRY: Final = frozenset({Fault.TRUNCATED, Fault.MALFORMED})
_UNKNOWN_MODEL: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Question[Answer: BaseModel, Result]:
    """A prompt, and what makes a result of its answer; ``accept`` raises Rejected for an answer that is no use."""

    prompt: Prompt[Answer]
    accept: Callable[[Answer], Result]


@dataclass(frozen=True, slots=True)
class ClaudePorts:
    """The ports asking needs."""

    llm: Llm
    spending: Spending
    meter: Meter
    clock: Clock


@dataclass(frozen=True, slots=True)
class Answers[Result]:
    """The result of each question, None where there is none, and how many questions Claude could not be asked."""

    results: tuple[Result | None, ...]
    missed: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: how it ended, and what it used as far as that is known."""

    outcome: str
    usage: Usage | None = None


def ask_all[Answer: BaseModel, Result](
    questions: Sequence[Question[Answer, Result]], *, user_id: str, seconds: float, ports: ClaudePorts
) -> Answers[Result]:
    """Return what came in time; never raises Unavailable.

    The first questions matter most: they are asked where money or time does not suffice for all.
    """
    nothing = Answers[Result]((None,) * len(questions), len(questions))
    seconds = min(seconds, LONGEST)
    deadline = ports.clock.monotonic() + seconds
    if not questions or seconds < _LEAST_SECONDS or not ports.llm.available():
        return nothing
    each = max(ports.llm.worst_cost(question.prompt) for question in questions)
    spare = 1 + len(questions) // _QUESTIONS_A_SPARE
    try:
        reservation = ports.spending.reserve(
            user_id, ports.clock.now().date(), calls=len(questions) + spare, nanodollars_each=each
        )
    except Unavailable:
        return nothing
    granted = questions[: reservation.calls]
    if reservation.capped and len(granted) < len(questions):
        ports.meter.count(metric_names.CLAUDE_CAPPED, len(questions) - len(granted), cap=reservation.capped)
    if not granted:
        return nothing
    asking = _Asking[Answer, Result](ports, deadline, each, left=reservation.nanodollars - len(granted) * each)
    heard = asking.heard(granted)
    calls = asking.calls
    settle(reservation, calls, ports.spending)
    measure(questions[0].prompt.task, calls, ports.meter)
    results = tuple(one.result if one else None for one in heard)
    missed = len(questions) - sum(one is not None for one in heard)
    return Answers(results + (None,) * (len(questions) - len(results)), missed)


def settle(reservation: Reservation, calls: Iterable[Call], spending: Spending) -> None:
    """Book what was spent; while the store is down the money stays put aside until the day ends."""
    try:
        spending.settle(reservation, total_usages(call.usage for call in calls if call.usage))
    except Unavailable:
        return


def measure(task: LlmTask, calls: Sequence[Call], meter: Meter) -> None:
    """Count calls by outcome, tokens by kind and dollars."""
    for outcome, count in Counter(call.outcome for call in calls).items():
        meter.count(metric_names.CLAUDE_CALLS, count, task=task.value, outcome=outcome)
    for usage in total_usages(call.usage for call in calls if call.usage):
        tokens = usage.tokens
        for kind in ("input", "output", "thinking", "cache_write", "cache_read"):
            if used := getattr(tokens, kind):
                meter.count(metric_names.CLAUDE_TOKENS, used, task=task.value, model=usage.model, kind=kind)
        dollars = usage.nanodollars / NANODOLLARS
        meter.count(metric_names.CLAUDE_COST, dollars, task=task.value, model=usage.model)


def total_usages(usages: Iterable[Usage]) -> tuple[Usage, ...]:
    """Return one usage for each task and model."""
    by_model: defaultdict[tuple[LlmTask, str], list[Usage]] = defaultdict(list)
    for usage in usages:
        by_model[usage.task, usage.model].append(usage)
    return tuple(
        Usage(
            task,
            model,
            sum(one.calls for one in some),
            sum((one.tokens for one in some), TokenUsage()),
            sum(one.nanodollars for one in some),
        )
        for (task, model), some in by_model.items()
    )


def used(answer: Reply[BaseModel] | Unanswered, task: LlmTask, llm: Llm, *, batch: bool = False) -> Usage:
    """Return what one answer used."""
    return Usage(task, answer.model, 1, answer.usage, llm.cost(answer, batch=batch))


@dataclass(frozen=True, slots=True)
class _Heard[Result]:
    """Claude answered; ``result`` is None when the answer is no use."""

    result: Result | None = None


class _Asking[Answer: BaseModel, Result]:
    """The calls of one batch: threads, money left, and what became of each call."""

    def __init__(self, ports: ClaudePorts, deadline: float, each: int, *, left: int) -> None:
        self._ports = ports
        self._deadline = deadline
        self._each = each
        self._left = left
        self._lock = Lock()
        self._calls: list[Call] = []

    @property
    def calls(self) -> list[Call]:
        """The calls that ended so far."""
        with self._lock:
            return list(self._calls)

    def heard(self, questions: Sequence[Question[Answer, Result]]) -> tuple[_Heard[Result] | None, ...]:
        """Ask all in parallel and return what came until the deadline; None: nothing."""
        if not questions:
            return ()
        pool = ThreadPoolExecutor(max_workers=min(_THREADS, len(questions)), thread_name_prefix="claude")
        futures = [pool.submit(self._ask, question) for question in questions]
        done, running = wait(futures, timeout=self._deadline - self._ports.clock.monotonic())
        pool.shutdown(wait=False, cancel_futures=True)
        for question, future in zip(questions, futures, strict=True):
            if future in running and not future.cancelled():
                self._add(self._unheard(question.prompt.task, "late"))
        return tuple(future.result() if future in done else None for future in futures)

    def _ask(self, question: Question[Answer, Result]) -> _Heard[Result] | None:
        for attempt in range(TRIES):
            seconds = self._deadline - self._ports.clock.monotonic() - _SLACK
            if seconds < _LEAST_SECONDS or (attempt and not self._afford()):
                break
            result, again = self._call(question, seconds)
            if not again:
                return result
        return None

    def _call(self, question: Question[Answer, Result], seconds: float) -> tuple[_Heard[Result] | None, bool]:
        """Return what was heard, and whether another try may help."""
        task, llm = question.prompt.task, self._ports.llm
        try:
            reply = llm.ask(question.prompt, seconds=seconds)
        except Unheard:
            self._add(self._unheard(task, "unheard"))
            return None, False
        except Unavailable:
            self._add(Call("unavailable"))
            return None, False
        except Unanswered as unanswered:
            self._add(Call(unanswered.fault.value, used(unanswered, task, llm)))
            return _Heard(), unanswered.fault in _WORTH_ANOTHER_TRY
        usage = used(reply, task, llm)
        try:
            result = question.accept(reply.answer)
        except Rejected as rejected:
            self._add(Call(rejected.reason, usage))
            return _Heard(), rejected.retry
        self._add(Call(ANSWERED, usage))
        return _Heard(result), False

    def _unheard(self, task: LlmTask, outcome: str) -> Call:
        """Return a call that may be billed though nothing was heard: it is booked at the most it can cost."""
        return Call(outcome, Usage(task, _UNKNOWN_MODEL, 1, TokenUsage(), self._each))

    def _add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            self._left += self._each - (call.usage.nanodollars if call.usage else 0)

    def _afford(self) -> bool:
        """Take the money of one more call from what earlier calls left over."""
        with self._lock:
            if self._left < self._each:
                return False
            self._left -= self._each
            return True
