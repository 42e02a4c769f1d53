"""Triage a real mailbox through the running assistant and print it as a table; ``make triage MBOX=path``."""

import json
import shutil
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.api_client import ApiClient
from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command
from infra.local.layout import running_layout
from infra.local.mail_files import MailFiles, open_mail_files
from infra.local.users import DEMO_USER, demo_token

# The limit is 6 MB for the whole Lambda event, in which the body is escaped once more.
MAX_BATCH_BYTES = 3_000_000
MIN_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One triaged mail; texts are safe to print."""

    priority: int
    category: str
    minutes: int
    sender: str
    subject: str
    why: str


def batches(emails: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    """Group mails into requests of at most ``size`` mails and MAX_BATCH_BYTES."""
    batch: list[dict[str, Any]] = []
    used = 0
    for email in emails:
        length = len(json.dumps(email, ensure_ascii=False).encode())
        if batch and (len(batch) == size or used + length > MAX_BATCH_BYTES):
            yield batch
            batch, used = [], 0
        batch.append(email)
        used += length
    if batch:
        yield batch


def triage(client: ApiClient, files: MailFiles, size: int) -> tuple[list[Row], list[str]]:
    """Triage all mails; return the rows, most urgent first, and why some mails could not be triaged.

    Raises:
        LocalFailure: the API refuses a batch.

    """
    rows: list[Row] = []
    rejected: list[str] = []
    for batch in batches(files.emails(), size):
        answer = client.post("/api/v1/email/triage", {"user_id": DEMO_USER, "emails": batch})
        mails = {email["id"]: email for email in batch}
        rows += [_row(mails[decision["email_id"]], decision) for decision in answer["triaged_emails"]]
        rejected += [printable(f"{item['field']}: {item['detail']}") for item in answer.get("rejected", [])]
        _show_progress(len(rows) + len(rejected), len(files))
    return sorted(rows, key=lambda row: (-row.priority, row.category, row.sender)), rejected


def table(rows: Iterable[Row], width: int) -> Iterator[str]:
    """Yield the lines of an aligned table at most ``width`` columns wide."""
    flexible = max(width, MIN_WIDTH) - 33
    sender, subject = flexible * 25 // 100, flexible * 40 // 100
    why = flexible - sender - subject
    yield f"prio  {'category':14}  min  {'from':{sender}}  {'subject':{subject}}  why"
    for row in rows:
        texts = fit(row.sender, sender), fit(row.subject, subject), fit(row.why, why).rstrip()
        yield f"{row.priority:4}  {row.category:14}  {row.minutes:3}  {'  '.join(texts)}"


def printable(text: str) -> str:
    """Return ``text`` on one line without control characters, which could steer the terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def fit(text: str, width: int) -> str:
    """Cut or pad ``text`` to exactly ``width`` terminal columns."""
    kept, used = "", 0
    for character in text:
        columns = _columns(character)
        if used + columns > width:
            while used > width - 1:
                used -= _columns(kept[-1])
                kept = kept[:-1]
            return f"{kept}…" + " " * (width - used - 1)
        kept += character
        used += columns
    return kept + " " * (width - used)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _row(email: dict[str, Any], decision: dict[str, Any]) -> Row:
    return Row(
        priority=decision["priority_score"],
        category=decision["category"],
        minutes=decision["estimated_time_minutes"],
        sender=printable(email.get("from", "")),
        subject=printable(email.get("subject", "")),
        why=printable(decision["reasoning"]),
    )


def _show_progress(done: int, total: int) -> None:
    end = "\r" if sys.stderr.isatty() and done < total else "\n"
    print(f"triaged {done} of {total} mails", end=end, file=sys.stderr, flush=True)


def _summary(rows: list[Row], rejected: list[str], seconds: float) -> str:
    counts = Counter(row.category for row in rows)
    parts = [f"{count} {category}" for category, count in counts.most_common()]
    if rejected:
        parts.append(f"{len(rejected)} not triaged")
    return f"{len(rows) + len(rejected)} mails in {seconds:.1f} s: {', '.join(parts)}"


@command
def main() -> None:
    """Read the mailbox named on the command line, triage it, print the table and a summary."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and one path
        raise LocalFailure("name a mailbox: make triage MBOX=path of an mbox file or a folder of .eml files")
    with open_mail_files(Path(sys.argv[1])) as files:
        layout = running_layout()
        aws = LocalAws(layout.aws_endpoint)
        client = ApiClient(layout.port, lambda: demo_token(aws, layout.state))
        started = time.monotonic()
        rows, rejected = triage(client, files, int(layout.settings.get("EMAIL_BATCH_SIZE", 100)))
    for line in table(rows, shutil.get_terminal_size((140, 24)).columns):
        print(line)
    for reason in rejected:
        print(f"not triaged: {reason}")
    print(_summary(rows, rejected, time.monotonic() - started))


if __name__ == "__main__":
    raise SystemExit(main())
