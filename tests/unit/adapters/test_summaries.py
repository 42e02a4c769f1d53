"""Summaries of plans, kept once: one suite for the fake and for DynamoDB."""

from dataclasses import replace
from datetime import timedelta

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_summaries import DynamoSummaries
from assistant.domain.calendar.prose.summary import Author, Summary
from assistant.domain.errors import Unavailable
from assistant.domain.languages import WrittenLanguage
from assistant.ports.calendar import SummaryStore
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemorySummaries


@pytest.fixture(params=["fake", "dynamodb"])
def summaries(request: pytest.FixtureRequest, clock: ManualClock) -> SummaryStore:
    if request.param == "fake":
        return MemorySummaries(clock)
    return DynamoSummaries(request.getfixturevalue("table"), clock)


@pytest.fixture
def summary(clock: ManualClock) -> Summary:
    expires_at = clock.now() + timedelta(days=30)
    return Summary("user123", "plan1", 1, WrittenLanguage.FRENCH, "Tout va bien.", Author.CLAUDE, expires_at)


def test_is_found_by_user_plan_revision_and_language_alone(summaries: SummaryStore, summary: Summary) -> None:
    assert summaries.keep(summary) == summary
    assert summaries.find("user123", "plan1", 1, WrittenLanguage.FRENCH) == summary
    assert summaries.find("user1234", "plan1", 1, WrittenLanguage.FRENCH) is None
    assert summaries.find("user123", "plan2", 1, WrittenLanguage.FRENCH) is None
    assert summaries.find("user123", "plan1", 2, WrittenLanguage.FRENCH) is None
    assert summaries.find("user123", "plan1", 1, WrittenLanguage.GERMAN) is None


def test_the_first_stays(summaries: SummaryStore, summary: Summary) -> None:
    summaries.keep(summary)
    assert summaries.keep(replace(summary, text="Rien ne va plus.", author=Author.CORE)) == summary
    assert summaries.find("user123", "plan1", 1, WrittenLanguage.FRENCH) == summary


def test_is_forgotten_with_its_plan(summaries: SummaryStore, summary: Summary, clock: ManualClock) -> None:
    summaries.keep(summary)
    clock.advance(timedelta(days=30).total_seconds())
    assert summaries.find("user123", "plan1", 1, WrittenLanguage.FRENCH) is None


def test_a_table_that_is_down_is_unavailable(missing_table: Table, summary: Summary, clock: ManualClock) -> None:
    summaries = DynamoSummaries(missing_table, clock)
    with pytest.raises(Unavailable):
        summaries.keep(summary)
    with pytest.raises(Unavailable):
        summaries.find("user123", "plan1", 1, WrittenLanguage.FRENCH)
