"""Use case: hand what is due to the queue that sends it, for all users."""

from dataclasses import dataclass

from assistant.ports.notifications import DueIndex, DueQueue
from assistant.ports.runtime import Clock
from assistant.services.notify import QUEUED_FOR

# A run hands over this many; what is left is first in the next.
MOST = 2_000


@dataclass(frozen=True, slots=True)
class ReleasePorts:
    """The ports releasing needs."""

    due: DueIndex
    queue: DueQueue
    clock: Clock


@dataclass(frozen=True, slots=True)
class Released:
    """What a run did: ``taken`` by another run meanwhile, ``left`` for the next one as time was over."""

    released: int = 0
    taken: int = 0
    left: int = 0


def release_due(*, seconds: float, ports: ReleasePorts) -> Released:
    """Hand over what is due, the oldest first, until ``seconds`` are over.

    Raises:
        Unavailable: the index or the queue is down; what was not handed over is due again in the next run but one.
    """
    until = ports.clock.monotonic() + seconds
    now = ports.clock.now()
    released = taken = 0
    places = ports.due.until(now, limit=MOST)
    for place in places:
        if ports.clock.monotonic() >= until:
            break
        if ports.due.claim(place, now=now, until=now + QUEUED_FOR):
            ports.queue.send(place)
            released += 1
        else:
            taken += 1
    return Released(released, taken, len(places) - released - taken)
