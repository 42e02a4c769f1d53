"""Whatever happens to a calendar, to its provider and to the store: what is kept is what is there."""

from contextlib import suppress
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import Unavailable
from tests.fakes.stores import Outage
from tests.unit.services.followed_calendar import AN_HOUR, ANN, DAY, NOW, Followed


class Flaky(Outage):
    """Is down once, after some calls."""

    def __init__(self) -> None:
        super().__init__()
        self.down_after: int | None = None

    def check(self) -> None:
        super().check()
        if self.down_after is not None:
            self.down_after -= 1
            if self.down_after < 0:
                self.down_after = None
                raise Unavailable("down")


_HAPPENS = st.one_of(
    st.tuples(st.just("add"), st.integers(-20, 70), st.booleans()),
    st.tuples(st.sampled_from(["change", "move", "cancel"]), st.integers(0, 30), st.booleans()),
    st.tuples(st.sampled_from(["forget changes", "day passes"]), st.just(0), st.just(False)),
    st.tuples(st.just("notified"), st.integers(0, 12), st.booleans()),
)


def _happen(followed: Followed, flaky: Flaky, what: str, number: int, yes: bool) -> None:
    there = [one.event.event_id for one in followed.calendar.events(NOW - 200 * DAY, NOW + 200 * DAY)]
    if what == "add":
        followed.add(f"event {len(there)}", 24 * number, attendees=[ANN] if yes else [])
    elif what == "forget changes":
        followed.calendar.forget_changes()
    elif what == "day passes":
        followed.clock.advance(DAY.total_seconds())
    elif what == "notified":
        flaky.down_after = number if yes else None
        with suppress(Unavailable):
            followed.sync()
        flaky.down_after = None
    elif there:
        event_id = there[number % len(there)]
        if what == "change":
            followed.calendar.change(event_id, f"changed {number}")
        elif what == "move":
            start = NOW + number * DAY
            followed.calendar.reschedule(event_id, start, start + AN_HOUR)
        else:
            followed.calendar.cancel(event_id)


@given(st.lists(_HAPPENS, max_size=25), st.integers(1, 4))
def test_whatever_happens_and_breaks_what_is_kept_is_what_is_there(
    story: list[tuple[str, int, bool]], page_size: int
) -> None:
    flaky = Flaky()
    followed = Followed(provider=flaky, store=flaky)
    followed.calendar.page_size = page_size
    for what, number, yes in story:
        _happen(followed, flaky, what, number, yes)
    # The first may only end a reading that began before the last change; that change was told of too.
    for _ in range(2):
        followed.sync()
    place = followed.kept.read(followed.connection)
    assert place.since
    assert place.until
    there = {one.event.event_id: one.version for one in followed.calendar.events(place.since, place.until)}
    known = followed.kept.known(followed.connection.user_id, followed.connection.id)
    assert {event_id: one.version for event_id, one in known.items()} == there
    now = followed.clock.now()
    for one in followed.calendar.events(now, place.until):
        kept = followed.meeting(one.event.event_id)
        assert (kept is not None) == bool(one.event.attendees)
        assert kept is None or (kept.begins, kept.details.meeting_title) == (one.event.start, one.event.title)
    due = followed.meetings.due(since=now + timedelta(seconds=1), until=now + 200 * DAY)
    assert len(due) == sum(
        bool(one.event.attendees) and isinstance(one.event.start, datetime) and one.event.start > now
        for one in followed.calendar.events(now, place.until)
    )
