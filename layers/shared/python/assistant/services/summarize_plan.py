"""Use case: a kept plan in a few plain sentences, by Claude where it is configured, else by the core.

Claude's words are checked against the facts of the plan and never change a number; where they do not stand, or do not
come in time, the core's words for the same facts are the answer. What was written for a revision and a language is
kept, so that asking again costs nothing; a text of the core is kept only where Claude was heard and did not stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict

from assistant.domain import metric_names
from assistant.domain.calendar.plan_record import PlanRecord
from assistant.domain.calendar.prose.asking import SummaryAnswer, accepted_summary, summary_prompt
from assistant.domain.calendar.prose.facts import Fact, plan_facts
from assistant.domain.calendar.prose.summary import Author, Summary
from assistant.domain.calendar.prose.wording import said
from assistant.domain.errors import Unavailable
from assistant.domain.languages import WrittenLanguage
from assistant.domain.llm import Rejected
from assistant.domain.users import Identity
from assistant.ports.calendar import PlanStore, SummaryStore
from assistant.ports.runtime import Clock, Meter
from assistant.services.ask_claude import TRIES, ClaudePorts, Question, ask_all
from assistant.services.show_plan import kept_plan

Degraded = Literal["claude", "summary_store"]


class PlanSummary(BaseModel):
    """A plan in a few sentences."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    plan_id: str
    revision: int
    language: WrittenLanguage
    text: str
    decided_by: Author
    """Who wrote the text; its facts are the plan's either way."""
    degraded: tuple[Degraded, ...] = ()
    """What was missing because a dependency was down."""


@dataclass(frozen=True, slots=True)
class SummaryPorts:
    """The ports summarizing needs; those of Claude are made when the first text is to be written."""

    plans: PlanStore
    summaries: SummaryStore
    meter: Meter
    clock: Clock
    claude: Callable[[], ClaudePorts]


def summarize_plan(
    plan_id: str, language: WrittenLanguage, caller: Identity, *, seconds: float, ports: SummaryPorts
) -> PlanSummary:
    """Return the summary of the caller's plan as it is known by now; Claude is waited for within ``seconds`` from now.

    Raises:
        NotFound: no such plan is known, or it is forgotten.
        Unavailable: the store of plans is down.
    """
    until = ports.clock.monotonic() + seconds
    record = kept_plan(plan_id, caller, plans=ports.plans)
    try:
        summary = ports.summaries.find(record.user_id, record.plan_id, record.revision, language)
        missing: tuple[Degraded, ...] = ()
    except Unavailable:
        summary, missing = None, ("summary_store",)
    if summary is None:
        summary, more = _written(record, language, until, ports)
        missing += more
    for what in dict.fromkeys(missing):
        ports.meter.count(metric_names.DEGRADED, missing=what)
    return PlanSummary(
        plan_id=record.plan_id,
        revision=record.revision,
        language=language,
        text=summary.text,
        decided_by=summary.author,
        degraded=tuple(dict.fromkeys(missing)),
    )


def _written(
    record: PlanRecord, language: WrittenLanguage, until: float, ports: SummaryPorts
) -> tuple[Summary, tuple[Degraded, ...]]:
    """Write a summary; keep it where Claude wrote it, or was heard and its words did not stand."""
    facts = plan_facts(record)
    summary = partial(Summary, record.user_id, record.plan_id, record.revision, language, expires_at=record.expires_at)
    core = summary(" ".join(said(fact, language) for fact in facts), Author.CORE)
    claude = ports.claude()
    if not claude.llm.configured():
        return core, ()
    refused: list[Rejected] = []
    question = Question(summary_prompt(facts, language), partial(_accepted, facts, language, refused))
    left = until - ports.clock.monotonic()
    answers = ask_all([question], user_id=record.user_id, seconds=left, ports=claude)
    if answers.missed and len(refused) < TRIES:
        return core, ("claude",)
    (text,) = answers.results
    written = summary(text, Author.CLAUDE) if text else core
    try:
        return ports.summaries.keep(written), ()
    except Unavailable:
        return written, ("summary_store",)


def _accepted(facts: Sequence[Fact], language: WrittenLanguage, refused: list[Rejected], answer: SummaryAnswer) -> str:
    """Return the text of an answer, and note the answers that do not stand."""
    try:
        return accepted_summary(facts, language, answer)
    except Rejected as rejected:
        refused.append(rejected)
        raise
