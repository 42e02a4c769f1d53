"""One suite for the fake mailbox and every provider's: what ``ports.MailBox`` promises."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import pytest

from assistant.adapters.gmail import GmailMailBox
from assistant.adapters.google_http import GoogleCalls
from assistant.adapters.imap_mail import ImapMailBoxes
from assistant.domain.errors import NotFound
from assistant.domain.mail import Mail
from assistant.domain.mailbox import CursorExpired, Folder, MailQuery, MessageState, OutgoingMail
from assistant.ports.mailbox import MailBox
from tests.fakes.access_tokens import NumberedTokens, connection
from tests.fakes.gmail_api import serve_gmail
from tests.fakes.imap_server import serve_imap
from tests.fakes.mailbox import MailboxSide, MemoryMailBox, TwoSides
from tests.fakes.poison_mails import POISON, SENDER
from tests.fakes.runtime import ManualClock


class Box(MailBox, MailboxSide, Protocol):
    """A mailbox from both sides."""


@pytest.fixture
def memory_mailbox(clock: ManualClock) -> MemoryMailBox:
    return MemoryMailBox(clock)


@pytest.fixture
def gmail_mailbox(clock: ManualClock) -> Iterator[TwoSides]:
    with serve_gmail(clock) as api:
        calls = GoogleCalls(connection(), NumberedTokens(), clock, pause=clock.advance)
        yield TwoSides(GmailMailBox(api.url, calls, api.topic), api)
        calls.close()


@pytest.fixture
def imap_mailbox(clock: ManualClock) -> Iterator[TwoSides]:
    with serve_imap(clock) as server:
        box = ImapMailBoxes(server.server, NumberedTokens(), clock).open(connection())
        yield TwoSides(box, server)
        box.close()


_PROVIDERS = ("gmail", "graph", "imap")


@pytest.fixture(params=["memory", *(pytest.param(name, marks=pytest.mark.network) for name in _PROVIDERS)])
def box(request: pytest.FixtureRequest) -> Box:
    """The mailbox under test; a new adapter adds its name above and a fixture ``<name>_mailbox`` beside."""
    mailbox: Box = request.getfixturevalue(f"{request.param}_mailbox")
    return mailbox


INVOICE = Mail(
    id="",
    sender="Ann Smith <ann@supplier.com>",
    to=("user@company.com",),
    subject="Invoice 4711 – überfällig",
    body="Please pay until Friday.\n\nAnn",
    headers={"message-id": "<invoice@supplier.com>"},
)
REPLY = OutgoingMail(
    message_id="<reply-1@assistant.example>",
    to=("ann@supplier.com",),
    subject="Re: Invoice 4711 – überfällig",
    text="Dear Ann,\n\nit is paid – thank you.\n",
    in_reply_to="<invoice@supplier.com>",
    references=("<invoice@supplier.com>",),
)


def named(subject: str, clock: ManualClock, **fields: str) -> Mail:
    clock.advance(60)
    mail = Mail(id="", sender="ann@supplier.com", subject=subject, body="Hello", received_at=clock.now())
    return mail.model_copy(update=fields)


def since(box: Box, cursor: str) -> tuple[list[str], list[str], list[str]]:
    """Everything that changed since the cursor, page after page."""
    arrived: list[str] = []
    changed: list[str] = []
    removed: list[str] = []
    more = True
    while more:
        page = box.changes(cursor)
        arrived += page.arrived
        changed += page.changed
        removed += page.removed
        cursor, more = page.cursor, page.more
    return arrived, changed, removed


class TestReading:
    def test_a_message_is_read_as_it_was_sent(self, box: Box, clock: ManualClock) -> None:
        received_at: datetime = clock.now() - timedelta(minutes=5)
        message_id = box.receive(INVOICE.model_copy(update={"received_at": received_at}))
        message = box.get(message_id)
        assert message.state == MessageState(Folder.INBOX, frozenset(), unread=True)
        mail = message.mail
        assert (mail.id, mail.received_at) == (message_id, received_at)
        assert (mail.sender, mail.to, mail.subject) == (INVOICE.sender, INVOICE.to, INVOICE.subject)
        assert mail.body.strip() == INVOICE.body
        assert mail.headers["message-id"] == "<invoice@supplier.com>"
        assert mail.thread_id

    def test_both_parts_are_read(self, box: Box) -> None:
        message_id = box.receive(INVOICE.model_copy(update={"html": "<p>Please pay until <b>Friday</b>.</p>"}))
        mail = box.get(message_id).mail
        assert mail.html
        assert mail.html.strip() == "<p>Please pay until <b>Friday</b>.</p>"

    @pytest.mark.parametrize("call", ["get", "state", "thread"])
    def test_what_is_gone_is_not_found(self, box: Box, call: str) -> None:
        message_id = box.receive(INVOICE)
        asked = box.get(message_id).mail.thread_id if call == "thread" else message_id
        box.erase(message_id)
        with pytest.raises(NotFound):
            getattr(box, call)(asked)

    def test_a_conversation_has_its_oldest_message_first(self, box: Box, clock: ManualClock) -> None:
        first = box.receive(named("Lunch", clock))
        thread_id = box.get(first).mail.thread_id
        second = box.receive(named("Re: Lunch", clock, thread_id=str(thread_id)))
        box.receive(named("Dinner", clock))
        assert [one.mail.id for one in box.thread(str(thread_id))] == [first, second]


# At these the IMAP server under test breaks itself.
_NOT_SERVED = ("number of 5,000 digits", "nested 2,000 times", "forwarded 2,000 times")
_SERVED = [("gmail", name) for name in POISON] + [("imap", name) for name in POISON if name not in _NOT_SERVED]


@pytest.mark.network
@pytest.mark.parametrize(("provider", "broken"), _SERVED)
def test_a_mail_broken_by_its_sender_is_read(provider: str, broken: str, request: pytest.FixtureRequest) -> None:
    """Graph takes mails apart itself."""
    box = request.getfixturevalue(f"{provider}_mailbox")
    message_id = box.receive_raw(POISON[broken])
    mail = box.get(message_id).mail
    assert (mail.id, mail.sender) == (message_id, SENDER)
    assert mail.subject


class TestSearch:
    def test_the_newest_comes_first_a_page_at_a_time(self, box: Box, clock: ManualClock) -> None:
        ids = [box.receive(named(f"Number {number}", clock)) for number in range(5)]
        found: list[str] = []
        page = None
        for size in (2, 2, 1):
            answer = box.search(MailQuery(), page=page, limit=2)
            assert len(answer.message_ids) == size
            found += answer.message_ids
            page = answer.next_page
        assert page is None
        assert found == ids[::-1]

    def test_words_are_found(self, box: Box, clock: ManualClock) -> None:
        wanted = box.receive(named("Quarterly budget", clock))
        box.receive(named("Lunch", clock))
        assert box.search(MailQuery(words="budget")).message_ids == (wanted,)

    def test_a_folder_is_searched_alone(self, box: Box, clock: ManualClock) -> None:
        kept = box.receive(named("Kept", clock))
        archived = box.receive(named("Archived", clock))
        junk = box.receive(named("Junk", clock), folder=Folder.JUNK)
        box.change(archived, MessageState(Folder.ARCHIVE))
        assert box.search(MailQuery(folder=Folder.INBOX)).message_ids == (kept,)
        assert box.search(MailQuery(folder=Folder.ARCHIVE)).message_ids == (archived,)
        assert box.search(MailQuery(folder=Folder.JUNK)).message_ids == (junk,)

    def test_older_mail_is_left_out(self, box: Box, clock: ManualClock) -> None:
        box.receive(named("Old", clock))
        clock.advance(3600)
        begin = clock.now()
        new = box.receive(named("New", clock))
        assert box.search(MailQuery(since=begin)).message_ids == (new,)


class TestLabels:
    def test_labels_are_added_and_removed_again_and_again(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        for _ in range(2):
            box.label(message_id, add={"EA/Urgent", "EA/Money"})
            assert box.state(message_id).labels == {"EA/Urgent", "EA/Money"}
        for _ in range(2):
            box.label(message_id, remove={"EA/Money", "EA/Never made"})
            assert box.state(message_id).labels == {"EA/Urgent"}

    def test_labels_of_the_user_stay(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        box.change(message_id, MessageState(Folder.INBOX, frozenset({"Taxes"}), unread=False))
        box.label(message_id, add={"EA/Urgent"})
        box.label(message_id, remove={"EA/Urgent"})
        assert box.state(message_id) == MessageState(Folder.INBOX, frozenset({"Taxes"}), unread=False)

    def test_what_is_gone_takes_no_label(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        box.erase(message_id)
        with pytest.raises(NotFound):
            box.label(message_id, add={"EA/Urgent"})


class TestMoving:
    @pytest.mark.parametrize("folder", [Folder.ARCHIVE, Folder.JUNK, Folder.TRASH])
    def test_there_and_back(self, box: Box, folder: Folder) -> None:
        message_id = box.receive(INVOICE)
        before = box.state(message_id)
        for _ in range(2):
            message_id = box.move(message_id, folder)
            assert box.state(message_id) == replace(before, folder=folder)
        for _ in range(2):
            message_id = box.move(message_id, Folder.INBOX)
            assert box.state(message_id) == before

    def test_what_is_gone_is_not_moved(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        box.erase(message_id)
        with pytest.raises(NotFound):
            box.move(message_id, Folder.ARCHIVE)


class TestWriting:
    def test_a_mail_leaves_once(self, box: Box) -> None:
        sent = {box.send(REPLY) for _ in range(3)}
        (mail,) = box.sent()
        assert sent == {mail.id}
        assert box.state(mail.id).folder is Folder.SENT
        assert mail.headers["message-id"] == REPLY.message_id
        assert mail.headers["in-reply-to"] == "<invoice@supplier.com>"
        assert (mail.to, mail.subject) == (REPLY.to, REPLY.subject)
        assert mail.body.splitlines() == REPLY.text.splitlines()

    def test_a_reply_names_ids_as_they_are(self, box: Box) -> None:
        """Those of Outlook are longer than a line, and of a long conversation there are many."""
        ids = tuple(
            f"<PH0PR11MB5109A5A3B2C1D0E9F8A7B6C5D4E3F2A{n:03}@PH0PR11MB5109.namprd11.prod.outlook.com>"
            for n in range(20)
        )
        subject = "Re:" + " Überfällige Rechnung" * 20
        box.send(replace(REPLY, in_reply_to=ids[-1], references=ids, subject=subject))
        (mail,) = box.sent()
        assert mail.headers["in-reply-to"] == ids[-1]
        assert mail.headers["references"].split() == [*ids]
        assert mail.subject == subject

    def test_two_mails_are_two(self, box: Box) -> None:
        assert box.send(REPLY) != box.send(replace(REPLY, message_id="<reply-2@assistant.example>"))
        assert len(box.sent()) == 2

    def test_a_reply_joins_the_conversation(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        thread_id = box.get(message_id).mail.thread_id
        reply = box.send(replace(REPLY, thread_id=thread_id))
        assert [one.mail.id for one in box.thread(str(thread_id))] == [message_id, reply]

    def test_a_draft_is_kept_once_and_not_sent(self, box: Box) -> None:
        assert box.draft(REPLY) == box.draft(REPLY)
        (mail,) = box.drafts()
        assert (mail.to, mail.subject, mail.headers["message-id"]) == (REPLY.to, REPLY.subject, REPLY.message_id)
        assert not box.sent()

    def test_a_draft_is_found_as_it_is_until_it_is_sent(self, box: Box) -> None:
        assert box.find_draft(REPLY.message_id) is None
        draft_id = box.draft(REPLY)
        found = box.find_draft(REPLY.message_id)
        assert found is not None
        assert (found.id, found.mail.to, found.mail.subject) == (draft_id, REPLY.to, REPLY.subject)
        assert found.mail.body.splitlines() == REPLY.text.splitlines()
        box.delete_draft(found.id)
        assert box.find_draft(REPLY.message_id) is None
        box.send(REPLY)
        assert box.find_draft(REPLY.message_id) is None

    def test_a_draft_is_deleted_once(self, box: Box) -> None:
        draft = box.draft(REPLY)
        box.delete_draft(draft)
        box.delete_draft(draft)
        assert not box.drafts()


class TestOthers:
    """Mails of the user's that a search for a Message-ID may find, too."""

    @pytest.fixture
    def others(self, box: Box, clock: ManualClock) -> list[OutgoingMail]:
        """Drafts before and after the assistant's, one of which contains its Message-ID."""
        box.find_loosely()
        ids = ("<private@company.com>", f"<a.{REPLY.message_id[1:]}", REPLY.message_id.upper())
        drafts = [OutgoingMail(one, ("board@company.com",), f"Private {one}", "Not yet.\n") for one in ids]
        for draft in drafts:
            box.draft(draft)
            clock.advance(60)
        return drafts

    def test_none_of_them_is_sent(self, box: Box, others: list[OutgoingMail]) -> None:
        box.send(REPLY)
        assert [mail.subject for mail in box.sent()] == [REPLY.subject]
        assert {mail.subject for mail in box.drafts()} == {mail.subject for mail in others}

    def test_none_of_them_is_taken_for_the_draft(self, box: Box, others: list[OutgoingMail]) -> None:
        assert box.find_draft(REPLY.message_id) is None
        draft_id = box.draft(REPLY)
        box.draft(replace(others[0], message_id="<later@company.com>"))
        found = box.find_draft(REPLY.message_id)
        assert found
        assert (found.id, found.mail.subject) == (draft_id, REPLY.subject)
        assert box.draft(REPLY) == draft_id
        box.delete_draft(draft_id)
        assert REPLY.subject not in {mail.subject for mail in box.drafts()}
        assert len(box.drafts()) == len(others) + 1

    def test_one_that_was_sent_is_not_taken_for_the_mail(self, box: Box, others: list[OutgoingMail]) -> None:
        sent = [box.send(mail) for mail in others]
        assert box.send(REPLY) not in sent
        assert [mail.subject for mail in box.sent()][-1] == REPLY.subject
        assert box.send(REPLY) == box.sent()[-1].id


class TestChanges:
    def test_nothing_changed(self, box: Box) -> None:
        box.receive(INVOICE)
        assert since(box, box.cursor()) == ([], [], [])

    def test_what_arrived_is_told_in_order(self, box: Box, clock: ManualClock) -> None:
        cursor = box.cursor()
        ids = [box.receive(named(f"Number {number}", clock)) for number in range(3)]
        assert since(box, cursor)[0] == ids

    def test_a_cursor_can_be_asked_again(self, box: Box) -> None:
        cursor = box.cursor()
        box.receive(INVOICE)
        assert since(box, cursor) == since(box, cursor)

    def test_many_changes_come_in_pages(self, box: Box, clock: ManualClock) -> None:
        cursor = box.cursor()
        ids = [box.receive(named(f"Number {number}", clock)) for number in range(120)]
        assert since(box, cursor)[0] == ids

    def test_what_the_user_changed_is_told(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        cursor = box.cursor()
        box.change(message_id, MessageState(Folder.INBOX, frozenset({"Taxes"}), unread=False))
        arrived, changed, removed = since(box, cursor)
        assert ({*arrived, *changed}, removed) == ({message_id}, [])

    def test_what_left_the_inbox_did_not_arrive(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        cursor = box.cursor()
        box.change(message_id, MessageState(Folder.ARCHIVE))
        arrived, changed, removed = since(box, cursor)
        assert (arrived, {*changed, *removed}) == ([], {message_id})

    def test_what_is_gone_is_told_as_gone(self, box: Box) -> None:
        message_id = box.receive(INVOICE)
        cursor = box.cursor()
        box.erase(message_id)
        assert since(box, cursor) == ([], [], [message_id])

    def test_what_the_assistant_writes_does_not_arrive(self, box: Box) -> None:
        cursor = box.cursor()
        box.send(REPLY)
        box.draft(replace(REPLY, message_id="<draft@assistant.example>"))
        assert since(box, cursor)[0] == []

    def test_an_old_cursor_expires(self, box: Box) -> None:
        cursor = box.cursor()
        box.forget_changes()
        with pytest.raises(CursorExpired):
            box.changes(cursor)
        message_id = box.receive(INVOICE)
        assert box.search(MailQuery()).message_ids == (message_id,)


class TestWatching:
    def test_a_watch_ends(self, box: Box, clock: ManualClock) -> None:
        until = box.watch()
        if until is None:
            pytest.skip("the provider sends no notifications")
        assert clock.now() < until <= clock.now() + timedelta(days=7)

    def test_it_is_renewed_and_ended(self, box: Box, clock: ManualClock) -> None:
        first = box.watch()
        clock.advance(86_400)
        second = box.watch()
        assert bool(first) == bool(second)
        assert not (first and second) or second > first
        box.unwatch()
        box.unwatch()
