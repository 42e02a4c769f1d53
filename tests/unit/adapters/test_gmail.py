"""Gmail when it fails: what each fault comes to, that nothing is done twice, and what its mails hold."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from http import HTTPStatus

import pytest

from assistant.adapters import google_http
from assistant.adapters.gmail import GmailMailBox, GmailMailBoxes
from assistant.adapters.google_http import GoogleCalls
from assistant.domain.errors import AssistantError, ConnectionBroken, Forbidden, NotFound, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Attachment, CursorExpired, Folder, MessageState, OutgoingMail
from tests.fakes.access_tokens import NumberedTokens, connection
from tests.fakes.gmail_api import GmailApi, serve_gmail
from tests.fakes.google_api import Fault
from tests.fakes.runtime import ManualClock

pytestmark = pytest.mark.network

MAIL = Mail(id="", sender="ann@supplier.com", subject="Invoice", body="Please pay.")
REPLY = OutgoingMail("<reply@assistant.example>", ("ann@supplier.com",), "Re: Invoice", "Paid.\n")
TRUNCATED = Fault(sent=0.5)
HANGS = Fault(hangs=True)


def refused(status: int, reason: str = "backendError", retry_after: str | None = None, *, after: bool = False) -> Fault:
    return Fault(HTTPStatus(status), reason, retry_after, after=after)


@pytest.fixture
def api(clock: ManualClock, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[GmailApi]:
    # Only a silent Gmail is given up sooner than in production; the call's own time is the manual clock's.
    callspec = getattr(request.node, "callspec", None)
    if callspec and getattr(callspec.params.get("fault"), "hangs", False):
        monkeypatch.setattr(google_http, "TRY_SECONDS", 0.1)
        monkeypatch.setattr(google_http, "_LEAST_SECONDS", 0.1)
    with serve_gmail(clock) as api:
        yield api


@pytest.fixture
def tokens() -> NumberedTokens:
    return NumberedTokens()


@pytest.fixture
def box(api: GmailApi, clock: ManualClock, tokens: NumberedTokens) -> Iterator[GmailMailBox]:
    calls = GoogleCalls(connection(), tokens, clock, pause=clock.advance)
    yield GmailMailBox(api.url, calls, api.topic)
    calls.close()


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            refused(403, "rateLimitExceeded"),
            refused(403, "userRateLimitExceeded"),
            refused(429, "rateLimitExceeded", "3"),
            refused(500),
            refused(503),
            TRUNCATED,
            HANGS,
        ],
        ids=lambda fault: f"{fault.status.value} {fault.reason} {fault.sent} {fault.hangs}",
    )
    def test_what_passes_is_waited_for(self, api: GmailApi, box: GmailMailBox, fault: Fault) -> None:
        message_id = api.receive(MAIL)
        api.faults.extend([fault, fault])
        assert box.get(message_id).mail.subject == "Invoice"

    @pytest.mark.parametrize(
        "fault",
        [refused(403, "rateLimitExceeded"), refused(429), refused(500), refused(503), TRUNCATED, HANGS],
        ids=lambda fault: f"{fault.status.value} {fault.reason} {fault.sent} {fault.hangs}",
    )
    def test_what_does_not_pass_ends_in_time(
        self, api: GmailApi, box: GmailMailBox, clock: ManualClock, fault: Fault
    ) -> None:
        message_id = api.receive(MAIL)
        api.faults.extend([fault] * 1000)
        with pytest.raises(Unavailable):
            box.get(message_id)
        assert clock.monotonic() <= google_http.CALL_SECONDS

    def test_a_pause_is_as_long_as_gmail_wants(self, api: GmailApi, box: GmailMailBox, clock: ManualClock) -> None:
        api.faults.append(refused(429, "rateLimitExceeded", "7"))
        box.cursor()
        assert clock.monotonic() >= 7

    def test_a_pause_beyond_the_time_is_not_begun(self, api: GmailApi, box: GmailMailBox, clock: ManualClock) -> None:
        api.faults.append(refused(429, "rateLimitExceeded", "60"))
        with pytest.raises(Unavailable):
            box.cursor()
        assert clock.monotonic() == 0

    def test_a_refused_token_is_renewed_once(self, api: GmailApi, box: GmailMailBox, tokens: NumberedTokens) -> None:
        api.tokens = {"token-2"}
        assert box.cursor()
        assert tokens.issued == 2

    def test_tokens_that_stay_refused_break_the_connection(
        self, api: GmailApi, box: GmailMailBox, tokens: NumberedTokens
    ) -> None:
        api.tokens = set()
        with pytest.raises(ConnectionBroken):
            box.cursor()
        assert [refused for _, refused in tokens.given_up] == ["token-2"]

    def test_a_consent_that_is_gone_breaks_the_connection(self, box: GmailMailBox, tokens: NumberedTokens) -> None:
        tokens.revoked = True
        with pytest.raises(ConnectionBroken):
            box.cursor()

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            (refused(403, "insufficientPermissions"), Forbidden),
            (refused(403, "domainPolicy"), Forbidden),
            (refused(404, "notFound"), NotFound),
            (refused(410, "deleted"), NotFound),
            (refused(400, "badRequest"), AssistantError),
        ],
    )
    def test_what_stays_is_said_at_once(
        self, api: GmailApi, box: GmailMailBox, clock: ManualClock, fault: Fault, error: type[Exception]
    ) -> None:
        message_id = api.receive(MAIL)
        api.faults.append(fault)
        with pytest.raises(error):
            box.get(message_id)
        assert clock.monotonic() == 0

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_cursor_gmail_forgot_has_expired(self, api: GmailApi, box: GmailMailBox, status: int) -> None:
        api.faults.append(refused(status))
        with pytest.raises(CursorExpired):
            box.changes("1")


class TestOnce:
    @pytest.mark.parametrize(
        "fault",
        [refused(500, after=True), refused(503, after=True), Fault(sent=0.5), Fault(hangs=True, after=True)],
        ids=["500", "503", "truncated", "hangs"],
    )
    @pytest.mark.parametrize("call", [1, 2, 3], ids=["looking", "drafting", "sending"])
    def test_a_mail_leaves_once_whatever_is_heard_of_it(
        self, api: GmailApi, box: GmailMailBox, fault: Fault, call: int
    ) -> None:
        api.faults.extend([Fault()] * call + [fault])
        for _ in range(2):
            try:
                sent = box.send(REPLY)
                break
            except Unavailable:
                continue
        assert [mail.id for mail in api.sent()] == [sent]
        assert not api.drafts()

    def test_a_draft_is_not_made_twice(self, api: GmailApi, box: GmailMailBox) -> None:
        api.faults.extend([Fault(), refused(503, after=True)])
        with pytest.raises(Unavailable):
            box.draft(REPLY)
        assert box.draft(REPLY)
        assert len(api.drafts()) == 1

    def test_a_label_somebody_made_meanwhile_is_used(self, api: GmailApi, box: GmailMailBox) -> None:
        message_id, other = api.receive(MAIL), api.receive(MAIL)
        box.label(message_id, add={"EA/Urgent"})
        api.change(other, MessageState(Folder.INBOX, frozenset({"EA/Money"})))
        box.label(message_id, add={"EA/Money"})
        assert box.state(message_id).labels == {"EA/Urgent", "EA/Money"}

    @pytest.mark.parametrize("status", [409, 400], ids=["as described", "as an emulator does"])
    def test_a_label_another_worker_made_is_used(
        self, api: GmailApi, box: GmailMailBox, clock: ManualClock, tokens: NumberedTokens, status: int
    ) -> None:
        """Both know the labels from before either made it."""
        api.label_is_there = (HTTPStatus(status), "failedPrecondition")
        message_id = api.receive(MAIL)
        calls = GoogleCalls(connection(), tokens, clock, pause=clock.advance)
        boxes = box, GmailMailBox(api.url, calls, api.topic)
        for name in ("EA/Known", "EA/Urgent"):
            for one in boxes:
                one.label(message_id, add={name})
        calls.close()
        assert box.state(message_id).labels == {"EA/Known", "EA/Urgent"}

    def test_a_label_made_anew_is_used(self, api: GmailApi, box: GmailMailBox) -> None:
        first, second = api.receive(MAIL), api.receive(MAIL)
        box.label(first, add={"EA/Urgent"})
        api.remake_label("EA/Urgent")
        box.label(second, add={"EA/Urgent"})
        assert box.state(second).labels == {"EA/Urgent"}

    @pytest.mark.parametrize("known", [False, True])
    def test_a_label_that_is_refused_and_not_there_is_told(
        self, api: GmailApi, box: GmailMailBox, *, known: bool
    ) -> None:
        message_id = api.receive(MAIL)
        if known:
            box.label(message_id, add={"EA/Urgent"})
        api.faults.extend([*([] if known else [Fault()]), refused(400, "invalidArgument")])
        with pytest.raises(AssistantError, match="refuses"):
            box.label(message_id, add={"Inbox"})


def test_attachments_are_listed_and_not_read(api: GmailApi, box: GmailMailBox) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@supplier.com", "Invoice"
    message.set_content("Attached.")
    message.add_attachment(b"%PDF-1.7 secret", maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    message_id = api.receive_raw(message.as_bytes())
    found = box.get(message_id)
    assert found.attachments == (Attachment("Rechnung März.pdf", "application/pdf", 15),)
    assert "secret" not in found.mail.model_dump_json()


def test_mail_in_another_charset_is_read(api: GmailApi, box: GmailMailBox) -> None:
    raw = b"Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\nContent-Type: text/plain; charset=latin1\r\n\r\nK\xf6ln"
    mail = box.get(api.receive_raw(raw)).mail
    assert (mail.subject, mail.body.strip()) == ("Grüße", "Köln")


def test_a_page_of_history_is_read_for_two_units(api: GmailApi, box: GmailMailBox) -> None:
    box.changes(box.cursor())
    assert api.units == 1 + 2


def test_all_that_a_search_finds_is_compared_in_the_time_of_one_call(
    api: GmailApi, box: GmailMailBox, clock: ManualClock
) -> None:
    api.find_loosely()
    for number in range(4):
        box.draft(replace(REPLY, message_id=f"<{number}@company.com>"))
    begun = clock.monotonic()
    # The search, then each comparison throttled once.
    api.faults.extend([Fault(), *[refused(429, retry_after="8"), Fault()] * 4])
    with pytest.raises(Unavailable):
        box.draft(REPLY)
    assert clock.monotonic() - begun <= google_http.CALL_SECONDS
    assert len(api.drafts()) == 4


def test_a_search_that_finds_everything_costs_what_its_bound_says(api: GmailApi, box: GmailMailBox) -> None:
    for number in range(120):
        box.draft(replace(REPLY, message_id=f"<{number}@company.com>"))
    api.find_loosely()
    api.units = 0
    assert box.find_draft("<119@company.com>")
    assert api.units == 5 + 20 + 20
    api.units = 0
    assert box.find_draft("<19@company.com>") is None
    assert api.units == 5 + 100 * 20


def test_without_a_topic_there_are_no_notifications(api: GmailApi, clock: ManualClock) -> None:
    assert GmailMailBoxes(api.url, NumberedTokens(), clock, None).open(connection()).watch() is None
    assert not api.calls
