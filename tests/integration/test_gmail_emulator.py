"""Gmail against an emulator that others wrote: reading, labels, folders, drafts, sending, and what changed.

It sends no notifications, finds no mail that it sent by its Message-ID, and puts the content type of a seeded mail into
its text: those are held to Google's description by the fake in tests/fakes/gmail_api.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assistant.adapters.gmail import GmailMailBox
from assistant.adapters.google_http import GoogleCalls
from assistant.domain.errors import NotFound
from assistant.domain.mailbox import Folder, MailQuery, MessageState, OutgoingMail
from assistant.runtime.clock import SystemClock
from infra.local.emulators import emulating
from tests.fakes.access_tokens import NumberedTokens, connection

ADDRESS = connection().account
BEGIN = datetime(2025, 1, 15, 10, tzinfo=UTC)
INVOICES = [
    {
        "id": f"invoice{number}",
        "thread_id": "about-invoices",
        "user_email": ADDRESS,
        "from": "Ann Smith <ann@supplier.com>",
        "to": ADDRESS,
        "subject": f"Invoice {number}",
        "body_text": "Please pay until Friday.",
        "label_ids": ["INBOX", "UNREAD"],
        "date": (BEGIN + timedelta(hours=number)).isoformat(),
    }
    for number in range(3)
]
NEWEST_FIRST = ["invoice2", "invoice1", "invoice0"]
MAIL = OutgoingMail("<paid@company.com>", ("ann@supplier.com",), "Paid", "It is paid.")
# Of drafts of the user's, all of which this emulator finds by any Message-ID.
OTHERS = ("<private@company.com>", f"<a.{MAIL.message_id[1:]}", MAIL.message_id.upper())


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, GoogleCalls]]:
    seed = {"users": [{"email": ADDRESS, "name": "User"}], "messages": INVOICES}
    with emulating("google", seed, tmp_path_factory.mktemp("gmail")) as address:
        calls = GoogleCalls(connection(), NumberedTokens(), SystemClock())
        yield address, calls
        calls.close()


@pytest.fixture
def box(calls: tuple[str, GoogleCalls]) -> GmailMailBox:
    return GmailMailBox(*calls, None)


def test_mails_are_found_page_after_page(box: GmailMailBox) -> None:
    first = box.search(MailQuery(folder=Folder.INBOX), limit=2)
    rest = box.search(MailQuery(folder=Folder.INBOX), page=first.next_page, limit=2)
    assert [*first.message_ids, *rest.message_ids] == NEWEST_FIRST
    assert rest.next_page is None
    assert box.search(MailQuery(words="nothing-like-it")).message_ids == ()


def test_a_mail_is_read_with_its_conversation(box: GmailMailBox) -> None:
    mail = box.get("invoice1").mail
    assert (mail.sender, mail.to, mail.subject) == ("Ann Smith <ann@supplier.com>", (ADDRESS,), "Invoice 1")
    assert mail.body.endswith("Please pay until Friday.")
    assert mail.received_at == BEGIN + timedelta(hours=1)
    assert [one.mail.id for one in box.thread(str(mail.thread_id))] == NEWEST_FIRST[::-1]
    with pytest.raises(NotFound):
        box.get("nothing")


def test_a_mail_is_labelled_moved_and_put_back_and_the_changes_are_told(box: GmailMailBox) -> None:
    before, cursor = box.state("invoice0"), box.cursor()
    box.label("invoice0", add={"EA/Routine"})
    assert box.move("invoice0", Folder.ARCHIVE) == "invoice0"
    assert box.state("invoice0") == MessageState(Folder.ARCHIVE, frozenset({"EA/Routine"}), unread=True)
    box.move("invoice0", Folder.INBOX)
    box.label("invoice0", remove={"EA/Routine"})
    assert box.state("invoice0") == before
    changes = box.changes(cursor)
    assert {*changes.arrived, *changes.changed} == {"invoice0"}
    assert not changes.removed


def test_a_label_another_worker_made_is_used(calls: tuple[str, GoogleCalls], box: GmailMailBox) -> None:
    """The emulator refuses it with 400, not 409."""
    boxes = box, GmailMailBox(*calls, None)
    for name in ("EA/Known", "EA/Made twice"):
        for one in boxes:
            one.label("invoice2", add={name})
    assert box.state("invoice2").labels >= {"EA/Known", "EA/Made twice"}
    box.label("invoice2", remove={"EA/Known", "EA/Made twice"})


@pytest.fixture
def others(box: GmailMailBox) -> list[str]:
    return [box.draft(OutgoingMail(one, ("board@company.com",), "Private", "Not yet.")) for one in OTHERS]


def test_a_draft_is_kept_once_and_leaves_as_one_mail(box: GmailMailBox, others: list[str]) -> None:
    draft_id = box.draft(MAIL)
    assert box.draft(MAIL) == draft_id
    sent = box.send(MAIL)
    assert box.search(MailQuery(folder=Folder.SENT)).message_ids == (sent,)
    assert box.state(sent).folder is Folder.SENT
    assert box.get(sent).mail.headers["message-id"] == MAIL.message_id
    assert box.find_draft(MAIL.message_id) is None
    later = replace(MAIL, message_id="<later@company.com>", subject="Later")
    assert box.get(box.send(later)).mail.subject == "Later"
    kept = [box.find_draft(one) for one in OTHERS]
    assert [draft and draft.id for draft in kept] == others
