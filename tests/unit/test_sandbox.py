"""What the sandbox begins with reads as mails and events of this week."""

import asyncio
import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from html import escape
from http import HTTPStatus

import pytest
from jwt import PyJWK

from assistant.adapters.google_push import GoogleKeys, GooglePushTokens
from assistant.domain.errors import NotAuthentic
from assistant.runtime.clock import SystemClock
from infra.local.console import LocalFailure
from infra.local.run import done_or_stopped
from infra.local.sandbox import seeds
from infra.local.sandbox.calendar import AdasCalendar
from infra.local.sandbox.consent import read_forms
from infra.local.sandbox.pubsub import SENDER, Push
from tests.fakes.runtime import ManualClock

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
    found = [event for _, event in seeds.events(NOW.date())]
    assert len(found) >= 36
    assert min(one["start"].get("dateTime", "9999") for one in found) == "2026-03-02T09:15:00+01:00"
    (visit,) = (one for one in found if one["summary"] == "Gothenburg site visit")
    assert (visit["start"], visit["end"]) == ({"date": "2026-03-13"}, {"date": "2026-03-14"})


def test_the_calendar_is_one_as_the_adapter_reads_it() -> None:
    span = "timeMin=2020-01-01T00:00:00Z&timeMax=2100-01-01T00:00:00Z"
    path = f"/calendar/v3/calendars/primary/events?singleEvents=true&maxResults=250&{span}"
    handled = AdasCalendar(ManualClock()).handle("GET", path, {"authorization": "Bearer any"}, b"")
    assert handled.status == HTTPStatus.OK
    assert len(json.loads(handled.body)["items"]) >= 36


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


def test_a_push_proves_itself_as_pubsub_does() -> None:
    push = Push("http://127.0.0.1:8096", f"{API}/api/v1/webhooks/gmail", seeds.ADDRESS)

    class Keys(GoogleKeys):
        def key(self, key_id: str) -> PyJWK | None:
            return {one["kid"]: PyJWK(one) for one in push.keys["keys"]}.get(key_id)

    def verifier(audience: str) -> GooglePushTokens:
        clock = SystemClock()
        return GooglePushTokens(Keys("http://127.0.0.1", clock), clock, audience=audience, sender=SENDER)

    verifier(f"{API}/api/v1/webhooks/gmail").verify(f"Bearer {push.token()}")
    with pytest.raises(NotAuthentic):
        verifier("https://somebody.example").verify(f"Bearer {push.token()}")


def test_what_is_under_way_is_left_where_the_user_stops_it() -> None:
    never = threading.Event()

    async def stopped() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        await done_or_stopped(stop, partial(_wait, never))

    async def failed() -> None:
        def work() -> None:
            raise LocalFailure("refused")

        await done_or_stopped(asyncio.Event(), work)

    asyncio.run(stopped())
    never.set()
    with pytest.raises(LocalFailure, match="refused"):
        asyncio.run(failed())


def _wait(event: threading.Event) -> None:
    event.wait(60)
