"""What is kept of mails for meetings with their people, and what is not."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.domain.mail import Mail
from assistant.domain.meetings.mail_keeping import past_mail
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail
from tests.fakes.connections import google_connection

AT = datetime(2025, 1, 15, 9, tzinfo=UTC)


def kept(category: Category = Category.ROUTINE, **fields: Any) -> PastMail | None:
    given = {"from": "Ann Lee <Ann@company.com>", "to": ("user@company.com",), "subject": "Budget", "received_at": AT}
    mail = Mail(id="mail1", **({"body": "Please send the figures."} | given | fields))
    decided = TriagedEmail(
        email_id="mail1",
        category=category,
        priority_score=5,
        suggested_action="read",
        estimated_time_minutes=1,
        reasoning="",
        confidence=0.9,
        decided_by=DecidedBy.CORE,
    )
    return past_mail(google_connection(), mail, decided)


def test_a_mail_of_a_person_is_kept_with_its_people() -> None:
    mail = kept(cc=("Ben <ben@company.com>",))
    assert mail
    assert mail.people == ("ann@company.com", "user@company.com", "ben@company.com")
    assert (mail.sender.name, mail.sender.address) == ("Ann Lee", "ann@company.com")
    assert (mail.document.text, mail.document.title, mail.document.at) == ("Please send the figures.", "Budget", AT)


def test_what_it_quotes_is_not_kept() -> None:
    mail = kept(body="Agreed.\n\nOn Mon, 13 Jan 2025, Ben wrote:\n> The secret plan\n")
    assert mail
    assert "secret" not in mail.text


def test_a_long_mail_keeps_its_beginning_and_its_signature() -> None:
    mail = kept(body="First words.\n" + "More and more of it. " * 200 + "\nAnn Lee\nHead of Finance")
    assert mail
    assert len(mail.text) == 1_500
    assert mail.text.startswith("First words.")
    assert mail.text.endswith("Head of Finance")


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"Auto-Submitted": "auto-replied"}},
        {"headers": {"List-Unsubscribe": "<https://example.com>"}},
        {"received_at": None},
        {"from": ""},
        {"body": ""},
        {"category": Category.ARCHIVE},
    ],
)
def test_bulk_and_scraps_are_not_kept(fields: dict[str, Any]) -> None:
    assert kept(**fields) is None


@pytest.mark.parametrize(
    ("person", "named"),
    [("ann@company.com", True), ("Ann", True), ("user@company.com", True), ("figures", True), ("Anna", False)],
)
def test_it_names_who_wrote_it_got_it_or_stands_in_it(person: str, named: bool) -> None:
    mail = kept()
    assert mail
    name = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)", re.IGNORECASE)
    assert mail.names(name) is named
