"""Use case: tell a user what Claude did for them, what it cost, and what is left of today's cap."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Annotated

from pydantic import BaseModel, Field

from assistant.domain.errors import FieldError, InvalidRequest
from assistant.domain.llm import LlmTask, TokenUsage
from assistant.domain.spending import DailyCaps, Usage, UsageOfDay
from assistant.domain.users import Identity
from assistant.ports.claude import Spending

LONGEST_PERIOD_DAYS = 90
_USUAL_PERIOD = timedelta(days=29)
_NANO = -9

# Text, because a JSON number of this size would lose digits in a client's floating point.
Dollars = Annotated[str, Field(pattern=r"^\d+\.\d{9}$", examples=["0.000118500"])]


class Tokens(BaseModel):
    """Tokens by how they are billed: ``input`` excludes those of the cache, ``output`` includes ``thinking``."""

    input: int
    output: int
    thinking: int
    cache_write: int
    cache_read: int


class UsageOfTask(BaseModel):
    """What one task cost on one model."""

    task: LlmTask
    model: str
    calls: int
    tokens: Tokens
    dollars: Dollars


class DayReport(BaseModel):
    """One UTC day with usage."""

    day: date
    dollars: Dollars
    usage: tuple[UsageOfTask, ...]


class Total(BaseModel):
    """The whole period."""

    calls: int
    tokens: Tokens
    dollars: Dollars


class Today(BaseModel):
    """The cap of the current UTC day; calls under way are not counted yet."""

    day: date
    cap_dollars: Dollars
    spent_dollars: Dollars
    left_dollars: Dollars


class UsageReport(BaseModel):
    """Usage of a user from ``since`` to ``until``, both included; days without any are left out."""

    user_id: str
    since: date
    until: date
    days: tuple[DayReport, ...]
    total: Total
    today: Today


def report_usage(
    user_id: str,
    caller: Identity,
    *,
    since: date | None,
    until: date | None,
    today: date,
    caps: DailyCaps,
    spending: Spending,
) -> UsageReport:
    """Return the usage of the period, by default the last 30 days up to today (UTC).

    Raises:
        Forbidden: the caller is another user.
        InvalidRequest: the period ends before it begins or is longer than 90 days.
        Unavailable: the store is down.
    """
    caller.must_be(user_id)
    first, last = _period(since, until, today)
    found = spending.usage(user_id, since=first, until=last)
    of_today = found if first <= today <= last else spending.usage(user_id, since=today, until=today)
    usages = [usage for day in found for usage in day.usages]
    return UsageReport(
        user_id=user_id,
        since=first,
        until=last,
        days=tuple(map(_day, found)),
        total=Total(
            calls=sum(usage.calls for usage in usages),
            tokens=_tokens(reduce(add, (usage.tokens for usage in usages), TokenUsage())),
            dollars=dollars(_spent(found)),
        ),
        today=_today(today, of_today, caps),
    )


def dollars(nanodollars: int) -> str:
    """Return the amount in US dollars with all its nine digits."""
    return f"{Decimal(nanodollars).scaleb(_NANO):.9f}"


def _period(since: date | None, until: date | None, today: date) -> tuple[date, date]:
    last = until or today
    first = since or max(last, date.min + _USUAL_PERIOD) - _USUAL_PERIOD
    if first > last:
        raise InvalidRequest("The period ends before it begins.", errors=(FieldError("since", f"is after {last}"),))
    if (last - first).days >= LONGEST_PERIOD_DAYS:
        detail = f"is more than {LONGEST_PERIOD_DAYS} days before the end of the period, {last}"
        raise InvalidRequest(
            "The period is too long. Please ask for a part of it.", errors=(FieldError("since", detail),)
        )
    return first, last


def _day(found: UsageOfDay) -> DayReport:
    return DayReport(day=found.day, dollars=dollars(found.nanodollars), usage=tuple(map(_usage, found.usages)))


def _usage(usage: Usage) -> UsageOfTask:
    return UsageOfTask(
        task=usage.task,
        model=usage.model,
        calls=usage.calls,
        tokens=_tokens(usage.tokens),
        dollars=dollars(usage.nanodollars),
    )


def _tokens(tokens: TokenUsage) -> Tokens:
    return Tokens(
        input=tokens.input,
        output=tokens.output,
        thinking=tokens.thinking,
        cache_write=tokens.cache_write,
        cache_read=tokens.cache_read,
    )


def _today(today: date, days: Sequence[UsageOfDay], caps: DailyCaps) -> Today:
    spent = _spent(found for found in days if found.day == today)
    return Today(
        day=today,
        cap_dollars=dollars(caps.user),
        spent_dollars=dollars(spent),
        left_dollars=dollars(max(0, caps.user - spent)),
    )


def _spent(days: Iterable[UsageOfDay]) -> int:
    return sum(found.nanodollars for found in days)
