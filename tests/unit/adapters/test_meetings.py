"""Meetings, briefings and notifications are kept alike in memory and on DynamoDB."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.adapters.dynamo import Table, user_partition
from assistant.adapters.dynamo_derived_briefings import DynamoDerivedBriefings
from assistant.adapters.dynamo_meetings import DynamoBriefings, DynamoMeetings
from assistant.domain.errors import Unavailable
from assistant.domain.meetings.basis import BriefingBasis
from assistant.domain.meetings.briefing import Writer
from assistant.domain.meetings.document import PreparedMeeting
from assistant.domain.meetings.keeping import KEPT_FOR, KeptBriefing, KeptMeeting, due
from assistant.domain.meetings.request import MeetingDetails
from assistant.ports.meetings import BriefingStore, MeetingStore
from tests.fakes.meetings import MemoryBriefings, MemoryMeetings
from tests.fakes.runtime import ManualClock
from tests.unit.meetings.meetings import details, mail

BEGINS = datetime(2025, 1, 15, 10, 30, tzinfo=UTC)
LEASE = timedelta(minutes=6)


def meeting(
    version: int = 1, *, begins: datetime = BEGINS, user: str = "user123", name: str = "meet123"
) -> KeptMeeting:
    given = details(scheduled_time=begins.isoformat(), documents=[mail(1, "The plan is ready.")])
    return KeptMeeting(user_id=user, meeting_id=name, version=version, begins=begins, details=given)


def briefing(version: int = 1) -> KeptBriefing:
    parts = ("key_points", "attendee_research", "suggested_agenda", "preparation_checklist", "open_commitments")
    empty: dict[str, Any] = dict.fromkeys((*parts, "questions", "citations"), ())
    prepared = PreparedMeeting(**empty, briefing_document="# Plan\n", decided_by=Writer.CORE)
    return KeptBriefing(
        user_id="user123", meeting_id="meet123", version=version, begins=BEGINS, prepared_at=BEGINS, prepared=prepared
    )


@pytest.fixture(params=["fake", "dynamodb"])
def meetings(request: pytest.FixtureRequest, clock: ManualClock) -> MeetingStore:
    return MemoryMeetings(clock) if request.param == "fake" else DynamoMeetings(request.getfixturevalue("table"), clock)


@pytest.fixture(params=["fake", "dynamodb"])
def briefings(request: pytest.FixtureRequest, clock: ManualClock) -> BriefingStore:
    return MemoryBriefings() if request.param == "fake" else DynamoBriefings(request.getfixturevalue("table"), clock)


def soon(meetings: MeetingStore) -> list[tuple[str, int]]:
    hour = timedelta(hours=1)
    return [(one.meeting_id, one.version) for one in meetings.due(since=BEGINS - hour, until=BEGINS + hour)]


class TestMeetings:
    def test_a_meeting_is_found_as_it_was_kept(self, meetings: MeetingStore) -> None:
        assert meetings.replace(meeting(), earlier=None, is_due=True)
        assert meetings.read("user123", "meet123") == meeting()
        assert meetings.read("user1234", "meet123") is None
        assert soon(meetings) == [("meet123", 1)]

    def test_one_of_two_changes_holds(self, meetings: MeetingStore) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        assert not meetings.replace(meeting(), earlier=None, is_due=True)
        assert meetings.replace(meeting(2), earlier=meeting(), is_due=True)
        assert not meetings.replace(meeting(2), earlier=meeting(), is_due=True)
        assert soon(meetings) == [("meet123", 2)]

    @pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=1), timedelta(days=2)])
    def test_a_moved_meeting_is_due_at_its_new_time_only(self, meetings: MeetingStore, later: timedelta) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        moved = meeting(2, begins=BEGINS + later)
        assert meetings.replace(moved, earlier=meeting(), is_due=True)
        assert [one.version for one in meetings.due(since=BEGINS, until=BEGINS + timedelta(days=3))] == [2]
        page, _ = meetings.page("user123", since=BEGINS, until=BEGINS + timedelta(days=3), after=None, limit=10)
        assert [one.begins_at for one in page] == [moved.begins]

    def test_a_meeting_moved_into_the_past_is_not_due(self, meetings: MeetingStore) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        meetings.replace(meeting(2, begins=BEGINS - timedelta(minutes=40)), earlier=meeting(), is_due=False)
        assert soon(meetings) == []

    def test_the_due_come_first_first_from_every_hour_of_the_time(self, meetings: MeetingStore) -> None:
        for minutes in (45, -20, 10, 61, -61):
            begins = BEGINS + timedelta(minutes=minutes)
            meetings.replace(meeting(begins=begins, name=str(minutes)), earlier=None, is_due=True)
        meetings.replace(meeting(user="user456", name="other"), earlier=None, is_due=True)
        assert soon(meetings) == [("-20", 1), ("other", 1), ("10", 1), ("45", 1)]

    def test_one_takes_a_meeting_until_the_time_is_over(self, meetings: MeetingStore, clock: ManualClock) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        place, now = due(meeting()), clock.now()
        assert meetings.claim(place, now=now, until=now + LEASE)
        assert not meetings.claim(place, now=now + LEASE / 2, until=now + LEASE)
        assert meetings.claim(place, now=now + LEASE, until=now + 2 * LEASE)

    def test_a_change_frees_a_meeting_and_is_not_undone(self, meetings: MeetingStore, clock: ManualClock) -> None:
        now = clock.now()
        meetings.replace(meeting(), earlier=None, is_due=True)
        meetings.claim(due(meeting()), now=now, until=now + LEASE)
        meetings.replace(meeting(2), earlier=meeting(), is_due=True)
        assert not meetings.claim(due(meeting()), now=now + LEASE, until=now + 2 * LEASE)
        meetings.done(due(meeting()))
        assert soon(meetings) == [("meet123", 2)]
        assert meetings.claim(due(meeting(2)), now=now, until=now + LEASE)
        meetings.done(due(meeting(2)))
        assert soon(meetings) == []
        meetings.done(due(meeting(2)))

    def test_a_forgotten_meeting_leaves_nothing(self, meetings: MeetingStore) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        assert not meetings.delete(meeting(2))
        assert meetings.delete(meeting())
        assert meetings.read("user123", "meet123") is None
        assert soon(meetings) == []
        day = timedelta(days=1)
        assert meetings.page("user123", since=BEGINS - day, until=BEGINS + day, after=None, limit=10) == ([], None)
        assert meetings.replace(meeting(), earlier=None, is_due=True)

    def test_pages_go_on_where_the_last_ended(self, meetings: MeetingStore) -> None:
        for number in range(5):
            begins = BEGINS + timedelta(minutes=number // 2)
            meetings.replace(meeting(begins=begins, name=f"m{number}"), earlier=None, is_due=True)
        found: list[str] = []
        after: str | None = None
        for _ in range(3):
            page, after = meetings.page(
                "user123", since=BEGINS, until=BEGINS + timedelta(hours=1), after=after, limit=2
            )
            found += [one.meeting_id for one in page]
        assert (found, after) == (["m0", "m1", "m2", "m3", "m4"], None)
        page, after = meetings.page("user123", since=BEGINS, until=BEGINS + timedelta(minutes=1), after=None, limit=2)
        assert ([one.meeting_id for one in page], after) == (["m0", "m1"], None)

    def test_meetings_are_forgotten_after_90_days(self, meetings: MeetingStore, clock: ManualClock) -> None:
        meetings.replace(meeting(), earlier=None, is_due=True)
        clock.advance((BEGINS - clock.now() + KEPT_FOR).total_seconds())
        assert meetings.read("user123", "meet123") is None
        assert meetings.replace(meeting(), earlier=None, is_due=False)


class TestBriefings:
    def test_only_a_newer_version_replaces(self, briefings: BriefingStore) -> None:
        assert briefings.find("user123", "meet123") is None
        assert briefings.keep(briefing(2)) == briefing(2)
        again = briefing(2).model_copy(update={"prepared_at": BEGINS + timedelta(minutes=1)})
        assert briefings.keep(again) == briefing(2)
        assert briefings.keep(briefing(1)) == briefing(2)
        assert briefings.keep(briefing(3)) == briefing(3)
        assert briefings.find("user123", "meet123") == briefing(3)
        assert briefings.find("user456", "meet123") is None

    def test_a_version_is_removed(self, briefings: BriefingStore) -> None:
        briefings.keep(briefing(2))
        briefings.remove(briefing(1))
        assert briefings.find("user123", "meet123") == briefing(2)
        for _ in range(2):
            briefings.remove(briefing(2))
            assert briefings.find("user123", "meet123") is None


def test_a_meeting_larger_than_an_item_does_not_fit(table: Table, clock: ManualClock) -> None:
    meetings = DynamoMeetings(table, clock)
    # What does not compress.
    texts = [mail(n, "".join(chr(0x4E00 + (n * 7919 + k * k) % 20_000) for k in range(9_000))) for n in range(60)]
    large = meeting().model_copy(update={"details": details(documents=texts)})
    assert meetings.fits(meeting())
    assert not meetings.fits(large)


def test_what_this_version_cannot_read_is_unknown(table: Table, clock: ManualClock) -> None:
    import zlib  # noqa: PLC0415 only here

    meetings, briefings = DynamoMeetings(table, clock), DynamoBriefings(table, clock)
    meetings.replace(meeting(), earlier=None, is_due=True)
    briefings.keep(briefing())
    for key, name in (("MEETING#meet123", "meeting"), ("BRIEFING#meet123", "briefing")):
        item = table.get(user_partition("user123"), key)
        assert item
        table.batch_put([item | {name: zlib.compress(b'{"shape": "of another year"}')}])
    assert meetings.read("user123", "meet123") is None
    assert briefings.find("user123", "meet123") is None
    # Nobody knows whether it cites what is to be forgotten.
    assert DynamoDerivedBriefings(table, clock).forget("user123", lambda _: False, again=lambda _: False) == 1
    assert table.get(user_partition("user123"), "BRIEFING#meet123") is None


@pytest.mark.parametrize("many", [24, 25, 51])
def test_briefings_are_forgotten_page_by_page(table: Table, clock: ManualClock, many: int) -> None:
    briefings = DynamoBriefings(table, clock)
    for number in range(many):
        briefings.keep(briefing().model_copy(update={"meeting_id": f"m{number:02}"}))
    seen: list[BriefingBasis] = []

    def last(basis: BriefingBasis) -> bool:
        seen.append(basis)
        return len(seen) == many

    assert DynamoDerivedBriefings(table, clock).forget("user123", last, again=lambda _: False) == 1
    assert len(seen) == many
    assert briefings.find("user123", f"m{many - 1}") is None
    assert briefings.find("user123", "m00") == briefing().model_copy(update={"meeting_id": "m00"})
    assert DynamoDerivedBriefings(table, clock).forget("user1234", lambda _: True, again=lambda _: False) == 0


def test_a_briefing_that_takes_the_place_of_one_stays(table: Table, clock: ManualClock) -> None:
    briefings = DynamoBriefings(table, clock)
    briefings.keep(briefing(1))

    def replaced(_: BriefingBasis) -> bool:
        briefings.keep(briefing(2))
        return True

    assert DynamoDerivedBriefings(table, clock).forget("user123", replaced, again=lambda _: False) == 0
    assert briefings.find("user123", "meet123") == briefing(2)


def test_a_meeting_to_prepare_again_is_back_in_the_index(table: Table, clock: ManualClock) -> None:
    meetings, briefings = DynamoMeetings(table, clock), DynamoBriefings(table, clock)
    derived = DynamoDerivedBriefings(table, clock)
    meetings.replace(meeting(), earlier=None, is_due=True)
    place = due(meeting())
    for is_there in (False, True):
        if not is_there:
            meetings.done(place)
        briefings.keep(briefing())
        assert derived.forget("user123", lambda _: True, again=lambda _: True) == 1
        assert briefings.find("user123", "meet123") is None
        assert meetings.due(since=place.begins, until=place.begins) == [place]


def test_what_is_kept_has_no_readable_words(table: Table, clock: ManualClock) -> None:
    DynamoMeetings(table, clock).replace(meeting(), earlier=None, is_due=True)
    item = table.get("DUE#2025-01-15T10", "AT#2025-01-15T10:30:00#user123#meet123")
    assert item
    assert set(item) == {"pk", "sk", "user_id", "meeting_id", "version", "begins", "expires_at"}


def test_a_missing_table_is_unavailable(missing_table: Table, clock: ManualClock) -> None:
    meetings, briefings = DynamoMeetings(missing_table, clock), DynamoBriefings(missing_table, clock)
    now = clock.now()
    calls: list[Callable[[], object]] = [
        lambda: meetings.read("user123", "meet123"),
        lambda: meetings.replace(meeting(), earlier=None, is_due=True),
        lambda: meetings.due(since=now, until=now),
        lambda: meetings.claim(due(meeting()), now=now, until=now),
        lambda: meetings.done(due(meeting())),
        lambda: briefings.keep(briefing()),
        lambda: briefings.remove(briefing()),
        lambda: DynamoDerivedBriefings(missing_table, clock).forget("user123", lambda _: True, again=lambda _: False),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()


def test_details_are_kept_whole() -> None:
    kept = meeting()
    assert MeetingDetails.model_validate_json(kept.details.model_dump_json(by_alias=True)) == kept.details
