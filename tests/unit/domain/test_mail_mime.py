"""Whatever a sender writes can be read, and what is written can be read by others."""

from base64 import b64encode
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.mail import Mail
from assistant.domain.mail_mime import parse_message, read_message
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
