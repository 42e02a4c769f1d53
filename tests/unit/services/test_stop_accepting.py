"""Accepting that ends half-way, as where every call is slow until the time is over, and is repeated."""

from math import inf

import pytest

from assistant.domain.calendar.plan import Plan
from assistant.domain.effects.effect import EffectState
from assistant.domain.errors import Unavailable
from assistant.services.notify import NotifyPorts, PreferredNotifier
from assistant.services.propose_effects import ProposePorts
from tests.fakes.effects import MemoryEffectQueue, MemoryEffects
from tests.fakes.meetings import MemoryMeetings
from tests.fakes.notifications import MemoryDueIndex, MemoryDueQueue, MemoryNotifications
from tests.fakes.stores import MemoryPreferences, StopsAfter
from tests.unit.services.accepting import Accepting


def asking(stop: StopsAfter) -> tuple[Accepting, MemoryNotifications]:
    """A user with a plan of three changes whose stores and queues stop together, and what they are told."""
    user = Accepting()
    events = [user.add(title, organizer="ceo@company.com") for title in ("First", "Second", "Third")]
    user.plan(Plan(declined=frozenset(one.event_id for one in events)), *events)
    clock, due = user.desk.clock, MemoryDueIndex(stop)
    told, preferences = MemoryNotifications(clock, stop), MemoryPreferences(stop)
    meetings = MemoryMeetings(clock, stop)
    notifier = PreferredNotifier(NotifyPorts(told, due, MemoryDueQueue(stop), meetings, preferences, clock))
    user.desk.effects = MemoryEffects(clock, stop, due)
    user.desk.propose_ports = ProposePorts(user.desk.effects, MemoryEffectQueue(stop), preferences, notifier, clock)
    return user, told


def test_wherever_it_stops_accepting_again_asks_about_all_and_about_none_twice() -> None:
    many, ids = 100, ("1-1", "1-2", "1-3")
    whole = StopsAfter(many)
    user, _ = asking(whole)
    wanted = [one.effect_id for one in user.accept(*ids).asked]
    for calls in range(many - int(whole.left)):
        stop = StopsAfter(calls)
        user, told = asking(stop)
        with pytest.raises(Unavailable):
            user.accept(*ids)
        stop.left = inf
        again = user.accept(*ids).asked
        assert [(one.effect_id, one.state) for one in again] == [(one, EffectState.WAITING) for one in wanted]
        assert [record.version for record in user.desk.effects.records.values()] == [1, 1, 1]
        assert [one.version for one in told.kept.values()] == [1, 1, 1]
