"""The arithmetic of ``python -m bench.cost``: rows of tasks, their dollars, the table and its targets."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import add

from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.llm_models import BATCH_SHARE, DEFAULT_MODELS, MODELS, Prices
from bench.token_budgets import (
    DAYS_A_MONTH,
    MIX,
    NAIVE,
    NAIVE_DOLLARS_A_MILLION,
    OPERATIONS_A_DAY,
    PLANNED,
    USERS,
)

MOST_INPUT = 700
MOST_OUTPUT = 60
MOST_DOLLARS = Decimal("2.10")
MOST_DOLLARS_WITH_BATCHES = Decimal("1.40")


@dataclass(frozen=True, slots=True)
class Row:
    """One task: the share of its operations that ask Claude, the mean usage of a call, and how both are known."""

    task: LlmTask
    asked: Decimal
    usage: TokenUsage
    batched: Decimal
    known: str

    @property
    def calls(self) -> Decimal:
        """Calls of a user and month."""
        return MIX[self.task] * OPERATIONS_A_DAY * DAYS_A_MONTH * self.asked

    @property
    def dollars(self) -> Decimal:
        """Dollars of a user and month when every call is made at once."""
        return self.calls * _dollars(self.usage, MODELS[DEFAULT_MODELS[self.task]].prices)

    @property
    def dollars_with_batches(self) -> Decimal:
        """Dollars of a user and month when what can wait goes into Message Batches."""
        return self.dollars * (1 - self.batched * (1 - BATCH_SHARE))


@dataclass(frozen=True, slots=True)
class Triage:
    """Triage as measured: mails, those of them Claude is asked about, and the usage of each call."""

    mails: int
    usages: tuple[TokenUsage, ...]

    @property
    def row(self) -> Row:
        """The mean call."""
        return measured_row(LlmTask.TRIAGE, self.usages, asked=Decimal(len(self.usages)) / self.mails)


def measured_row(task: LlmTask, usages: Sequence[TokenUsage], *, asked: Decimal = Decimal(1)) -> Row:
    """Return the row of a task from the usage of its calls; ``asked`` is the share of operations that make one."""
    total, calls = reduce(add, usages), len(usages)
    mean = TokenUsage(
        input=round(total.input / calls),
        output=round(total.output / calls),
        thinking=round(total.thinking / calls),
        cache_write=round(total.cache_write / calls),
        cache_read=round(total.cache_read / calls),
    )
    return Row(task, asked, mean, Decimal(0), "measured")


def planned_rows() -> Iterator[Row]:
    """Yield the tasks that are not built yet."""
    for task, planned in PLANNED.items():
        yield Row(task, Decimal(1), planned.usage, planned.batched, "planned")


def report(triage: Triage, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{USERS:,} users, {OPERATIONS_A_DAY} operations a day each; a user and month, list prices of 2026-11"
    yield ""
    yield (
        f"{'task':<10}{'model':<19}{'operations':>11}{'asked':>8}{'input':>7}{'cached':>8}{'output':>8}"
        f"{'$ a call':>11}{'$':>8}{'$ batched':>11}  known"
    )
    for row in rows:
        yield _line(row)
    total = sum((row.dollars for row in rows), Decimal(0))
    with_batches = sum((row.dollars_with_batches for row in rows), Decimal(0))
    yield f"{'all':<10}{'':<72}{total:>8.2f}{with_batches:>11.2f}"
    yield ""
    yield from _comparison(total)
    yield from _triage_lines(triage)
    yield _target("all tasks", f"${total:.2f}", f"${MOST_DOLLARS}", met=total <= MOST_DOLLARS)
    yield _target(
        "with Message Batches",
        f"${with_batches:.2f}",
        f"${MOST_DOLLARS_WITH_BATCHES}",
        met=with_batches <= MOST_DOLLARS_WITH_BATCHES,
    )


def _line(row: Row) -> str:
    operations = MIX[row.task] * OPERATIONS_A_DAY * DAYS_A_MONTH
    usage = row.usage
    each = _dollars(usage, MODELS[DEFAULT_MODELS[row.task]].prices)
    return (
        f"{row.task.value:<10}{DEFAULT_MODELS[row.task]:<19}{operations:>11.0f}{row.asked:>8.1%}"
        f"{usage.input + usage.cache_write:>7}{usage.cache_read:>8}{usage.output:>8}{each:>11.6f}{row.dollars:>8.4f}"
        f"{row.dollars_with_batches:>11.4f}  {row.known}"
    )


def _comparison(total: Decimal) -> Iterator[str]:
    operations = OPERATIONS_A_DAY * DAYS_A_MONTH
    price_in, price_out = NAIVE_DOLLARS_A_MILLION
    first = operations * _dollars(NAIVE, Prices(price_in, price_out, price_in, price_in))
    today = operations * _dollars(NAIVE, MODELS["claude-sonnet-5-5"].prices)
    yield (
        f"naive design, a Sonnet-class model for every operation ({NAIVE.input:,} tokens in, {NAIVE.output:,} out): "
        f"${first:.2f} at the first specification's prices, ${today:.2f} at those of claude-sonnet-5-5; "
        f"{first / total:.0f} and {today / total:.0f} times as much"
    )


def _triage_lines(triage: Triage) -> Iterator[str]:
    after_prefix = sorted(usage.input + usage.cache_write for usage in triage.usages)
    output = sorted(usage.output for usage in triage.usages)
    yield (
        f"triage, {len(triage.usages)} of {triage.mails} mails asked: tokens after the cached prefix median "
        f"{statistics.median(after_prefix):.0f}, p95 {_p95(after_prefix):.0f}, most {after_prefix[-1]}; "
        f"output median {statistics.median(output):.0f}, p95 {_p95(output):.0f}, most {output[-1]}; "
        f"prefix {max(usage.cache_read for usage in triage.usages)}"
    )
    median_in, median_out = statistics.median(after_prefix), statistics.median(output)
    yield _target("triage input, median", f"{median_in:.0f}", str(MOST_INPUT), met=median_in <= MOST_INPUT)
    yield _target("triage output, median", f"{median_out:.0f}", str(MOST_OUTPUT), met=median_out <= MOST_OUTPUT)


def _target(what: str, found: str, target: str, *, met: bool) -> str:
    return f"{'ok  ' if met else 'MISS'}  {what}: {found}, target at most {target}"


def _p95(ordered: Sequence[int]) -> float:
    return statistics.quantiles(ordered, n=20, method="inclusive")[-1]


def _dollars(usage: TokenUsage, prices: Prices) -> Decimal:
    return Decimal(prices.nanodollars(usage)).scaleb(-9)
