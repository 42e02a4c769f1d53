"""What the sandbox begins with reads as mails and events of this week."""

import base64
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html import escape

import pytest

from infra.local.console import LocalFailure
from infra.local.sandbox import seeds
from infra.local.sandbox.consent import read_forms

# A Wednesday.
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
API = "http://127.0.0.1:8080"


def test_mails_are_of_the_last_week_and_can_be_read() -> None:
    mails = seeds.google_seed(API, NOW)["messages"]
    assert len(mails) >= 36
    assert len({mail["id"] for mail in mails}) == len(mails)
    for mail in mails:
        arrived = datetime.fromisoformat(mail["internal_date"])
        assert NOW - timedelta(days=7) < arrived < NOW
        message = message_from_bytes(base64.urlsafe_b64decode(mail["raw"]), policy=policy.default)
        assert message["Subject"]
        assert "@" in message["From"]
        assert len(message.get_content()) > 20


def test_mails_of_a_thread_name_the_same() -> None:
    mails = seeds.google_seed(API, NOW)["messages"]
    threads = [mail["thread_id"] for mail in mails if "thread_id" in mail]
    assert len(threads) > len(set(threads)) >= 3


def test_events_begin_on_monday_in_the_zone_of_the_user() -> None:
    events = seeds.google_seed(API, NOW)["calendar_events"]
    assert len(events) >= 36
    first = min(event["start_date_time"] for event in events if "start_date_time" in event)
    # 9:15 in Berlin.
    assert first == "2026-03-02T08:15:00+00:00"
    whole = [event for event in events if "start_date" in event]
    assert [(one["start_date"], one["end_date"]) for one in whole if one["summary"] == "Gothenburg site visit"] == [
        ("2026-03-13", "2026-03-14")
    ]


@pytest.mark.parametrize("name", seeds.arrivals())
def test_each_mail_that_may_arrive_is_new_each_time(name: str) -> None:
    first, second = (message_from_bytes(seeds.arrival(name, NOW + timedelta(seconds=late))) for late in (0, 1))
    assert first["Message-ID"] != second["Message-ID"]
    assert first["To"] == second["To"] == f"{seeds.NAME} <{seeds.ADDRESS}>"


def test_a_mail_nobody_wrote_does_not_arrive() -> None:
    with pytest.raises(LocalFailure, match="one of board, calendar"):
        seeds.arrival("parcel", NOW)


def test_forms_are_told_apart_by_what_they_show_and_hold() -> None:
    page = "".join(
        f'<form action="/back"><input type="hidden" name="state" value="{escape(state)}"><b>{name}</b></form>'
        for name, state in (("ada@northwind.example", 'a"b'), ("ben@northwind.example", "c"))
    )
    ada, ben = read_forms(page)
    assert (ada.action, ada.fields, "ada@northwind.example" in ada.words) == ("/back", {"state": 'a"b'}, True)
    assert "ada@northwind.example" not in ben.words
