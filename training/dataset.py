"""Reads labelled mail: ``dev.jsonl`` and ``dev_sentences.jsonl`` of a data folder."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from assistant.domain.mail import Mail
from assistant.domain.triage.bulk import BULK, CONVERSATION, SPAM


@dataclass(frozen=True, slots=True)
class LabelledMail:
    """A mail with its labels; mails of one ``group`` never stand on both sides of a split."""

    mail: Mail
    labels: dict[str, Any]
    source: str
    group: str

    @property
    def kind(self) -> str | None:
        """The kind of mail the labels imply; None when they do not say."""
        if self.labels.get("spam") or self.labels.get("kind") in ("spam", "phishing"):
            return SPAM
        if self.labels.get("kind") in ("newsletter", "feed") or self.labels.get("bulk"):
            return BULK
        if self.labels.get("kind") == CONVERSATION:
            return CONVERSATION
        if self.labels.get("kind") in ("list_discussion", "person_direct"):
            # Some corpora only say "not spam"; of those, answers in a thread are surely conversation.
            return CONVERSATION if self._is_surely_personal else None
        return None

    @property
    def _is_surely_personal(self) -> bool:
        headers = self.mail.headers
        posted = self.labels["kind"] == "list_discussion" and ("list-id" in headers or "x-beenthere" in headers)
        return not headers or "in-reply-to" in headers or posted

    @property
    def must_be_read(self) -> bool | None:
        """Whether important_read is right; None when nobody judged it."""
        acceptable = self.labels.get("acceptable")
        return None if not acceptable or self.labels.get("weak") else "important_read" in acceptable

    @property
    def asks(self) -> bool | None:
        """Whether the mail asks for action, by a reader's judgement; behaviour (weak labels) does not count."""
        return None if self.labels.get("weak") else self.labels.get("action")


@dataclass(frozen=True, slots=True)
class LabelledSentence:
    """A sentence and whether it is a request."""

    text: str
    is_request: bool


def load_mails(folder: Path) -> list[LabelledMail]:
    """Return the labelled mails of ``folder``."""
    return [_labelled(json.loads(line)) for line in (folder / "dev.jsonl").read_text("utf-8").split("\n") if line]


def load_sentences(folder: Path) -> list[LabelledSentence]:
    """Return the labelled sentences of ``folder``."""
    rows = (json.loads(line) for line in (folder / "dev_sentences.jsonl").read_text("utf-8").split("\n") if line)
    return [LabelledSentence(row["text"], bool(row["intent"])) for row in rows]


def _labelled(row: dict[str, Any]) -> LabelledMail:
    # x-… fields of the corpus describe the file, not the mail.
    headers = {name: value for name, value in row["headers"].items() if name not in ("x-has-html", "x-attachments")}
    mail = Mail.model_validate(
        {
            "id": row["id"],
            "from": row["from"] or "",
            "to": tuple(row["to"] or ()),
            "cc": tuple(row["cc"] or ()),
            "subject": row["subject"] or "",
            "body": row["body"] or "",
            "headers": headers,
            "received_at": _instant(row["received_at"]),
        }
    )
    return LabelledMail(mail, row["labels"], row["source"], f"{row['source']}/{row['group']}")


def _instant(value: str | None) -> datetime | None:
    """Read ISO 8601, RFC 5322 or ctime dates; without a zone they are taken as UTC."""
    if not value:
        return None
    for reader in (datetime.fromisoformat, parsedate_to_datetime, _ctime):
        try:
            found = reader(value)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _ctime(value: str) -> datetime:
    return datetime.strptime(value, "%a %b %d %H:%M:%S %z %Y")
