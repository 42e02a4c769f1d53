"""When a user may be disturbed, on every day of the year in every zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.notification_times import (
    Period,
    briefing_day,
    briefing_time,
    digest_time,
    is_off,
    sending_time,
    whole_day,
)
from assistant.domain.notifications import Urgency
from assistant.domain.preferences import DailyBriefing, Preferences, QuietHours, WorkingHours

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Sao_Paulo")


def preferences(zone: str = "Europe/Berlin", **sections: Any) -> Preferences:
    return Preferences(working_hours=WorkingHours(timezone=zone), **sections)


def local(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2025, month, day, hour, minute, tzinfo=BERLIN)


def sent(
    urgency: Urgency, now: datetime, *meetings: tuple[datetime, datetime], not_after: datetime | None = None, **s: Any
) -> datetime | None:
    return sending_time(urgency, now, preferences(**s), [Period(*one) for one in meetings], not_after)


# Wednesday 15 January 2025.
@pytest.mark.parametrize(
    ("urgency", "now", "expected"),
    [
        (Urgency.URGENT, local(15, 10), local(15, 10)),
        (Urgency.URGENT, local(15, 18), local(15, 18)),
        (Urgency.URGENT, local(15, 20), local(16, 7)),
        (Urgency.URGENT, local(16, 6, 59), local(16, 7)),
        (Urgency.URGENT, local(18, 12), local(18, 12)),
        (Urgency.IMPORTANT, local(15, 10), local(15, 10)),
        (Urgency.IMPORTANT, local(15, 8, 59), local(15, 9)),
        (Urgency.IMPORTANT, local(15, 17), local(16, 9)),
        (Urgency.IMPORTANT, local(17, 17), local(20, 9)),
        (Urgency.ROUTINE, local(15, 10), local(15, 16, 30)),
        (Urgency.ROUTINE, local(15, 16, 30), local(16, 16, 30)),
        (Urgency.ROUTINE, local(17, 20), local(20, 16, 30)),
    ],
)
def test_each_urgency_waits_for_its_time(urgency: Urgency, now: datetime, expected: datetime) -> None:
    assert sent(urgency, now) == expected


def test_a_chain_of_meetings_is_waited_for_and_a_day_out_is_none() -> None:
    chain = [(local(15, 10), local(15, 11)), (local(15, 11), local(15, 11, 30))]
    assert sent(Urgency.URGENT, local(15, 10, 15), *chain) == local(15, 11, 30)
    assert sent(Urgency.IMPORTANT, local(15, 9, 59), *chain) == local(15, 9, 59)
    assert sent(Urgency.IMPORTANT, local(15, 10), (local(15, 9), local(15, 16))) == local(15, 10)
    # The meeting ends after work.
    assert sent(Urgency.IMPORTANT, local(15, 16), (local(15, 15), local(15, 18))) == local(16, 9)


def test_urgent_messages_interrupt_who_wants_it() -> None:
    interrupted = QuietHours(urgent_interrupts=True)
    meeting = (local(15, 22), local(15, 23))
    assert sent(Urgency.URGENT, local(15, 22), meeting, quiet_hours=interrupted) == local(15, 22)
    assert sent(Urgency.IMPORTANT, local(15, 22), meeting, quiet_hours=interrupted) == local(16, 9)


def test_quiet_hours_have_a_zone_of_their_own_and_an_end_on_the_same_day() -> None:
    tokyo = QuietHours(timezone="Asia/Tokyo", start=time(13), end=time(15))
    assert sent(Urgency.URGENT, local(15, 5), quiet_hours=tokyo) == local(15, 7)
    assert sent(Urgency.URGENT, local(15, 3, 59), quiet_hours=tokyo) == local(15, 3, 59)
    assert sent(Urgency.URGENT, local(15, 5), quiet_hours=QuietHours(enabled=False)) == local(15, 5)


def test_what_would_come_too_late_is_held_by_quiet_hours_alone() -> None:
    in_a_meeting = (local(15, 10), local(15, 11))
    assert sent(Urgency.IMPORTANT, local(15, 10), in_a_meeting, not_after=local(15, 11)) == local(15, 11)
    assert sent(Urgency.IMPORTANT, local(15, 10), in_a_meeting, not_after=local(15, 10, 30)) == local(15, 10)
    assert sent(Urgency.IMPORTANT, local(15, 6), not_after=local(15, 8)) == local(15, 7)
    assert sent(Urgency.IMPORTANT, local(15, 5), not_after=local(15, 6)) is None


def test_nights_have_the_hours_the_clocks_give_them() -> None:
    # Berlin skips 2:00 on 30 March and has it twice on 26 October 2025.
    skipped = QuietHours(start=time(1), end=time(2, 30))
    at = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)
    assert sent(Urgency.URGENT, at, quiet_hours=skipped) == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)
    at = datetime(2025, 10, 26, 0, 15, tzinfo=UTC)
    assert sent(Urgency.URGENT, at, quiet_hours=skipped) == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert whole_day(date(2025, 3, 30), BERLIN).end - whole_day(date(2025, 3, 30), BERLIN).start == timedelta(hours=23)


def test_a_briefing_comes_at_the_same_time_of_the_clock_all_year() -> None:
    friday = datetime(2025, 3, 28, 8, tzinfo=UTC)
    assert briefing_time(friday, preferences()) == datetime(2025, 3, 31, 5, 30, tzinfo=UTC)
    assert briefing_time(friday - timedelta(days=7), preferences()) == datetime(2025, 3, 24, 6, 30, tzinfo=UTC)
    assert briefing_day(friday, preferences()) == (date(2025, 3, 28), datetime(2025, 3, 28, 6, 30, tzinfo=UTC))
    assert briefing_day(datetime(2025, 3, 29, 8, tzinfo=UTC), preferences()) is None


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 bounds
CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS, CLOCKS, st.sampled_from((Urgency.URGENT, Urgency.IMPORTANT)))
def test_nobody_is_sent_anything_in_quiet_hours(
    now: datetime, zone: str, start: time, end: time, urgency: Urgency
) -> None:
    if start == end:
        return
    wanted = preferences(zone, quiet_hours=QuietHours(start=start, end=end))
    at = sending_time(urgency, now, wanted, [], None)
    assert at is not None
    assert now <= at <= now + timedelta(days=9)
    again = sending_time(urgency, at, wanted, [], None)
    assert again == at
    clock = at.astimezone(ZoneInfo(zone)).time()
    within = start <= clock < end if start < end else clock >= start or clock < end
    # Where a change of the clocks skips or repeats the end, the wall shows the hour of quiet once more.
    offsets = {(at + timedelta(hours=h)).astimezone(ZoneInfo(zone)).utcoffset() for h in (-3, 0, 3)}
    assert not within or len(offsets) > 1


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS)
def test_every_working_day_has_one_briefing(now: datetime, zone: str, clock: time) -> None:
    wanted = preferences(zone, daily_briefing=DailyBriefing(time=clock))
    first = briefing_time(now, wanted)
    days = []
    at = first
    for _ in range(10):
        found = briefing_day(at, wanted)
        assert found is not None
        assert found[1] == at
        days.append(found[0])
        at = briefing_time(at, wanted)
    assert len(set(days)) == 10
    assert not any(is_off(day) for day in days)
    assert days[5] - days[0] == timedelta(days=7)
    assert digest_time(now, wanted) > now
