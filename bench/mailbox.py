"""A mailbox of 10,000 mails that is connected: Gmail's API on loopback, the worker's handler, stores in memory.

Time is that of the worker's own thread, without Claude and without waiting for Gmail. The API checks each call against
its description in threads of its own. Units are those Gmail counts against a user's 6,000 a minute.
"""

import io
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assistant.adapters.gmail import GmailMailBoxes
from assistant.domain.mail import Mail
from assistant.domain.mailbox_sync import MailboxSync, MailOutcome, SyncReason
from assistant.runtime.observability import logger
from bench.mails import make_mails
from bench.report import Figure
from functions.sync_mailbox.handler import lambda_handler
from tests.fakes.access_tokens import NumberedTokens
from tests.fakes.connections import google_connection
from tests.fakes.gmail_api import GmailApi, serve_gmail
from tests.fakes.runtime import ManualClock
from tests.fakes.wired import Context, Wired

_EVENT = Path(__file__).resolve().parents[1] / "events/sqs/sync_mailbox.json"
_MAILS = 10_000
_UNITS_A_MINUTE = 6_000


def measure_backfill() -> Iterator[Figure]:
    """Yield mails a second of one core, units a mail, and the minutes Gmail's limit makes of them.

    Raises:
        AssertionError: a mail has no decision.

    """
    wired = Wired()
    connection = google_connection()
    wired.connections.replace(connection, expected_version=0)
    with serve_gmail(wired.clock) as api, pytest.MonkeyPatch.context() as patch:
        _fill(api, wired.clock)
        patch.setattr(logger.registered_handler, "stream", io.StringIO())
        patch.setattr(wired, "mailboxes", GmailMailBoxes(api.url, NumberedTokens(), wired.clock, api.topic))
        wired.install(patch)
        job = MailboxSync(
            id="connected",
            user_id=connection.user_id,
            connection_id=connection.id,
            reason=SyncReason.CONNECTED,
            noticed_at=wired.clock.now(),
        )
        seconds = _work(job)
        units = api.units
    decided = [one for one in wired.receipts.kept.values() if one.outcome is MailOutcome.DECIDED]
    assert len(decided) == _MAILS, len(decided)
    rate, each = _MAILS / seconds, units / _MAILS
    yield Figure(f"mailbox: {_MAILS} mails, of one core", "mail/s", rate, rate, _MAILS)
    yield Figure("mailbox: Gmail's units", "a mail", each, each, _MAILS)
    minutes = units / _UNITS_A_MINUTE
    yield Figure(f"mailbox: {_MAILS} mails at Gmail's limit", "min", minutes, minutes, 1)


def _fill(api: GmailApi, clock: ManualClock) -> None:
    for number, given in enumerate(make_mails(_MAILS)):
        at = clock.now() - timedelta(seconds=60 * number)
        api.receive(Mail.model_validate(given | {"received_at": at}))


def _work(job: MailboxSync) -> float:
    """Return the seconds of this thread until the mailbox is read."""
    record = json.loads(_EVENT.read_text(encoding="utf-8"))["Records"][0] | {"body": job.model_dump_json()}
    started = time.thread_time()
    answer = lambda_handler({"Records": [record]}, Context(timeout=120))  # type: ignore[arg-type]  # what it looks at
    spent = time.thread_time() - started
    assert answer == {"batchItemFailures": []}
    return spent
