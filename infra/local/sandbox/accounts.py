"""Ada's mailbox and her messages in Slack at the emulators, as she sees them."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from assistant.domain.effects.of_triage import LABELS
from infra.local.console import LocalFailure
from infra.local.sandbox.asking import ask
from infra.local.sandbox.seeds import SLACK_TOKEN


def some_token() -> str:
    """Return a token for one call: the emulator takes any for its first user's, and 5,000 calls an hour of each."""
    return secrets.token_hex(8)


class Mailbox:
    """The mailbox at the emulator of this address; every method raises LocalFailure where it does not answer."""

    def __init__(self, address: str) -> None:
        self._address = address

    def receive(self, raw: bytes) -> str:
        """Let a mail arrive in the inbox; return its id."""
        document = {"raw": base64.urlsafe_b64encode(raw).decode(), "labelIds": ["INBOX", "UNREAD"]}
        return str(self._call("POST", "messages/import", document)["id"])

    def all(self, label_id: str | None = None) -> Sequence[str]:
        """Return the ids of all mails, read or not, archived or not; of one label where it is told."""
        only = f"&labelIds={label_id}" if label_id else ""
        return [one["id"] for one in self._call("GET", f"messages?maxResults=500{only}").get("messages") or ()]

    def labels(self, message_id: str) -> Sequence[str]:
        """Return the labels that the assistant put on a mail."""
        names = self._names()
        message = self._call("GET", f"messages/{message_id}?format=minimal")
        return sorted(names[one] for one in message["labelIds"] if one in names)

    def labelled(self) -> Mapping[str, Sequence[str]]:
        """Return the mails of each label of the assistant's."""
        return {name: self.all(label_id) for label_id, name in self._names().items()}

    def _names(self) -> Mapping[str, str]:
        known = self._call("GET", "labels")["labels"]
        return {one["id"]: one["name"] for one in known if one["name"] in LABELS.values()}

    def _call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = ask(method, f"{self._address}/gmail/v1/users/me/{path}", token=some_token(), json=document)
        if answer.status != HTTPStatus.OK:
            raise LocalFailure(f"Google's emulator answers {answer.status} to {method} {path.partition('?')[0]}")
        return dict(answer.json())


class Workspace:
    """The workspace at the emulator of this address."""

    def __init__(self, address: str) -> None:
        self._address = address

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """Return the direct messages to Ada, the newest first; raises LocalFailure where Slack does not answer."""
        found = [self._call("conversations.history", channel=one["id"])["messages"] for one in self._conversations()]
        return sorted((one for messages in found for one in messages), key=lambda one: -float(one["ts"]))

    def _conversations(self) -> Sequence[Mapping[str, Any]]:
        return list(self._call("conversations.list", types="im")["channels"])

    def _call(self, method: str, **form: str) -> dict[str, Any]:
        answer = ask("POST", f"{self._address}/api/{method}", token=SLACK_TOKEN, form=form)
        document = dict(answer.json())
        if not document.get("ok"):
            raise LocalFailure(f"Slack's emulator answers {document.get('error')} to {method}")
        return document
