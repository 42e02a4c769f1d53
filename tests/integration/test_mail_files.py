"""Mailboxes as people have them: mbox, Maildir, .eml files, and mail that breaks the rules."""

import json
import mailbox
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.mail_mime import as_email
from infra.local.console import LocalFailure
from infra.local.mail_files import open_mail_files
from infra.local.triage_mailbox import MAX_BATCH_BYTES, Row, batches, fit, printable, table


def _mail(subject: str = "Hello", message_id: str = "<1@example.com>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = (
        "Ann <ann@example.com>",
        "bo@example.com, c@example.com",
        "d@x.example",
    )
    message["Subject"], message["Message-ID"] = subject, message_id
    message["Date"] = "Mon, 20 Jan 2025 09:00:00 -0500"
    message["List-Id"] = "<news.example.com>"
    message["DKIM-Signature"] = "v=1; a=rsa-sha256"
    message.set_content("Plain text.")
    message.add_alternative("<p>Hypertext.</p>", subtype="html")
    message.add_attachment(b"Attached text.", maintype="text", subtype="plain", filename="notes.txt")
    return message


def test_fields_of_a_mail() -> None:
    email = as_email(_mail("Grüße aus Köln"), default_id="mail-1")

    assert email["id"] == "1@example.com"
    assert email["from"] == "Ann <ann@example.com>"
    assert email["to"] == ["bo@example.com", "c@example.com"]
    assert email["cc"] == ["d@x.example"]
    assert email["subject"] == "Grüße aus Köln"
    assert email["received_at"] == "2025-01-20T09:00:00-05:00"
    assert email["body"].strip() == "Plain text."
    assert email["html"].strip() == "<p>Hypertext.</p>"
    assert email["headers"]["list-id"] == "<news.example.com>"
    assert "dkim-signature" not in email["headers"]


@pytest.mark.parametrize(
    ("raw", "field", "expected"),
    [
        (b"Subject: =?no-such-charset?q?Hi?=\n\n", "subject", "=?no-such-charset?q?Hi?="),
        (b"Subject: caf\xe9\n\nx", "subject", "caf�"),
        (b"Content-Type: text/plain; charset=nonsense\n\ncaf\xc3\xa9", "body", "café"),
        (b"Content-Type: text/plain; charset=ascii\n\ncaf\xe9", "body", "caf�"),
        (b"Content-Type: multipart/mixed; boundary=x\n\nno parts", "id", "mail-1"),
        (b"just words", "body", "just words"),
    ],
)
def test_broken_mail_is_read_as_far_as_it_goes(raw: bytes, field: str, expected: str) -> None:
    assert as_email(message_from_bytes(raw), default_id="mail-1")[field] == expected


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    assert json.dumps(as_email(message_from_bytes(raw), default_id="mail-1"), ensure_ascii=False).encode()


def test_a_date_that_is_none_is_left_out() -> None:
    assert "received_at" not in as_email(message_from_bytes(b"Date: soon\nFrom: a@b.example\n\n"), default_id="1")


def test_an_mbox_a_maildir_and_a_folder_hold_the_same_mail(tmp_path: Path) -> None:
    mbox, maildir, folder = tmp_path / "inbox", tmp_path / "maildir", tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "one.EML").write_bytes(_mail().as_bytes())
    (folder / "ignored.txt").write_text("no mail")
    for box in (mailbox.mbox(mbox), mailbox.Maildir(maildir)):
        box.add(_mail())
        box.flush()
        box.close()

    for path in (mbox, maildir, folder, folder / "deep" / "one.EML"):
        with open_mail_files(path) as files:
            assert len(files) == 1
            assert [email["id"] for email in files.emails()] == ["1@example.com"]


def test_ids_are_unique(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(_mail().as_bytes())

    with open_mail_files(tmp_path) as files:
        ids = [email["id"] for email in files.emails()]

    assert ids == ["1@example.com", "1@example.com#2", "1@example.com#3"]


def test_nothing_to_read_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("hello")

    for path, reason in (
        (tmp_path / "missing", "does not exist"),
        (tmp_path, "holds no mail"),
        (tmp_path / "text.txt", "is no mbox"),
    ):
        with pytest.raises(LocalFailure, match=reason), open_mail_files(path):
            pytest.fail("nothing should be found")


def test_batches_are_bounded_by_number_and_size() -> None:
    small = [{"id": str(number)} for number in range(5)]
    large = [{"id": str(number), "body": "x" * (MAX_BATCH_BYTES // 2)} for number in range(3)]

    assert [len(batch) for batch in batches(small, 2)] == [2, 2, 1]
    assert [len(batch) for batch in batches(large, 100)] == [1, 1, 1]
    assert list(batches([], 2)) == []


@given(st.text(), st.integers(1, 60))
def test_a_cell_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    assert len(fit("".join(character for character in text if character.isascii()), width)) == width


def test_wide_characters_take_two_columns() -> None:
    assert fit("会议纪要", 6) == "会议… "
    assert fit("会议", 6) == "会议  "


@given(st.text())
def test_printed_text_cannot_steer_the_terminal(text: str) -> None:
    assert printable(text).isprintable()


def test_the_table_is_aligned() -> None:
    row = Row(9, "urgent_action", 30, "Ann", "Budget", "Cannot wait")

    head, line = table([row], 120)

    assert line.index("urgent_action") == head.index("category")
    assert line.index("Ann") == head.index("from")
    assert line.index("Budget") == head.index("subject")
    assert line.index("Cannot wait") == head.index("why")
