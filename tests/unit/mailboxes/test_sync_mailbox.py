"""Every mail that arrives is decided once, whatever breaks on the way."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain import metric_names
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import AssistantError, Conflict, ConnectionBroken, Forbidden, InvalidRequest, Unavailable
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder, MailboxMessage, MessageState
from assistant.domain.mailbox_sync import MailOutcome, SyncReason
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.triage.decision import TriagedEmail
from assistant.services.sync_mailbox import Synced
from tests.fakes.mailbox import WATCHED_FOR, MemoryMailBox
from tests.fakes.subscriptions import graph_subscription
from tests.unit.mailboxes.followed import Followed


@pytest.fixture
def followed() -> Followed:
    """A mailbox that was read up to now."""
    found = Followed()
    assert found.sync() == Synced("up to now")
    return found


class OneBox:
    """Opens this mailbox whatever is asked for."""

    def __init__(self, box: MemoryMailBox) -> None:
        self.box = box

    def open(self, _: Connection) -> MemoryMailBox:
        return self.box


def test_a_mail_is_decided_once_and_has_a_receipt(followed: Followed) -> None:
    message_id = followed.arrive()
    followed.clock.advance(3)
    assert followed.sync() == Synced("up to now", decided=1)
    assert followed.sync() == Synced("up to now")
    receipt = followed.receipt(message_id)
    decision = followed.decisions.find("user123", message_id)
    assert decision is not None
    assert (receipt.outcome, receipt.category, receipt.seconds) == (MailOutcome.DECIDED, decision.category, 3.0)
    assert receipt.decided_by is decision.decided_by
    assert followed.follow.told == [(followed.connection.id, message_id)]
    assert followed.meter.total(metric_names.MAILS_CLOSED, outcome="decided") == 1


def test_receipts_hold_no_text_of_the_mail(followed: Followed) -> None:
    message_id = followed.arrive("Confidential merger")
    followed.sync()
    text = followed.receipt(message_id).model_dump_json()
    assert "merger" not in text
    assert "supplier" not in text


def test_a_new_mailbox_is_read_a_week_back(followed: Followed) -> None:
    fresh = Followed()
    connected_at = fresh.connection.connected_at
    fresh.arrive("Old", received_at=connected_at - timedelta(days=8))
    recent = fresh.arrive("Recent", received_at=connected_at - timedelta(days=6))
    fresh.arrive("Archived", received_at=connected_at)
    fresh.box.move("m3", Folder.ARCHIVE)
    assert fresh.sync() == Synced("up to now", decided=1)
    assert [message_id for _, message_id in fresh.receipts.kept] == [recent]
    assert followed.receipts.kept == {}


def test_the_first_look_asks_for_notifications() -> None:
    fresh = Followed()
    fresh.arrive()
    job = fresh.notification().model_copy(update={"reason": SyncReason.CONNECTED})
    assert fresh.sync(job) == Synced("up to now", decided=1)
    place = fresh.places.read(fresh.connection)
    assert (place.watched_until, place.synced_at) == (fresh.clock.now() + WATCHED_FOR, fresh.clock.now())


def test_an_expired_cursor_makes_the_inbox_be_read_anew(followed: Followed) -> None:
    known, missed = followed.arrive("Known"), None
    followed.sync()
    missed = followed.arrive("Missed")
    followed.box.forget_changes()
    assert followed.sync() == Synced("up to now", decided=1)
    assert followed.receipts.saved == [known, missed]
    assert followed.meter.total(metric_names.MAILBOX_RESYNCS, provider="google") == 1


def test_what_left_the_inbox_or_was_erased_has_a_receipt(followed: Followed) -> None:
    moved, gone = followed.arrive("Moved"), followed.arrive("Gone")

    class Erased(MemoryMailBox):
        """Loses a message between telling of it and handing it over."""

        def get(self, message_id: str) -> MailboxMessage:
            if message_id == gone and gone in self._messages:
                self.erase(gone)
            return super().get(message_id)

    box = Erased(followed.clock)
    box.__dict__ |= followed.box.__dict__
    followed.box.change(moved, MessageState(Folder.ARCHIVE))
    assert followed.sync(boxes=OneBox(box)) == Synced("up to now", moved=1, gone=1)
    assert not followed.follow.told


def test_a_mail_with_nothing_in_it_is_unreadable(followed: Followed) -> None:
    followed.arrive("", sender="", body="")
    assert followed.sync() == Synced("up to now", unreadable=1)


def test_a_mail_that_breaks_the_judgement_stops_no_other(followed: Followed) -> None:
    poison, sound = followed.arrive("Poison"), followed.arrive("Sound")

    def follow(_: Connection, decided: Sequence[tuple[Mail, TriagedEmail]], *, run_id: str) -> None:
        assert run_id
        if any(mail.id == poison for mail, _ in decided):
            raise ZeroDivisionError

    assert followed.sync(followers=(follow,)) == Synced("up to now", decided=1, failed=1)
    assert followed.receipt(poison).outcome is MailOutcome.FAILED
    assert followed.receipt(sound).outcome is MailOutcome.DECIDED


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (RecursionError("maximum depth"), "It cannot be read (RecursionError)."),
        (KeyError("raw"), "It cannot be read (KeyError)."),
        (AssistantError("Google refuses the request."), "Google refuses the request."),
        (InvalidRequest("No."), "No."),
    ],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize("anew", [False, True], ids=["since the cursor", "anew"])
def test_a_mail_that_cannot_be_read_stops_no_other(
    followed: Followed, error: Exception, problem: str, *, anew: bool
) -> None:
    poison, sound = followed.arrive("Poison"), followed.arrive("Sound")
    followed.breaks_at(poison, error)
    if anew:
        followed.box.forget_changes()
    assert followed.sync() == Synced("up to now", decided=1, failed=1)
    assert (followed.receipt(poison).outcome, followed.receipt(poison).problem) == (MailOutcome.FAILED, problem)
    assert (followed.receipt(sound).outcome, followed.receipt(sound).problem) == (MailOutcome.DECIDED, None)
    assert followed.meter.total(metric_names.MAILS_CLOSED, outcome="failed") == 1
    assert followed.sync() == Synced("up to now")
    assert followed.reconcile().up_to_now == 1


@pytest.mark.parametrize("error", [Unavailable("Down."), ConnectionBroken("Gone."), Forbidden("No.")])
def test_what_is_no_fault_of_a_mail_closes_none(followed: Followed, error: Exception) -> None:
    message_id = followed.arrive()
    followed.breaks_at(message_id, error)
    assert not followed.tried(followed.notification()) or isinstance(error, ConnectionBroken | Forbidden)
    assert followed.receipts.kept == {}
    followed.box.unreadable.clear()
    assert followed.sync() == Synced("up to now", decided=1)


def test_a_mail_refused_by_the_judgement_stops_no_other(followed: Followed) -> None:
    """What a judgement leaves out of a mail refuses a batch of that mail alone."""
    message_id = followed.arrive("x" * 20_000)
    assert followed.sync() == Synced("up to now", failed=1)
    assert followed.receipt(message_id).problem == "No mail of the batch could be read as sent."


@pytest.mark.parametrize("part", ["provider", "store"])
def test_what_is_down_leaves_everything_to_the_next_try(followed: Followed, part: str) -> None:
    message_id = followed.arrive()
    outage = getattr(followed, part)
    outage.down = True
    with pytest.raises(Unavailable):
        followed.sync()
    outage.down = False
    assert followed.sync() == Synced("up to now", decided=1)
    assert followed.receipts.saved == [message_id]


def test_effects_that_could_not_be_kept_are_proposed_again(followed: Followed) -> None:
    followed.arrive()

    def down(*_: object, **__: object) -> None:
        raise Unavailable("down")

    with pytest.raises(Unavailable):
        followed.sync(followers=(down,))
    assert followed.receipts.kept == {}
    assert followed.sync() == Synced("up to now", decided=1)
    assert len(followed.follow.told) == 1


def test_two_runs_at_once_do_not_lower_the_cursor(followed: Followed) -> None:
    followed.arrive()

    class Overtaken(MemoryMailBox):
        def changes(self, cursor: str) -> Any:
            changes = super().changes(cursor)
            followed.sync()
            return changes

    box = Overtaken(followed.clock)
    box.__dict__ |= followed.box.__dict__
    with pytest.raises(Conflict):
        followed.sync(boxes=OneBox(box))
    reached = followed.places.read(followed.connection).cursor
    assert reached == followed.box.cursor()


def test_a_run_out_of_time_asks_for_another(followed: Followed) -> None:
    for number in range(45):
        followed.arrive(f"Number {number}")
    clock = followed.clock

    class Slow(MemoryMailBox):
        def get(self, message_id: str) -> MailboxMessage:
            clock.advance(9)
            return super().get(message_id)

    box = Slow(clock)
    box.__dict__ |= followed.box.__dict__
    first = followed.sync(boxes=OneBox(box))
    assert first.ended == "out of time"
    assert 0 < first.decided < 45
    (job,) = followed.queue.requested
    assert job.reason is SyncReason.CONTINUED
    assert followed.sync(job) == Synced("up to now", decided=45 - first.decided)
    assert len(followed.receipts.saved) == len(set(followed.receipts.saved)) == 45


def test_a_limit_of_the_provider_cuts_a_run_short_without_failing_it(followed: Followed) -> None:
    for number in range(45):
        followed.arrive(f"Number {number}")

    class Limited(MemoryMailBox):
        left = 25

        def get(self, message_id: str) -> MailboxMessage:
            if not self.left:
                raise Unavailable("Google asks to wait.")
            self.left -= 1
            return super().get(message_id)

    box = Limited(followed.clock)
    box.__dict__ |= followed.box.__dict__
    assert followed.sync(boxes=OneBox(box)) == Synced("out of time", decided=20)
    (job,) = followed.queue.requested
    assert job.reason is SyncReason.CONTINUED
    box.left = 0
    with pytest.raises(Unavailable):
        followed.sync(job, boxes=OneBox(box))
    assert followed.sync(job) == Synced("up to now", decided=25)


def test_a_disconnected_mailbox_is_left_alone(followed: Followed) -> None:
    unknown = followed.notification().model_copy(update={"connection_id": "gone"})
    assert followed.sync(unknown) == Synced("disconnected")


def test_what_was_kept_of_a_disconnected_mailbox_is_forgotten(followed: Followed) -> None:
    kept = {"at": followed.clock.now(), "title": "", "text": "Hi.", "people": ("ann@company.com",)}
    gone, other = (PastMail(connection_id=one, message_id=one, **kept) for one in ("gone", followed.connection.id))
    followed.past_mails.keep("user123", [gone, other])
    webhook = graph_subscription(connection_id="gone")
    followed.subscriptions.put(webhook)
    followed.sync(followed.notification().model_copy(update={"connection_id": "gone"}))
    assert followed.past_mails.with_people("user123", ["ann@company.com"], limit=9) == [other]
    assert followed.subscriptions.find(webhook.id) is None


def test_a_broken_connection_is_left_alone(followed: Followed) -> None:
    known = followed.connections.find("user123", followed.connection.id)
    assert known
    broken = known.model_copy(update={"status": ConnectionStatus.BROKEN})
    assert followed.connections.replace(broken, expected_version=known.version)
    assert followed.sync() == Synced("broken")


def test_a_mailbox_whose_provider_stops_notifying_is_watched_again_and_read(followed: Followed) -> None:
    message_id = followed.arrive()
    job = followed.notification().model_copy(update={"reason": SyncReason.UNWATCHED})
    assert followed.sync(job) == Synced("up to now", decided=1)
    place = followed.places.read(followed.connection)
    assert place.watched_until == followed.box.watched_until == followed.clock.now() + WATCHED_FOR
    assert followed.receipts.saved == [message_id]
    followed.box.unwatch()
    assert followed.sync() == Synced("up to now")
    assert followed.box.watched_until is None


@pytest.mark.parametrize(("error", "ended"), [(ConnectionBroken("gone"), "broken"), (Forbidden("scope"), "forbidden")])
def test_a_mailbox_that_refuses_is_not_tried_again_and_again(followed: Followed, error: Exception, ended: str) -> None:
    class Refusing(MemoryMailBox):
        def changes(self, cursor: str) -> Any:
            assert cursor
            raise error

    for _ in range(2):
        assert followed.sync(boxes=OneBox(Refusing(followed.clock))) == Synced(ended)
    # Of a consent that is gone the access tokens tell.
    told = [f"Please connect {followed.connection.name} again"] if ended == "forbidden" else []
    assert [news.title for news in followed.notifier.told.values()] == told


@given(st.data())
def test_notifications_may_be_dropped_doubled_delayed_and_reordered(data: st.DataObject) -> None:
    """Whatever happens to notifications and the provider: in the end each mail was decided once, or is told of."""
    followed = Followed()
    assert followed.sync() == Synced("up to now")
    waiting: list[int] = []
    arrived: list[str] = []
    for number in range(data.draw(st.integers(1, 8), label="steps")):
        match data.draw(st.sampled_from(["arrive", "deliver", "outage", "recover", "forget", "reconcile"])):
            case "arrive":
                arrived.append(followed.arrive(f"Number {number}"))
                waiting += [number] * data.draw(st.integers(0, 2), label="copies of its notification")
            case "deliver" if waiting:
                job = waiting.pop(data.draw(st.integers(0, len(waiting) - 1), label="which"))
                if not followed.tried(followed.notification(job)):
                    waiting.append(job)
            case "outage":
                data.draw(st.sampled_from([followed.provider, followed.store])).down = True
            case "recover":
                followed.provider.down = followed.store.down = False
            case "forget":
                followed.box.forget_changes() if not followed.provider.down else None
            case "reconcile":
                followed.reconcile()
        followed.clock.advance(60)
    followed.provider.down = followed.store.down = False
    undecided = set(arrived) - set(followed.receipts.saved)
    found = followed.reconcile()
    assert bool(found.behind) >= bool(undecided)
    # What waits behind a cursor that expired counts since the first look that met it.
    followed.clock.advance(60)
    followed.reconcile()
    assert not undecided or followed.meter.gauges[metric_names.OLDEST_UNDECIDED_MAIL] >= 60
    for requested in followed.queue.requested:
        assert followed.tried(requested)
    assert sorted(followed.receipts.saved) == sorted(arrived)
    assert sorted(message_id for _, message_id in followed.follow.told) == sorted(arrived)
    assert followed.reconcile().oldest_seconds == 0
