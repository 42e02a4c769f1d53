"""Mails from files: an mbox, a Maildir, one .eml or a folder of them, as the API's ``emails``.

Tolerant of broken mail: what cannot be decoded is replaced, what is missing is left out. Attachments stay out.
"""

import mailbox
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from assistant.domain.mail_mime import as_email, parse_message
from infra.local.console import LocalFailure

type Messages = Sequence[Path] | mailbox.Mailbox[mailbox.mboxMessage] | mailbox.Mailbox[mailbox.MaildirMessage]


@dataclass(frozen=True, slots=True)
class MailFiles:
    """The messages found at a path, read one at a time."""

    messages: Messages

    def __len__(self) -> int:
        return len(self.messages)

    def emails(self) -> Iterator[dict[str, Any]]:
        """Yield each message as one of the API's ``emails``; ids are unique."""
        seen: Counter[str] = Counter()
        for number, message in enumerate(self._read(), start=1):
            email = as_email(message, default_id=f"mail-{number}")
            seen[email["id"]] += 1
            if (copies := seen[email["id"]]) > 1:
                email["id"] += f"#{copies}"
            yield email

    def _read(self) -> Iterator[Message]:
        if isinstance(self.messages, mailbox.Mailbox):
            for key in self.messages.keys():  # noqa: SIM118 - iterating a mailbox yields its messages
                yield parse_message(self.messages.get_bytes(key))
        else:
            for file in self.messages:
                yield parse_message(file.read_bytes())


@contextmanager
def open_mail_files(path: Path) -> Iterator[MailFiles]:
    """Find the messages at ``path`` and close them after the block.

    Raises:
        LocalFailure: there is nothing at the path, it is no mailbox, or it is empty.

    """
    messages = _find(path)
    try:
        if not len(messages):
            raise LocalFailure(f"{path} holds no mail: give an mbox file or a folder of .eml files")
        yield MailFiles(messages)
    finally:
        if isinstance(messages, mailbox.Mailbox):
            messages.close()


def _find(path: Path) -> Messages:
    if not path.exists():
        raise LocalFailure(f"{path} does not exist")
    if path.is_dir():
        if all((path / folder).is_dir() for folder in ("cur", "new", "tmp")):
            return mailbox.Maildir(path, create=False)
        return sorted(file for file in path.rglob("*") if file.suffix.lower() == ".eml")
    if path.suffix.lower() == ".eml":
        return [path]
    with path.open("rb") as file:
        start = file.read(5)
    if start and start != b"From ":
        raise LocalFailure(f"{path} is no mbox: it does not start with 'From '")
    return mailbox.mbox(path, create=False)
