"""What the emulators begin with: Ada's mailbox and calendar, Slack's workspace, and the app registered at both."""

import base64
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from assistant.domain.access import asked_scopes
from assistant.domain.providers import Provider
from infra.local.console import LocalFailure

type Json = dict[str, Any]

ADDRESS: Final = "ada@northwind.example"
NAME: Final = "Ada Lindqvist"
ZONE: Final = ZoneInfo("Europe/Berlin")
# They open emulators on loopback, which forget them when they stop.
CLIENT: Final = {"client_id": "executive-assistant", "client_secret": "sandbox"}
SLACK_TOKEN: Final = "xoxp-sandbox"  # noqa: S105 as above
# The emulator sends no requests of people: who tries one signs it with this.
SIGNING_SECRET: Final = "of-the-sandbox-only"  # noqa: S105 as above
_FOLDER: Final = Path(__file__).parent


def google_seed(api: str, now: datetime) -> Json:
    """Return Google as it begins: ``api`` is the address of the assistant, mails count back from ``now``."""
    return {
        "users": [{"email": ADDRESS, "name": NAME, "email_verified": True}],
        "oauth_clients": [_registered(api, Provider.GOOGLE)],
        "messages": [_seeded(number, mail, now) for number, mail in enumerate(_entries("mails", "mail"))],
    }


def events(today: date) -> Sequence[tuple[str, Json]]:
    """Return the events of Ada's calendar by their ids, as Google Calendar has them."""
    monday = today - timedelta(days=today.weekday())
    return [
        (f"event{number:02d}{day:02d}", _event(event, monday + timedelta(days=day)))
        for number, event in enumerate(_entries("events", "event"))
        for day in event["days"]
    ]


def slack_seed(api: str) -> Json:
    """Return Slack as it begins; the token lets the sandbox read what Ada reads."""
    scopes = sorted(asked_scopes(Provider.SLACK, Provider.SLACK.row.parts))
    return {
        "team": {"name": "Northwind", "domain": "northwind"},
        "users": [{"name": "ada", "real_name": NAME, "email": ADDRESS}],
        "oauth_apps": [{**_registered(api, Provider.SLACK), "scopes": scopes, "bot_name": "executive-assistant"}],
        "tokens": [{"token": SLACK_TOKEN, "user": "ada", "scopes": ["im:read", "im:history"]}],
    }


def arrivals() -> Sequence[str]:
    """Return the names of the mails of arrivals.toml."""
    return tuple(_document("arrivals"))


def arrival(name: str, now: datetime) -> bytes:
    """Return a mail of arrivals.toml as it arrives now.

    Raises:
        LocalFailure: there is none of that name.

    """
    known = _document("arrivals")
    if name not in known:
        raise LocalFailure(f"MAIL is {name!r}: it is one of {', '.join(sorted(known))}")
    return mime(known[name], f"{name}.{int(now.timestamp() * 1000)}", now)


def written(subject: str, body: str, now: datetime) -> bytes:
    """Return a mail of a colleague of Ada's that says this and arrives now."""
    mail = {"from": "Ingrid Halvorsen <ingrid@northwind.example>", "subject": subject, "body": body or subject}
    return mime(mail, f"written.{int(now.timestamp() * 1000)}", now)


def mime(mail: Mapping[str, Any], name: str, at: datetime, *, thread: str | None = None) -> bytes:
    """Return a mail of a data file as RFC 5322 has it; ``name`` makes its Message-ID, ``thread`` is what it answers."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = mail["from"], f"{NAME} <{ADDRESS}>", mail["subject"]
    message["Date"], message["Message-ID"] = format_datetime(at), _message_id(name)
    if thread and thread != name:
        message["In-Reply-To"] = message["References"] = _message_id(thread)
    if mail.get("bulk"):
        message["List-Unsubscribe"] = f"<https://{mail['from'].rpartition('@')[2].rstrip('>')}/unsubscribe>"
        message["Precedence"] = "bulk"
    message.set_content(mail["body"].strip() + "\n")
    return message.as_bytes()


def _message_id(name: str) -> str:
    return f"<{name}@sandbox.example>"


def _registered(api: str, provider: Provider) -> Json:
    callback = f"{api}/api/v1/connections/{provider}/callback"
    return {**CLIENT, "name": "Executive Assistant", "redirect_uris": [callback]}


def _seeded(number: int, mail: Mapping[str, Any], now: datetime) -> Json:
    at = now - timedelta(hours=mail["hours_ago"])
    thread = mail.get("thread")
    # The emulator puts mails together that name the same thread.
    named = {"thread_id": f"thread-{thread}"} if thread else {}
    raw = mime(mail, f"mail{number}", at)
    return {
        "id": f"mail{number}",
        "raw": base64.urlsafe_b64encode(raw).decode(),
        "internal_date": at.astimezone(UTC).isoformat(),
        "label_ids": ["INBOX", "UNREAD"],
        **named,
    }


def _event(event: Mapping[str, Any], day: date) -> Json:
    person = {"email": ADDRESS, "self": True}
    others = [{"email": address, "responseStatus": "accepted"} for address in event.get("with", ())]
    attendees = {"attendees": [{**person, "responseStatus": "accepted"}, *others]} if others else {}
    said = {name: event[key] for name, key in (("description", "about"), ("location", "where")) if key in event}
    return {"summary": event["title"], "organizer": person, **attendees, **said, **_times(event, day)}


def _times(event: Mapping[str, Any], day: date) -> Json:
    if "at" not in event:
        return {"start": {"date": day.isoformat()}, "end": {"date": (day + timedelta(days=1)).isoformat()}}
    begins = datetime.combine(day, time.fromisoformat(event["at"]), ZONE)
    # Minutes of the clock on the wall are those that pass: no event spans a change of the clocks.
    ends = begins + timedelta(minutes=event["minutes"])
    return {"start": _moment(begins), "end": _moment(ends)}


def _moment(local: datetime) -> Json:
    return {"dateTime": local.isoformat(), "timeZone": ZONE.key}


def _entries(file: str, kind: str) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = _document(file)[kind]
    return entries


@cache
def _document(file: str) -> Json:
    return tomllib.loads((_FOLDER / f"{file}.toml").read_text(encoding="utf-8"))
