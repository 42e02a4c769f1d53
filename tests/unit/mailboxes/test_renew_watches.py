"""Notifications are renewed in time."""

import pytest

from assistant.domain.connections import Connection
from assistant.domain.errors import Forbidden
from assistant.services.renew_watches import Renewed
from assistant.services.sync_mailbox import Synced
from tests.fakes.accounts import MICROSOFT
from tests.fakes.connections import google_connection
from tests.fakes.mailbox import WATCHED_FOR, MemoryMailBox, MemoryMailBoxes
from tests.unit.mailboxes.followed import Followed


@pytest.fixture
def followed() -> Followed:
    found = Followed()
    assert found.sync() == Synced("up to now")
    return found


class TestRenewal:
    def test_a_watch_is_renewed_long_before_it_ends(self, followed: Followed) -> None:
        for _ in range(10):
            assert followed.renew() == Renewed(watched=1)
            assert followed.places.read(followed.connection).watched_until == followed.clock.now() + WATCHED_FOR
            assert followed.reconcile().watch_left_seconds == WATCHED_FOR.total_seconds()
            followed.clock.advance(86_400)

    def test_a_renewal_keeps_the_cursor(self, followed: Followed) -> None:
        before = followed.places.read(followed.connection).cursor
        followed.renew()
        assert followed.places.read(followed.connection).cursor == before

    def test_the_time_left_falls_while_renewals_fail(self, followed: Followed) -> None:
        followed.renew()
        followed.provider.down = True
        for day in (1, 2, 6, 8):
            followed.clock.advance(86_400 * day - followed.clock.monotonic())
            assert followed.renew() == Renewed(failed=1)
            assert followed.reconcile().watch_left_seconds == max(0, 7 - day) * 86_400

    def test_a_mailbox_that_was_never_watched_has_no_time_left(self, followed: Followed) -> None:
        followed.provider.down = True
        followed.renew()
        assert followed.reconcile().watch_left_seconds == 0

    def test_a_provider_without_notifications_raises_no_alarm(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MemoryMailBox, "watch", lambda _: None)
        assert followed.renew() == Renewed(unwatched=1)
        assert followed.reconcile().watch_left_seconds is None

    def test_one_mailbox_keeps_no_other_from_its_renewal(
        self, followed: Followed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = google_connection("user456", "other@example.com")
        followed.connections.replace(other, expected_version=0)
        opened = MemoryMailBoxes.open

        def refusing(boxes: MemoryMailBoxes, connection: Connection) -> MemoryMailBox:
            if connection.user_id == "user123":
                raise Forbidden("scope")
            return opened(boxes, connection)

        monkeypatch.setattr(MemoryMailBoxes, "open", refusing)
        assert followed.renew() == Renewed(watched=1, failed=1)

    def test_only_accounts_that_are_open_for_mail_are_watched(self, followed: Followed) -> None:
        for connection in (
            google_connection("user456").model_copy(update={"scopes": frozenset({"openid"})}),
            MICROSOFT,
            MICROSOFT.model_copy(update={"user_id": "user456", "scopes": frozenset({"Calendars.ReadWrite"})}),
        ):
            followed.connections.replace(connection, expected_version=0)
        assert followed.renew() == Renewed(watched=2)

    def test_what_there_is_no_time_for_is_left(self, followed: Followed) -> None:
        followed.seconds = 1
        assert followed.renew() == Renewed(left=1)
