"""A plan in a few sentences: who writes them, what is kept, and what is answered when something is down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest
from pydantic import BaseModel

from assistant.domain import metric_names
from assistant.domain.calendar.prose.facts import plan_facts
from assistant.domain.calendar.prose.wording import said
from assistant.domain.errors import NotFound, Unavailable
from assistant.domain.languages import WrittenLanguage
from assistant.domain.llm import LlmTask, Prompt
from assistant.domain.users import Identity
from assistant.services.ask_claude import ClaudePorts
from assistant.services.summarize_plan import PlanSummary, SummaryPorts, summarize_plan
from tests.fakes import claude_calendar
from tests.fakes.llm import Answers, MemorySpending, ScriptedLlm, sensible
from tests.fakes.plans import greedy_record
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryPlans, MemorySummaries, Outage

CALLER = Identity("user123", "request1")
OTHER = Identity("user1234", "request2")
PLAN = "plan1"


def lying(prompt: Prompt[BaseModel]) -> Mapping[str, object]:
    return claude_calendar.summary(prompt.data, lie="99 overlaps are left.")


@dataclass
class World:
    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    table: Outage = field(default_factory=Outage)
    kept: Outage = field(default_factory=Outage)
    llm: ScriptedLlm = field(default_factory=lambda: ScriptedLlm(sensible))
    spending: MemorySpending = field(default_factory=MemorySpending)

    def __post_init__(self) -> None:
        self.plans = MemoryPlans(self.clock, self.table)
        self.summaries = MemorySummaries(self.clock, self.kept)
        self.record = greedy_record(PLAN, self.clock.now())
        self.plans.save(self.record)

    def summarize(
        self, language: WrittenLanguage = WrittenLanguage.ENGLISH, *, caller: Identity = CALLER, seconds: float = 15
    ) -> PlanSummary:
        claude = ClaudePorts(self.llm, self.spending, self.meter, self.clock)
        ports = SummaryPorts(self.plans, self.summaries, self.meter, self.clock, claude=lambda: claude)
        return summarize_plan(PLAN, language, caller, seconds=seconds, ports=ports)

    def core(self, language: WrittenLanguage = WrittenLanguage.ENGLISH) -> str:
        return " ".join(said(fact, language) for fact in plan_facts(self.record))


@pytest.fixture
def world() -> World:
    return World()


def test_claude_writes_it_once_for_each_language(world: World) -> None:
    first, again = world.summarize(), world.summarize()
    german = world.summarize(WrittenLanguage.GERMAN)
    assert again == first
    assert (first.decided_by.value, first.revision, first.degraded) == ("claude", 1, ())
    assert first.text.startswith("This is what the plan has for you:")
    assert german.text.startswith("Das ist das, was der Plan für Sie hat:")
    assert [prompt.task for prompt in world.llm.asked] == [LlmTask.CALENDAR] * 2


def test_a_better_plan_is_told_anew(world: World) -> None:
    world.summarize()
    world.plans.save(replace(world.record, revision=2))
    assert world.summarize().revision == 2
    assert len(world.llm.asked) == 2


def test_without_a_key_the_core_writes_and_nothing_is_missing(world: World) -> None:
    world.llm.has_key = False
    found = world.summarize(WrittenLanguage.FRENCH)
    assert (found.text, found.decided_by.value, found.degraded) == (world.core(WrittenLanguage.FRENCH), "core", ())
    world.llm.has_key = True
    assert world.summarize(WrittenLanguage.FRENCH).decided_by.value == "claude"


def test_a_lie_is_asked_about_once_more_and_then_the_core_writes_for_good(world: World) -> None:
    world.llm.answers = lying
    found = world.summarize()
    assert (found.text, found.decided_by.value, found.degraded) == (world.core(), "core", ())
    assert world.meter.total(metric_names.CLAUDE_CALLS, task="calendar", outcome="number") == 2
    assert world.summarize() == found
    assert len(world.llm.asked) == 2


def test_a_lie_before_an_outage_leaves_claude_to_be_asked_again(world: World) -> None:
    answers: Iterator[Answers] = iter([lying, lambda _: Unavailable("down")])
    world.llm.answers = lambda prompt: next(answers)(prompt)  # noqa: PLW0108 the next of them each time
    assert world.summarize().degraded == ("claude",)
    world.llm.answers = sensible
    assert world.summarize().decided_by.value == "claude"


def test_a_lie_that_is_taken_back_does_no_harm(world: World) -> None:
    answers: Iterator[Answers] = iter([lying, sensible])
    world.llm.answers = lambda prompt: next(answers)(prompt)  # noqa: PLW0108 the next of them each time
    assert world.summarize().decided_by.value == "claude"


def test_while_claude_is_down_the_core_writes_and_claude_is_asked_again_later(world: World) -> None:
    world.llm.answers = lambda _: Unavailable("down")
    found = world.summarize()
    assert (found.text, found.decided_by.value, found.degraded) == (world.core(), "core", ("claude",))
    assert world.meter.total(metric_names.DEGRADED, missing="claude") == 1
    world.llm.answers = sensible
    assert world.summarize().decided_by.value == "claude"


@pytest.mark.parametrize("cap", [0, 10])
def test_over_a_cap_the_core_writes(world: World, cap: int) -> None:
    world.spending = MemorySpending(cap=cap)
    assert world.summarize().degraded == ("claude",)
    assert world.llm.asked == []


def test_without_time_the_core_writes(world: World) -> None:
    assert world.summarize(seconds=0.4).degraded == ("claude",)
    assert world.llm.asked == []


def test_a_summary_that_cannot_be_kept_is_answered(world: World) -> None:
    world.kept.down = True
    found = world.summarize()
    assert (found.decided_by.value, found.degraded) == ("claude", ("summary_store",))
    assert world.meter.total(metric_names.DEGRADED, missing="summary_store") == 1


def test_two_at_once_tell_the_same(world: World) -> None:
    """The second writes while the first has its text kept."""

    def overtaken(prompt: Prompt[BaseModel]) -> Mapping[str, object]:
        world.llm.answers = sensible
        world.summarize()
        return claude_calendar.summary(prompt.data, lie="That is what it is.")

    world.llm.answers = overtaken
    second = world.summarize()
    assert "That is what it is" not in second.text
    assert second == world.summarize()


def test_it_is_its_owners_and_forgotten_with_the_plan(world: World) -> None:
    world.summarize()
    with pytest.raises(NotFound):
        world.summarize(caller=OTHER)
    world.clock.advance(30 * 24 * 3600)
    with pytest.raises(NotFound):
        world.summarize()


def test_with_the_plans_down_nothing_can_be_told(world: World) -> None:
    world.table.down = True
    with pytest.raises(Unavailable):
        world.summarize()


def test_money_is_the_callers(world: World) -> None:
    world.summarize()
    ((reservation, usages),) = world.spending.settled
    assert (reservation.user_id, [usage.calls for usage in usages]) == ("user123", [1])
