"""Mailboxes of Microsoft 365 where Graph throttles, fails, lies about where to go on, or answers after it acted."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest

from assistant.adapters.graph_api import CALL_SECONDS, GraphApi
from assistant.adapters.graph_mail import GraphMailBox, GraphMailBoxes
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import AssistantError, Conflict, ConnectionBroken, Forbidden, NotFound, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder, MailQuery, MessageState, OutgoingMail
from assistant.domain.received_mail import read_mail
from assistant.domain.subscriptions import Watched
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import MICROSOFT, WEBHOOK
from tests.fakes.graph_api import Fault, GraphServer
from tests.fakes.graph_mail_api import GraphMail
from tests.fakes.runtime import ManualClock
from tests.fakes.sides import BothSides
from tests.fakes.subscriptions import MemorySubscriptions

pytestmark = pytest.mark.network
MAIL = Mail(id="", sender="ann@supplier.com", subject="Invoice", body="Please pay.")
REPLY = OutgoingMail("<reply-1@assistant.example>", ("ann@supplier.com",), "Re: Invoice", "It is paid.\n")


@pytest.fixture
def user(graph_mailbox: BothSides) -> GraphMail:
    assert isinstance(graph_mailbox.user, GraphMail)
    return graph_mailbox.user


@pytest.fixture
def box(graph_mailbox: BothSides) -> GraphMailBox:
    assert isinstance(graph_mailbox.adapter, GraphMailBox)
    return graph_mailbox.adapter


@contextmanager
def with_tokens(
    tokens: ScriptedTokens, server: GraphServer, clock: ManualClock, connection: Connection = MICROSOFT
) -> Iterator[GraphMailBox]:
    """The mailbox with tokens of its own."""
    api = GraphApi(server.url, tokens, clock, pause=clock.advance)
    yield GraphMailBoxes(api, lambda: None, clock).open(connection)
    api.close()


def asked(server: GraphServer, path: str) -> int:
    return sum(path in f"{request.method} {request.path}" for request in server.requests)


# What is raised where Graph keeps answering so.
STAYS: Mapping[HTTPStatus, type[Exception]] = {
    HTTPStatus.BAD_REQUEST: AssistantError,
    HTTPStatus.UNAUTHORIZED: ConnectionBroken,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: NotFound,
    HTTPStatus.TOO_MANY_REQUESTS: Unavailable,
    HTTPStatus.INTERNAL_SERVER_ERROR: Unavailable,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}


class TestFaultsOfReading:
    @pytest.mark.parametrize("status", STAYS, ids=lambda status: str(int(status)))
    def test_what_stays_is_told(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, status: HTTPStatus
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(Fault("GET .*me/messages/", status, times=-1))
        with pytest.raises(STAYS[status]):
            box.get(message_id)

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("GET .*me/messages/", HTTPStatus.TOO_MANY_REQUESTS, retry_after="7"),
            Fault("GET .*me/messages/", HTTPStatus.SERVICE_UNAVAILABLE, retry_after="7"),
            Fault("GET .*me/messages/", HTTPStatus.INTERNAL_SERVER_ERROR),
            Fault("GET .*me/messages/", sent=0.5),
            Fault("GET .*me/messages/", sent=0),
        ],
        ids=["429", "503", "500", "truncated", "nothing"],
    )
    def test_what_passes_is_waited_for(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, clock: ManualClock, fault: Fault
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(replace(fault))
        assert box.get(message_id).mail.subject == "Invoice"
        assert clock.monotonic() == (7 if fault.retry_after else pytest.approx(0.75, abs=0.25))

    def test_a_pause_beyond_the_deadline_is_not_waited_for(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, clock: ManualClock
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(Fault("GET", HTTPStatus.TOO_MANY_REQUESTS, retry_after=str(int(CALL_SECONDS))))
        with pytest.raises(Unavailable):
            box.state(message_id)
        assert clock.monotonic() == 0

    def test_silence_ends(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.adapters.graph_api._LONGEST_READ", 0.05)
        message_id = user.receive(MAIL)
        over = threading.Event()
        graph_server.faults.append(Fault("GET", hang=over, times=-1))
        with pytest.raises(Unavailable):
            box.get(message_id)
        over.set()

    def test_a_refused_token_is_renewed_once(
        self, graph_server: GraphServer, clock: ManualClock, user: GraphMail
    ) -> None:
        message_id = user.receive(MAIL)
        tokens = ScriptedTokens("old", graph_server.token)
        with with_tokens(tokens, graph_server, clock) as box:
            assert box.get(message_id).mail.subject == "Invoice"
            assert tokens.refused == ["old"]
            graph_server.token = "another"
            with pytest.raises(ConnectionBroken):
                box.get(message_id)
        renewable = ScriptedTokens("old", "new")
        with with_tokens(renewable, graph_server, clock) as box, pytest.raises(ConnectionBroken):
            box.get(message_id)
        assert renewable.given_up == [(MICROSOFT.id, "new")]
        broken = MICROSOFT.model_copy(update={"status": ConnectionStatus.BROKEN})
        with with_tokens(tokens, graph_server, clock, broken) as box, pytest.raises(ConnectionBroken):
            box.get(message_id)

    def test_the_token_goes_to_no_other_place(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer
    ) -> None:
        for _ in range(3):
            user.receive(MAIL)
        graph_server.relative_links = True
        page = box.search(MailQuery(), limit=2)
        assert page.next_page
        assert page.next_page.startswith("/")
        assert len(box.search(MailQuery(), page=page.next_page, limit=2).message_ids) == 1
        graph_server.relative_links, graph_server.foreign_links = False, True
        with pytest.raises(Unavailable, match="another place"):
            box.search(MailQuery(), page=box.search(MailQuery(), limit=2).next_page)

    def test_no_more_than_four_at_once(self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer) -> None:
        message_id = user.receive(MAIL)
        box.state(message_id)
        threads = [threading.Thread(target=box.state, args=(message_id,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert graph_server.busiest <= 4


class TestWritingOnce:
    @pytest.mark.parametrize("step", ["POST .*me/messages$", "POST .*/send"])
    @pytest.mark.parametrize(
        "fault",
        [
            Fault("", HTTPStatus.GATEWAY_TIMEOUT, after=True),
            Fault("", HTTPStatus.INTERNAL_SERVER_ERROR, after=True),
            Fault("", sent=0),
            Fault("", sent=0.5),
        ],
        ids=["504", "500", "nothing", "truncated"],
    )
    def test_an_answer_that_is_lost_is_looked_up(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, step: str, fault: Fault
    ) -> None:
        graph_server.faults.append(replace(fault, matching=step))
        sent = box.send(REPLY)
        assert [mail.id for mail in user.sent()] == [sent]
        assert not user.drafts()

    @pytest.mark.parametrize("step", ["POST .*me/messages$", "POST .*/send"])
    def test_what_was_not_done_is_told_and_done_by_the_next_try(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, step: str
    ) -> None:
        graph_server.faults.append(Fault(step, HTTPStatus.SERVICE_UNAVAILABLE))
        with pytest.raises(Unavailable):
            box.send(REPLY)
        assert not user.sent()
        assert asked(graph_server, "/send") <= 1
        box.send(REPLY)
        assert len(user.sent()) == 1
        assert not user.drafts()

    def test_a_copy_to_oneself_is_not_taken_for_the_sent_one(self, box: GraphMailBox, user: GraphMail) -> None:
        user.receive(MAIL.model_copy(update={"headers": {"message-id": REPLY.message_id}}))
        sent = box.send(REPLY)
        assert box.state(sent).folder is Folder.SENT

    def test_what_was_sent_is_not_deleted_as_a_draft(self, box: GraphMailBox, user: GraphMail) -> None:
        draft = box.draft(REPLY)
        assert box.send(REPLY) == draft
        box.delete_draft(draft)
        assert len(user.sent()) == 1

    def test_a_quote_in_a_message_id_ends_no_filter(self, box: GraphMailBox, user: GraphMail) -> None:
        sent = box.send(replace(REPLY, message_id="<o'hara' or id ne '@assistant.example>"))
        assert [mail.id for mail in user.sent()] == [sent]

    def test_labels_of_a_changed_message_are_read_again(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(Fault("PATCH", HTTPStatus.PRECONDITION_FAILED))
        box.label(message_id, add={"EA/Urgent"})
        assert box.state(message_id).labels == {"EA/Urgent"}
        graph_server.faults.append(Fault("PATCH", HTTPStatus.PRECONDITION_FAILED, times=-1))
        with pytest.raises(Unavailable):
            box.label(message_id, add={"EA/Money"})


CHANGES = pytest.mark.parametrize("step", ["PATCH .*me/messages/", "POST .*/move"])


def change(box: GraphMailBox, message_id: str) -> None:
    box.label(message_id, add={"EA/Archive"})
    box.move(message_id, Folder.ARCHIVE)


class TestFaultsOfChanging:
    @CHANGES
    @pytest.mark.parametrize(
        "fault",
        [
            Fault("", HTTPStatus.TOO_MANY_REQUESTS, retry_after="7"),
            Fault("", HTTPStatus.SERVICE_UNAVAILABLE, retry_after="7"),
            Fault("", HTTPStatus.INTERNAL_SERVER_ERROR, after=True),
            Fault("", HTTPStatus.GATEWAY_TIMEOUT, after=True),
            Fault("", sent=0.5),
            Fault("", sent=0),
        ],
        ids=["429", "503", "500 after", "504 after", "truncated", "nothing"],
    )
    def test_what_passes_is_waited_for_and_the_change_is_made(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, step: str, fault: Fault
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(replace(fault, matching=step))
        change(box, message_id)
        assert box.state(message_id) == MessageState(Folder.ARCHIVE, frozenset({"EA/Archive"}), unread=True)

    @CHANGES
    @pytest.mark.parametrize("status", STAYS, ids=lambda status: str(int(status)))
    def test_what_stays_is_told_and_the_next_try_makes_the_change(
        self, box: GraphMailBox, user: GraphMail, graph_server: GraphServer, step: str, status: HTTPStatus
    ) -> None:
        message_id = user.receive(MAIL)
        graph_server.faults.append(Fault(step, status, times=-1))
        with pytest.raises(STAYS[status]):
            change(box, message_id)
        graph_server.faults.clear()
        change(box, message_id)
        assert box.state(message_id).folder is Folder.ARCHIVE

    @CHANGES
    def test_silence_ends(
        self,
        box: GraphMailBox,
        user: GraphMail,
        graph_server: GraphServer,
        step: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("assistant.adapters.graph_api._LONGEST_READ", 0.05)
        message_id = user.receive(MAIL)
        over = threading.Event()
        graph_server.faults.append(Fault(step, hang=over, times=-1))
        with pytest.raises(Unavailable):
            change(box, message_id)
        over.set()


class TestReadingMessages:
    @pytest.mark.parametrize(
        ("sender", "read"),
        [
            ("ann@supplier.com", "ann@supplier.com"),
            ("Zoë Müller <zoe@supplier.com>", "Zoë Müller <zoe@supplier.com>"),
            ('"Smith, Ann" <ann@supplier.com>', '"Smith, Ann" <ann@supplier.com>'),
            ('"ceo@company.com" <ann@evil.example>', '"ceo@company.com" <ann@evil.example>'),
        ],
    )
    def test_names_are_not_read_as_addresses(self, box: GraphMailBox, user: GraphMail, sender: str, read: str) -> None:
        assert box.get(user.receive(MAIL.model_copy(update={"sender": sender}))).mail.sender == read

    def test_no_more_is_read_than_is_judged(self, box: GraphMailBox, user: GraphMail) -> None:
        """Else a mail that its sender made so large could not be decided."""
        headers = {f"x-{number}": "v" * 3_000 for number in range(600)}
        to = tuple(f"user{number}@company.com" for number in range(1_200))
        mail = box.get(
            user.receive(MAIL.model_copy(update={"headers": headers, "to": to, "subject": "Half \ud83d"}))
        ).mail
        received = read_mail(mail.model_dump(by_alias=True, exclude_none=True))
        assert (received.mail, received.problems) == (mail, ())
        assert (len(mail.to), mail.subject) == (1_000, "Half \N{REPLACEMENT CHARACTER}")

    def test_words_and_a_time_are_searched_together(
        self, box: GraphMailBox, user: GraphMail, clock: ManualClock
    ) -> None:
        user.receive(MAIL.model_copy(update={"received_at": clock.now() - timedelta(hours=2)}))
        wanted = user.receive(MAIL)
        found = box.search(MailQuery(words='"invoice"', since=clock.now() - timedelta(hours=1)))
        assert found.message_ids == (wanted,)


class TestSubscriptions:
    def test_it_is_made_once_renewed_and_made_again_when_it_is_gone(
        self, graph: GraphApi, graph_server: GraphServer, clock: ManualClock, user: GraphMail
    ) -> None:
        user.receive(MAIL)
        store = MemorySubscriptions()
        box = GraphMailBoxes(graph, lambda: GraphSubscriptions(store, WEBHOOK), clock).open(MICROSOFT)
        first = box.watch()
        (made,) = graph_server.subscriptions.values()
        known = store.find(made["id"])
        assert known
        assert known.knows(made["clientState"])
        assert not known.knows("guessed")
        assert made["clientState"] not in repr(known)
        assert (known.tenant, known.expires_at) == (MICROSOFT.tenant, first)
        clock.advance(3600)
        assert first
        assert box.watch() == first + timedelta(hours=1)
        assert len(graph_server.subscriptions) == 1
        graph_server.subscriptions.clear()
        box.watch()
        (again,) = graph_server.subscriptions.values()
        assert store.of_connection(MICROSOFT, Watched.MAIL) == store.find(again["id"])
        assert store.find(made["id"]) is None
        box.unwatch()
        assert not graph_server.subscriptions
        assert store.of_connection(MICROSOFT, Watched.MAIL) is None
