"""What becomes of a mailbox behind IMAP and SMTP that refuses, hangs, drops connections and loses answers."""

import socket
from collections.abc import Callable, Iterator

import pytest

from assistant.adapters.imap_mail import ImapMailBox, ImapMailBoxes, MailServer
from assistant.domain.errors import AssistantError, Conflict, ConnectionBroken, Forbidden, InvalidRequest, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder, MessageState, OutgoingMail
from tests.fakes.access_tokens import NumberedTokens, connection
from tests.fakes.imap_server import ImapServer, serve_imap
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network

MAIL = OutgoingMail("<1@company.com>", ("ann@supplier.com",), "Paid", "It is paid.")
LOST = "Nobody knows"


@pytest.fixture
def server(clock: ManualClock) -> Iterator[ImapServer]:
    with serve_imap(clock) as server:
        yield server


@pytest.fixture
def tokens() -> NumberedTokens:
    return NumberedTokens()


@pytest.fixture
def box(server: ImapServer, tokens: NumberedTokens, clock: ManualClock) -> Iterator[ImapMailBox]:
    box = ImapMailBoxes(server.server, tokens, clock).open(connection())
    yield box
    box.close()


def arrived(server: ImapServer) -> str:
    return server.receive(Mail(id="", sender="ann@supplier.com", subject="Lunch", body="At one?"))


class TestReading:
    def test_a_token_that_is_refused_is_renewed(self, server: ImapServer, box: ImapMailBox) -> None:
        server.tokens = {"token-2"}
        assert box.get(arrived(server)).mail.subject == "Lunch"

    def test_a_consent_that_is_gone_is_told(self, server: ImapServer, box: ImapMailBox, tokens: NumberedTokens) -> None:
        server.tokens = set()
        with pytest.raises(ConnectionBroken):
            box.cursor()
        assert [refused for _, refused in tokens.given_up] == ["token-2"]

    def test_a_connection_that_drops_is_made_anew(self, server: ImapServer, box: ImapMailBox) -> None:
        message_id = arrived(server)
        box.label(message_id, add={"EA/Urgent"})
        server.drop_imap()
        box.label(message_id, add={"EA/Money"})
        server.drop_imap()
        assert box.state(message_id).labels == {"EA/Urgent", "EA/Money"}

    @pytest.mark.parametrize("missing", [b"OBJECTID", b"MOVE", b"UIDPLUS"])
    def test_a_server_that_lacks_what_is_needed_is_refused(
        self, server: ImapServer, box: ImapMailBox, missing: bytes
    ) -> None:
        server.lacks = {missing}
        with pytest.raises(Forbidden, match=missing.decode()):
            box.cursor()

    def test_who_does_not_listen_is_down(self, clock: ManualClock) -> None:
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        with pytest.raises(Unavailable):
            opened(port, clock).cursor()

    def test_who_is_silent_is_down(self, clock: ManualClock) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
            opened(silent.getsockname()[1], clock).cursor()

    def test_labels_hold_any_letters(self, server: ImapServer, box: ImapMailBox) -> None:
        message_id = arrived(server)
        names = {"EA/To read", "Über [alles]", "50%", "a=b", '"quoted"', "$own"}
        box.label(message_id, add=names)
        assert box.state(message_id) == MessageState(Folder.INBOX, frozenset(names), unread=True)
        box.label(message_id, remove=names)
        assert not box.state(message_id).labels

    def test_what_the_server_keeps_for_itself_is_no_label(self, server: ImapServer, box: ImapMailBox) -> None:
        message_id = arrived(server)
        server.change(message_id, MessageState(Folder.INBOX, frozenset({"$Forwarded", "Taxes"})))
        assert box.state(message_id).labels == {"Taxes"}


class TestSending:
    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ("451 4.3.0 Try again later", Unavailable),
            ("552 5.2.2 Too large", InvalidRequest),
        ],
    )
    def test_a_mail_that_is_refused_did_not_leave(
        self, server: ImapServer, box: ImapMailBox, answer: str, error: type[AssistantError]
    ) -> None:
        server.answers = [answer]
        with pytest.raises(error):
            box.send(MAIL)
        assert not server.left
        message_id = box.send(MAIL)
        assert [one.id for one in server.sent()] == [message_id]

    def test_all_get_it_or_nobody(self, server: ImapServer, box: ImapMailBox) -> None:
        server.unknown = {"bob@supplier.com"}
        with pytest.raises(InvalidRequest):
            box.send(OutgoingMail("<2@company.com>", ("ann@supplier.com", "bob@supplier.com"), "Paid", "Paid."))
        assert not server.left

    def test_a_token_that_submission_refuses_is_renewed(self, server: ImapServer, box: ImapMailBox) -> None:
        box.draft(MAIL)
        server.tokens = {"token-2"}
        box.send(MAIL)
        assert len(server.left) == 1

    def test_a_mailbox_that_may_not_send_is_read_all_the_same(
        self, server: ImapServer, box: ImapMailBox, tokens: NumberedTokens
    ) -> None:
        box.draft(MAIL)
        server.tokens = set()
        with pytest.raises(ConnectionBroken):
            box.send(MAIL)
        assert tokens.given_up == []

    def test_a_mail_whose_answer_is_lost_is_not_sent_again(self, server: ImapServer, box: ImapMailBox) -> None:
        server.answers = [server.drop_smtp]
        errors = [refused(lambda: box.send(MAIL)) for _ in range(3)]
        assert isinstance(errors[0], Unavailable | Conflict)
        assert all(isinstance(error, Conflict) and LOST in error.detail for error in errors[1:])
        assert len(server.left) == 1

    def test_a_mail_that_left_is_filed_when_the_mailbox_is_back(self, server: ImapServer, box: ImapMailBox) -> None:
        server.answers = [server.drop_imap]
        message_id = box.send(MAIL)
        assert box.state(message_id) == MessageState(Folder.SENT, frozenset(), unread=False)
        assert len(server.left) == 1
        assert not server.drafts()


def opened(port: int, clock: ManualClock) -> ImapMailBox:
    at = MailServer(f"imaps://127.0.0.1:{port}", f"smtps://127.0.0.1:{port}", seconds=0.1)
    return ImapMailBoxes(at, NumberedTokens(), clock).open(connection())


def refused(call: Callable[[], object]) -> AssistantError:
    with pytest.raises(AssistantError) as raised:
        call()
    return raised.value
