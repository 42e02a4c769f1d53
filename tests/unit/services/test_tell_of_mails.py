"""A user is told of the mails that matter, once, as urgently as they were decided to be."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.mail import Mail
from assistant.domain.mail_news import mail_news
from assistant.domain.notifications import News, NotificationKind, Urgency
from assistant.domain.triage.decision import Category, DecidedBy, TriagedEmail
from assistant.services.tell_of_mails import TellPorts, tell_of_mails
from tests.fakes.connections import google_connection
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock

CONNECTION = google_connection()


def decided(email_id: str, category: Category) -> TriagedEmail:
    return TriagedEmail(
        email_id=email_id,
        category=category,
        priority_score=9,
        suggested_action="Reply today",
        estimated_time_minutes=5,
        reasoning="Asks for the budget.",
        confidence=0.9,
        decided_by=DecidedBy.CORE,
    )


class Desk:
    """Tells of mails that arrive now."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.notifier = MemoryNotifier()
        self.ports = TellPorts(self.notifier, self.clock)

    def tell(self, category: Category = Category.URGENT_ACTION, **fields: Any) -> int:
        given = {"id": "m1", "sender": "Dana Reyes <dana@company.com>", "subject": "Q4 budget"}
        mail = Mail(**{**given, "received_at": self.clock.now(), **fields})
        return tell_of_mails(CONNECTION, [(mail, decided(mail.id, category))], run_id="run1", ports=self.ports)

    def told(self) -> list[News]:
        return list(self.notifier.told.values())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_urgent_mail_is_told_of_once(desk: Desk) -> None:
    assert (desk.tell(), desk.tell()) == (1, 0)
    (news,) = desk.told()
    assert (news.kind, news.urgency, news.title) == (NotificationKind.MAIL, Urgency.URGENT, "Q4 budget")
    assert news.text == "From Dana Reyes <dana@company.com>. Reply today. Asks for the budget."
    assert (news.link, news.at) == ("/api/v1/email/m1/decision", desk.clock.now())


@pytest.mark.parametrize(
    ("category", "urgency"),
    [
        (Category.IMPORTANT_READ, Urgency.IMPORTANT),
        (Category.DELEGATE, Urgency.ROUTINE),
        (Category.ROUTINE, Urgency.ROUTINE),
    ],
)
def test_the_category_says_how_urgently(desk: Desk, category: Category, urgency: Urgency) -> None:
    desk.tell(category)
    assert [one.urgency for one in desk.told()] == [urgency]


def test_what_is_only_to_be_archived_is_no_news(desk: Desk) -> None:
    assert desk.tell(Category.ARCHIVE) == 0


def test_mail_from_before_the_account_was_connected_is_no_news(desk: Desk) -> None:
    assert desk.tell(received_at=CONNECTION.connected_at - timedelta(seconds=1)) == 0
    assert desk.tell(received_at=CONNECTION.connected_at) == 1


def test_the_users_own_mails_are_no_news(desk: Desk) -> None:
    """Else a notification by mail, which comes from the mailbox it goes to, would be told of again and again."""
    assert desk.tell(sender=f"Me <{CONNECTION.account.upper()}>") == 0


def test_a_later_mail_of_a_thread_takes_the_place_of_the_earlier(desk: Desk) -> None:
    desk.tell(id="m1", thread_id="t1")
    desk.clock.advance(60)
    desk.tell(id="m2", thread_id="t1", subject="Re: Q4 budget")
    assert desk.tell(id="m1", thread_id="t1", received_at=desk.clock.now() - timedelta(minutes=1)) == 0
    assert [one.title for one in desk.told()] == ["Re: Q4 budget"]


def test_thanks_in_a_thread_do_not_hide_what_is_urgent_in_it(desk: Desk) -> None:
    desk.tell(id="m1", thread_id="t1")
    desk.clock.advance(60)
    desk.tell(Category.ROUTINE, id="m2", thread_id="t1", subject="Thanks!")
    assert [(one.title, one.urgency) for one in desk.told()] == [
        ("Q4 budget", Urgency.URGENT),
        ("Thanks!", Urgency.ROUTINE),
    ]


def test_a_mail_that_names_no_time_arrived_now(desk: Desk) -> None:
    desk.tell(received_at=None)
    assert [one.at for one in desk.told()] == [desk.clock.now()]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("dana@company.com", "From dana@company.com."),
        ("The CEO", "From The CEO."),
        ("", "From somebody who gives no address."),
    ],
)
def test_the_sender_is_shown_with_what_there_is_of_them(desk: Desk, sender: str, shown: str) -> None:
    desk.tell(sender=sender)
    assert desk.told()[0].text.startswith(shown)


def test_a_mail_without_a_subject_has_a_title_all_the_same(desk: Desk) -> None:
    desk.tell(subject=" ")
    assert desk.told()[0].title == "A mail without a subject"


words = st.text(max_size=300)


@given(id=st.text(min_size=1, max_size=60), sender=words, subject=words)
def test_no_word_of_a_mail_makes_an_address_or_a_line(id: str, sender: str, subject: str) -> None:  # noqa: A002
    mail = Mail(id=id, sender=sender, subject=subject)
    news = mail_news(CONNECTION, mail, decided(id, Category.URGENT_ACTION), ManualClock().now())
    assert news is not None
    before, after = "/api/v1/email/", "/decision"
    assert news.link.startswith(before)
    assert not set(news.link.removeprefix(before).removesuffix(after)) & set("/?#:@ ")
    assert len(news.title) <= 200
    assert "\n" not in news.title
