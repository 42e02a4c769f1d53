"""Mails kept for meetings, in memory and on DynamoDB alike."""

from datetime import timedelta
from typing import Any, cast

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_past_mails import DynamoPastMails
from assistant.domain.errors import Unavailable
from assistant.domain.meetings.past_mail import KEPT_FOR, PastMail
from assistant.ports.meetings import PastMails
from tests.fakes.meetings import MemoryPastMails
from tests.fakes.runtime import ManualClock

USER = "user123"


@pytest.fixture
def memory_mails(clock: ManualClock) -> PastMails:
    return MemoryPastMails(clock)


@pytest.fixture
def dynamo_mails(table: Table, clock: ManualClock) -> PastMails:
    return DynamoPastMails(table, clock)


@pytest.fixture(params=["memory", "dynamo"])
def mails(request: pytest.FixtureRequest) -> PastMails:
    return cast("PastMails", request.getfixturevalue(f"{request.param}_mails"))


@pytest.fixture
def made(clock: ManualClock) -> Any:
    def make(number: int, *people: str, **fields: Any) -> PastMail:
        given = {"message_id": f"mail{number}", "at": clock.now() - timedelta(hours=number), "title": "Q4", "text": "Ü"}
        return PastMail(connection_id="google-1", people=people or ("ann@company.com",), **(given | fields))

    return make


def test_those_with_the_people_come_the_newest_first(mails: PastMails, made: Any) -> None:
    old, new = made(2, "ann@company.com", "ben@company.com"), made(1, "ben@company.com")
    mails.keep(USER, [old, new, made(3, "kim@client.example")])
    assert mails.with_people(USER, ["ann@company.com", "ben@company.com"], limit=10) == [new, old]
    assert mails.with_people(USER, ["ann@company.com", "ben@company.com"], limit=1) == [new]
    assert mails.with_people(USER, ["company.com"], limit=10) == []
    assert mails.with_people("user456", ["ann@company.com"], limit=10) == []


def test_the_newest_ten_with_somebody_are_among_them(mails: PastMails, made: Any) -> None:
    mails.keep(USER, [made(number) for number in range(30)])
    found = [mail.message_id for mail in mails.with_people(USER, ["ann@company.com"], limit=60)]
    assert found[:10] == [f"mail{number}" for number in range(10)]


def test_a_mail_is_kept_once(mails: PastMails, made: Any) -> None:
    mails.keep(USER, [made(1)])
    mails.keep(USER, [made(1)])
    assert mails.with_people(USER, ["ann@company.com"], limit=10) == [made(1)]


def test_forgetting_leaves_the_others(mails: PastMails, made: Any, clock: ManualClock) -> None:
    mails.keep(USER, [made(1), made(2, "ben@company.com"), made(3)])
    assert mails.forget(USER, lambda mail: mail.message_id == "mail1") == {"mail1"}
    assert mails.forget(USER, lambda mail: mail.message_id == "mail1") == frozenset()
    assert mails.with_people(USER, ["ann@company.com"], limit=10) == [made(3)]
    clock.advance(KEPT_FOR.total_seconds())
    assert mails.with_people(USER, ["ann@company.com", "ben@company.com"], limit=10) == []


def test_nothing_of_a_forgotten_mail_stays_in_the_table(table: Table, dynamo_mails: PastMails, made: Any) -> None:
    dynamo_mails.keep(USER, [made(1, *(f"person{number}@company.com" for number in range(8)))])
    assert len(table.query(f"USER#{USER}", "PASTMAIL")) == 9
    dynamo_mails.forget(USER, lambda _: True)
    assert table.query(f"USER#{USER}", "PASTMAIL") == []


def test_a_store_that_is_down_is_unavailable(missing_table: Table, clock: ManualClock, made: Any) -> None:
    mails = DynamoPastMails(missing_table, clock)
    with pytest.raises(Unavailable):
        mails.keep(USER, [made(1)])
    with pytest.raises(Unavailable):
        mails.with_people(USER, ["ann@company.com"], limit=10)
    with pytest.raises(Unavailable):
        mails.forget(USER, lambda _: True)
