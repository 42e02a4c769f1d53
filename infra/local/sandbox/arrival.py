"""A mail that arrives in the sandbox, and what becomes of it: the decision, the label, the message."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from infra.local.api_client import ApiClient
from infra.local.console import LocalFailure
from infra.local.layout import SandboxPorts
from infra.local.sandbox.accounts import Mailbox, Workspace
from infra.local.sandbox.seeds import ZONE
from infra.local.users import DEMO_USER

_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that became of the mail, and how many seconds after it arrived that was seen."""

    what: str
    seconds: float
    shown: str


class Arrival:
    """A mail that arrives now, and what becomes of it."""

    def __init__(self, raw: bytes, api: ApiClient, sandbox: SandboxPorts) -> None:
        self._api = api
        self._mailbox = Mailbox(sandbox.google_url)
        self._workspace = Workspace(sandbox.slack_url)
        self._started = time.monotonic()
        self._id = self._mailbox.receive(raw)
        self._link = f"/api/v1/email/{quote(self._id, safe='')}/decision"

    def follow(self, seconds: float) -> Iterator[Seen]:
        """Yield the decision, the label and the message in the order they come.

        Raises:
            LocalFailure: one of them did not come within so many ``seconds`` of the arrival.

        """
        left: dict[str, Callable[[], str | None]] = {
            "decision": self._decision,
            "label": self._label,
            "message": self._message,
        }
        while left:
            for what in list(left):
                shown = left[what]()
                if shown is not None:
                    del left[what]
                    yield Seen(what, time.monotonic() - self._started, shown)
            if left and time.monotonic() - self._started > seconds:
                raise LocalFailure(f"no {' and no '.join(left)} within {seconds:.0f} s of the arrival")
            time.sleep(_POLL_SECONDS)

    def _decision(self) -> str | None:
        decided = self._api.find(self._link)
        if decided is None:
            return None
        return f"{decided['category']} ({decided['confidence']:.0%} sure): {decided['suggested_action']}"

    def _label(self) -> str | None:
        return ", ".join(self._mailbox.labels(self._id)) or None

    def _message(self) -> str | None:
        told = self._api.call("GET", f"/api/v1/users/{DEMO_USER}/notifications")["notifications"]
        notification = next((one for one in told if one["link"] == self._link), None)
        if notification is None:
            decided = self._api.find(self._link)
            return "none: it is only to be archived" if decided and decided["category"] == "archive" else None
        return self._in_slack(notification) or _elsewhere(notification)

    def _in_slack(self, notification: Mapping[str, Any]) -> str | None:
        words = f"{notification['title']}: {notification['text']}"
        found = (one["text"] for one in self._workspace.messages())
        return next((f"in Slack: {words}" for text in found if text == _escaped(words)), None)


def _elsewhere(notification: Mapping[str, Any]) -> str | None:
    """Return where the user is told who is not told in Slack now; None while that may still be."""
    if notification["held_until"]:
        until = datetime.fromisoformat(notification["held_until"]).astimezone(ZONE)
        return f"held until {until:%A %H:%M}: {notification['title']}"
    if notification["note"] or notification["wanted"] == "dashboard":
        return f"on the dashboard: {notification['title']} {notification['note']}"
    return None


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
