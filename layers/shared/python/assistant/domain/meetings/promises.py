"""What is open between the user and those who come, as documents say it."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from assistant.domain.commitments.commitment import Commitment, Direction
from assistant.domain.commitments.mining import find_commitments
from assistant.domain.meetings.evidence import Evidence
from assistant.domain.sources import SourceKind

MOST: Final = 10
# Documents that are looked through, of those that attendees or the user wrote: the best.
_MOST_MINED: Final = 8
_SPOKEN: Final = frozenset({SourceKind.MAIL, SourceKind.MESSAGE})


def open_commitments(evidence: Evidence) -> tuple[Commitment, ...]:
    """Return what attendees and user promised or asked of each other, the first due first, without a date last.

    Without addresses of the user nobody can tell what is theirs to do: then only what attendees promise is listed.
    """
    invited = frozenset(box.address for box in evidence.meeting.people) - evidence.own
    found = {
        (one.counterpart, one.text.casefold()): one
        for one in _mined(evidence, invited)
        if one.counterpart in invited and (evidence.own or one.direction is Direction.THEIRS)
    }
    ordered = sorted(found.values(), key=lambda one: (one.due is None, one.due or evidence.begins, -one.confidence))
    return tuple(ordered[:MOST])


def _mined(evidence: Evidence, invited: frozenset[str]) -> Iterator[Commitment]:
    speakers = invited | evidence.own
    spoken = (one.document for one in evidence.documents if one.author and one.author.address in speakers)
    for document in islice((one for one in spoken if one.kind in _SPOKEN), _MOST_MINED):
        yield from find_commitments(document, own=evidence.own, zone=evidence.zone)
