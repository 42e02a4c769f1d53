"""What Claude costs a user and month: ``python -m bench.cost DATA``.

Triage is measured: every labelled mail is decided by weights that never saw its sender or thread; about those the core
is not sure of the real prompt goes through the real SDK to the double of the tests, which counts tokens with our own
estimator (domain/llm_tokens.py says how well: the tokenizers of current models are not public). The mails' users all
differ, so that no call finds its user's profile in the cache. The calendar is measured on summaries of a busy week's
plan in four languages, tasks on lists of twenty, briefings on meetings with 500 documents, both through their handlers.
Drafts are a budget, marked as planned.
"""

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time
from decimal import Decimal
from pathlib import Path

from assistant.domain.calendar.prose.asking import summary_prompt
from assistant.domain.calendar.prose.facts import plan_facts
from assistant.domain.languages import WrittenLanguage
from assistant.domain.llm import LlmTask
from assistant.domain.preferences import Preferences, WorkingHours
from assistant.domain.triage.second_opinion import triage_prompt
from assistant.ports.claude import Llm
from assistant.wiring import deps
from bench.claude_double import running_double
from bench.cost_report import Row, Triage, measured_row, planned_rows, report
from bench.meetings import nothing_kept, prepare, request_event
from bench.plot import plot_costs
from bench.tasks import prioritize, request
from bench.triage import in_memory
from tests.fakes.claude_api import KEY
from tests.fakes.llm import MemorySpending
from tests.fakes.plans import greedy_record
from tests.fakes.stores import MemoryTasks
from training.abstentions import Examined, examine_apart
from training.claude import claude_without_aws
from training.dataset import load_mails, load_sentences
from training.fit import read_samples

_PICTURE = Path(__file__).resolve().parents[1] / "reports/cost.png"
_SECONDS_A_CALL = 30.0
_PARALLEL = 4
_REQUESTS = 10
_HOURS = 24
_MINUTES = 60


def main() -> None:
    """Measure, print the table and draw reports/cost.png."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with dev.jsonl and dev_sentences.jsonl")
    data = parser.parse_args().data
    examined = list(examine_apart(read_samples(load_mails(data)), load_sentences(data)))
    with running_double() as address, claude_without_aws(key=KEY, address=address) as claude:
        triage = measure_triage(examined, claude.llm)
        calendar = measure_calendar(claude.llm)
        tasks = measure_handler(LlmTask.TASKS, lambda number: prioritize(request(number, tasks=20)), claude.llm)
        briefings = measure_handler(LlmTask.BRIEFING, lambda number: prepare(request_event(number)), claude.llm)
    rows = [triage.row, tasks, calendar, briefings, *planned_rows()]
    print("\n".join(report(triage, rows)))
    plot_costs({row.task.value: (float(row.dollars), float(row.dollars_with_batches)) for row in rows}, _PICTURE)
    print(f"drawn: {_PICTURE.relative_to(_PICTURE.parents[1])}")


def measure_calendar(llm: Llm) -> Row:
    """Ask for the summary of a busy week's plan in every language, as if each operation of the calendar wanted one.

    Raises:
        Unavailable: Claude, or what stands in for it, is down.
        Unanswered: an answer cannot be used.
    """
    facts = plan_facts(greedy_record("plan", datetime.now(UTC)))
    prompts = [summary_prompt(facts, language) for language in WrittenLanguage]
    # As below, the first call writes the prefix.
    llm.ask(prompts[0], seconds=_SECONDS_A_CALL)
    return measured_row(LlmTask.CALENDAR, [llm.ask(prompt, seconds=_SECONDS_A_CALL).usage for prompt in prompts])


def measure_handler(task: LlmTask, ask: Callable[[int], object], llm: Llm) -> Row:
    """Return the row of a task from what its handler asks Claude, with stores in memory; ``ask`` makes a request."""
    spending = MemorySpending()
    with in_memory(deps):
        stores = {"tasks": MemoryTasks(deps.clock), "kept_evidence_ports": nothing_kept()}
        vars(deps).update(llm=llm, spending=spending, **stores)
        for number in range(_REQUESTS + 1):
            ask(number)
    # As below, the first request writes the prefix. A request asks again where the first answer is no use.
    used = [usage for _, usages in spending.settled[1:] for usage in usages]
    asked = Decimal(sum(usage.calls for usage in used)) / _REQUESTS
    return measured_row(task, [usage.tokens for usage in used], asked=asked)


def measure_triage(examined: Sequence[Examined], llm: Llm) -> Triage:
    """Ask about every mail the core is not sure of.

    Raises:
        Unavailable: Claude, or what stands in for it, is down.
        Unanswered: an answer cannot be used.
    """
    asked = [one for one in examined if one.asks]
    prompts = [triage_prompt(one.case, _preferences_of(number)) for number, one in enumerate(asked)]
    # The first call writes the prefix into the cache, as somebody's call did before almost every other.
    for prompt in prompts[:1]:
        llm.ask(prompt, seconds=_SECONDS_A_CALL)
    with ThreadPoolExecutor(_PARALLEL) as pool:
        replies = pool.map(lambda prompt: llm.ask(prompt, seconds=_SECONDS_A_CALL), prompts)
        return Triage(len(examined), tuple(reply.usage for reply in replies))


def _preferences_of(number: int) -> Preferences:
    """Return preferences that no other of 1,320 users has: work begins at another minute."""
    hour, minute = divmod(number % ((_HOURS - 2) * _MINUTES), _MINUTES)
    return Preferences(working_hours=WorkingHours(start=time(hour, minute), end=time(_HOURS - 1, minute)))


if __name__ == "__main__":
    main()
