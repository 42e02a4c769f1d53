"""Whatever a sender writes can be read, and what is written can be read by others."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.mail import Mail
from assistant.domain.mail_mime import parse_message, read_message, write_message
from assistant.domain.mailbox import OutgoingMail
from tests.fakes.examples import examples
from tests.fakes.poison_mails import POISON, SENDER, nested

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)


def read(raw: bytes) -> Mail:
    """The mail, which can be stored."""
    mail, attachments = read_message(raw, message_id="m1", thread_id="t1", received_at=AT)
    assert mail.model_dump_json().encode()
    assert repr(attachments).encode()
    return mail


def _real() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Änne <ann@company.com>", "bo@company.com", "Überfällig"
    message["Date"], message["Message-ID"] = "Mon, 20 Jan 2025 09:00:00 -0500", "<1@company.com>"
    message.set_content("Grüße, bis Freitag.")
    message.add_alternative("<p>Grüße, bis <b>Freitag</b>.</p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Übersicht.pdf")
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("x" * 200)
    message.add_attachment(inner)
    return message.as_bytes()


_CHARSETS = (
    b"From: a@b.c\nSubject: =?iso-8859-1?q?caf=E9?= =?utf-8?b?w6k=?=\nDate: Mon, 1 Jan 2026 10:00:00 +0000\n"
    b'Content-Type: text/plain; charset="utf-7"\nContent-Transfer-Encoding: quoted-printable\n\n=E4=20hello +AGE-\n'
)
REAL = (_real(), _CHARSETS, *(raw for raw in POISON.values() if len(raw) < 10_000))
# What the syntax of mail is made of.
_SYNTAX = b"|=?|?=|=|*|*0|*0*|'|\"|;|:|\r\n|\n| |\x00|\xff|(|charset=|boundary=|utf-8|idna|base64|message/rfc822|--"
_CUTS = st.sampled_from([*_SYNTAX.split(b"|"), b"9" * 30])
_EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 6), _CUTS | st.binary(max_size=4)), max_size=8
)


def _edited(raw: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, left_out, put in edits:
        at = int(place * len(raw))
        raw = raw[:at] + put + raw[at + left_out :]
    return raw


@examples(400)
@given(st.sampled_from(REAL), _EDITS)
def test_no_change_of_a_real_mail_breaks_the_reader(raw: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    assert read(_edited(raw, edits)).id == "m1"


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert read(raw).id == "m1"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20), st.binary(max_size=60))
def test_no_charset_breaks_the_reader(charset: str, text: bytes) -> None:
    name = charset.encode()
    read(
        b"Subject: =?"
        + name
        + b"?b?"
        + b64encode(text)
        + b"?=\nContent-Type: text/plain; charset="
        + name
        + b"\n\n"
        + text
    )


@examples(50)
@given(st.integers(1, 1_200))
def test_no_depth_breaks_the_reader(depth: int) -> None:
    assert "Please pay." in read(nested(depth)).body


@pytest.mark.parametrize("name", POISON)
def test_what_can_be_read_of_a_broken_mail_is(name: str) -> None:
    mail = read(POISON[name])
    assert mail.sender == SENDER
    assert "subject" in name or mail.subject == "Invoice"
    assert mail.body.startswith("Please") or "quadratic" in name or "Please pay." in mail.body or "file name" in name


def test_a_mail_that_takes_the_parser_minutes_is_read_as_its_source() -> None:
    mail = read(nested(100) + b"\r\n" * 100_000)
    assert mail.subject == "Invoice"
    assert mail.body.startswith("--b0\n")
    assert parse_message(nested(20)).is_multipart()


_WORD = st.from_regex(r"[A-Za-z0-9!#$%&'*+=?^_{|}~.-]{1,20}", fullmatch=True)
_ID = st.builds(lambda word, times, host: f"<{word * times}@{host}.example>", _WORD, st.integers(1, 30), _WORD)
_LINE = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=300)


def _line(text: str) -> str:
    return " ".join(text.split())


@given(
    _ID,
    st.lists(_ID, max_size=3),
    _LINE,
    st.lists(st.integers(0, 10**60), min_size=1, max_size=20),
    st.text(max_size=2_000),
)
def test_what_is_written_is_read_the_same(
    message_id: str, references: list[str], subject: str, names: list[int], text: str
) -> None:
    """RFC 5322: no line is longer than 998 bytes; RFC 2047: no id is an encoded word, and none is longer than 75."""
    to = tuple(f"user{name}@company.com" for name in names)
    written = OutgoingMail(message_id, to, subject, text, in_reply_to=message_id, references=tuple(references))
    raw = write_message(written)
    mail = read(raw)
    assert mail.headers["message-id"] == mail.headers["in-reply-to"] == message_id
    assert mail.headers.get("references", "").split() == references
    assert (mail.to, mail.subject) == (to, _line(subject))
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert max((len(word) for word in re.findall(rb"=\?\S+\?=", raw.partition(b"\r\n\r\n")[0])), default=0) <= 75


@pytest.mark.parametrize(
    "unread", ["<cut-off@a.b", "<\xe4@a.b>", "<a b@c.d>", f"<{'x' * 1_000}@a.b>", "<a\r\nBcc: b@c.d>", ""]
)
def test_an_id_nobody_can_read_is_left_out(unread: str) -> None:
    raw = write_message(
        OutgoingMail("<1@a.b>", ("a@b.c",), "Hi", "Hi", in_reply_to=unread, references=(unread, "<0@a.b>"))
    )
    assert b"In-Reply-To" not in raw
    assert b"References: <0@a.b>\r\n" in raw
    assert b"Bcc" not in raw
