"""The arithmetic of `make cost`: what is measured and what is planned, against the targets."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assistant.domain.llm import LlmTask, TokenUsage
from bench.cost_report import MOST_DOLLARS, Triage, planned_rows, report
from bench.token_budgets import MIX, PLANNED


def measured(*, asked: int = 2, mails: int = 4) -> Triage:
    return Triage(mails, (TokenUsage(input=200, output=40, cache_write=80, cache_read=1_200),) * asked)


def test_every_task_is_measured_or_planned_once() -> None:
    measured_tasks = {LlmTask.TRIAGE, LlmTask.TASKS, LlmTask.CALENDAR, LlmTask.BRIEFING}
    assert measured_tasks.isdisjoint(PLANNED)
    assert measured_tasks | set(PLANNED) == set(LlmTask) == set(MIX)
    assert sum(MIX.values()) == 1


def test_a_call_costs_its_tokens_at_list_prices_and_a_month_its_calls() -> None:
    row = measured().row
    each = (Decimal(200) * 100 + 40 * 500 + 80 * 125 + 1_200 * 10) / 1_000_000_000
    assert row.calls == 30 * 85 / 2
    assert row.dollars == row.calls * each


def test_only_what_can_wait_is_batched_and_at_half_the_price() -> None:
    row = measured().row
    assert row.dollars_with_batches == row.dollars
    assert replace(row, batched=Decimal(1)).dollars_with_batches == row.dollars / 2


def test_the_budgets_of_planned_tasks_leave_room_for_triage() -> None:
    # What triage costs where every mail is asked about with as many tokens as allowed.
    most = Triage(1, (TokenUsage(input=700, output=60, cache_read=1_300),)).row.dollars
    assert sum(row.dollars for row in planned_rows()) + most <= MOST_DOLLARS


@pytest.mark.parametrize(("output", "verdict"), [(60, "ok  "), (61, "MISS")])
def test_the_report_names_a_missed_target(output: int, verdict: str) -> None:
    triage = Triage(4, (TokenUsage(input=200, output=output, cache_read=1_200),) * 3)
    lines = list(report(triage, [triage.row, *planned_rows()]))
    assert f"{verdict}  triage output, median: {output}, target at most 60" in lines
    assert any("$58.50 at the first specification's prices, $39.00" in line for line in lines)
