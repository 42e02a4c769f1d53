"""Asking in parallel: what is answered, what is paid, what is counted."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from assistant.domain import metric_names
from assistant.domain.llm import Fault, LlmTask, Prompt, Rejected, TokenUsage, Unanswered, Unheard
from assistant.services.ask_claude import Answers, ClaudePorts, Question, ask_all
from tests.fakes.llm import COST, MODEL, WORST, MemorySpending, ScriptedLlm
from tests.fakes.runtime import ManualClock, MemoryMeter


class Word(BaseModel):
    word: str


def question(name: str) -> Question[Word, str]:
    prompt = Prompt(LlmTask.TRIAGE, "policy", "profile", {"name": name}, Word, 50)
    return Question(prompt, _accept)


def _accept(answer: Word) -> str:
    if answer.word.startswith("reject"):
        raise Rejected("quote", retry=answer.word == "reject and retry")
    return answer.word.upper()


class Claude:
    """Asks, with scripted answers by the prompt's name; a list is answered in turn."""

    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.script: dict[str, list[Any]] = {}
        self.llm = ScriptedLlm(self._answer)
        self.spending = MemorySpending()
        self.meter = meter
        self.ports = ClaudePorts(self.llm, self.spending, meter, clock)
        self._lock = threading.Lock()

    def _answer(self, prompt: Prompt[BaseModel]) -> Mapping[str, object] | Exception:
        with self._lock:
            given = self.script[str(prompt.data["name"])].pop(0)
        return given if isinstance(given, Exception) else {"word": given}

    def ask(self, *names: str, seconds: float = 5.0) -> Answers[str]:
        return ask_all([question(name) for name in names], user_id="user123", seconds=seconds, ports=self.ports)

    def outcomes(self) -> dict[str, float]:
        return {
            given["outcome"]: value for name, value, given in self.meter.counts if name == metric_names.CLAUDE_CALLS
        }


@pytest.fixture
def claude(clock: ManualClock, meter: MemoryMeter) -> Claude:
    return Claude(clock, meter)


def unanswered(fault: Fault) -> Unanswered:
    return Unanswered(fault, model=MODEL, usage=TokenUsage(input=100, output=10))


def test_every_question_gets_its_answer_in_order(claude: Claude) -> None:
    names = [f"q{number}" for number in range(40)]
    claude.script = {name: [f"answer {name}"] for name in names}
    assert claude.ask(*names).results == tuple(f"ANSWER {name.upper()}" for name in names)
    assert claude.outcomes() == {"answered": 40}


def test_what_was_spent_replaces_what_was_put_aside(claude: Claude) -> None:
    claude.script = {"a": ["one"], "b": ["two"]}
    claude.ask("a", "b")
    ((reservation, (usage,)),) = claude.spending.settled
    assert (reservation.calls, reservation.nanodollars) == (3, 3 * WORST)
    assert (usage.task, usage.model, usage.calls, usage.nanodollars) == (LlmTask.TRIAGE, MODEL, 2, 2 * COST)
    assert usage.tokens == TokenUsage(input=400, output=100, cache_read=1400)
    assert claude.spending.committed == 2 * COST


def test_tokens_and_dollars_are_counted(claude: Claude) -> None:
    claude.script = {"a": ["one"]}
    claude.ask("a")
    label = {"task": "triage", "model": MODEL}
    assert claude.meter.total(metric_names.CLAUDE_TOKENS, **label, kind="input") == 200
    assert claude.meter.total(metric_names.CLAUDE_TOKENS, **label, kind="cache_read") == 700
    assert claude.meter.total(metric_names.CLAUDE_COST, **label) == pytest.approx(COST / 1e9)


@pytest.mark.parametrize("bad", ["reject and retry", unanswered(Fault.MALFORMED), unanswered(Fault.TRUNCATED)])
def test_an_answer_that_is_no_use_is_asked_for_once_more(claude: Claude, bad: object) -> None:
    claude.script = {"a": [bad, "good", "never"], "b": ["fine"]}
    assert claude.ask("a", "b") == Answers(("GOOD", "FINE"), 0)
    claude.script = {"a": [bad, bad, "never"], "b": ["fine"]}
    assert claude.ask("a", "b") == Answers((None, "FINE"), 1)


@pytest.mark.parametrize("final", ["reject", unanswered(Fault.REFUSAL)])
def test_a_refusal_is_an_answer(claude: Claude, final: object) -> None:
    claude.script = {"a": [final, "never"]}
    assert claude.ask("a") == Answers((None,), 0)
    assert len(claude.llm.asked) == 1


def test_a_retry_needs_money_of_its_own(claude: Claude) -> None:
    claude.script = {"a": ["reject and retry", "good"]}
    claude.spending.cap = WORST
    assert claude.ask("a") == Answers((None,), 1)
    assert claude.spending.committed == COST


def test_the_first_questions_are_asked_where_money_runs_out(claude: Claude) -> None:
    claude.script = {"a": ["one"], "b": ["two"], "c": ["three"]}
    claude.spending.cap = 2 * WORST
    assert claude.ask("a", "b", "c") == Answers(("ONE", "TWO", None), 1)
    assert claude.meter.total(metric_names.CLAUDE_CAPPED, cap="user") == 1


def test_nobody_is_asked_without_money_time_or_a_model(claude: Claude) -> None:
    nothing = Answers[str]((None,), 1)
    claude.spending.cap = 0
    assert claude.ask("a") == nothing
    claude.spending.cap = 10 * WORST
    assert claude.ask("a", seconds=0.4) == nothing
    claude.spending.outage.down = True
    assert claude.ask("a") == nothing
    claude.llm.open_for_calls = False
    assert claude.ask("a") == nothing
    assert claude.llm.asked == []
    assert ask_all((), user_id="user123", seconds=5, ports=claude.ports) == Answers[str]((), 0)


def test_a_store_that_fails_afterwards_costs_no_answer(claude: Claude) -> None:
    def answer(prompt: Prompt[BaseModel]) -> Mapping[str, object]:
        claude.spending.outage.down = True
        return {"word": str(prompt.data["name"])}

    claude.llm.answers = answer
    assert claude.ask("a").results == ("A",)


def test_a_call_that_overruns_is_left_behind_and_booked_at_its_worst(claude: Claude) -> None:
    leave = threading.Event()

    def answer(prompt: Prompt[BaseModel]) -> Mapping[str, object]:
        if prompt.data["name"] == "slow":
            leave.wait(10)
        return {"word": str(prompt.data["name"])}

    claude.llm.answers = answer
    started = time.monotonic()
    answers = claude.ask("slow", "quick", seconds=0.8)
    assert time.monotonic() - started < 9
    leave.set()
    assert answers == Answers((None, "QUICK"), 1)
    assert claude.outcomes() == {"answered": 1, "late": 1}
    assert claude.spending.committed == COST + WORST


def test_a_call_whose_answer_got_lost_is_booked_at_its_worst(claude: Claude) -> None:
    claude.llm.answers = lambda _: Unheard("lost")
    assert claude.ask("a").results == (None,)
    assert claude.outcomes() == {"unheard": 1}
    assert claude.spending.committed == WORST
