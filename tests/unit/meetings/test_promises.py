"""What is open between the user and those who come."""

from assistant.domain.commitments.commitment import Direction
from assistant.domain.meetings.promises import open_commitments
from tests.unit.meetings.meetings import ALICE, KIM, evidence, mail

PROMISED = mail(1, "I will send you the hiring plan by Friday.")
ASKED = mail(2, "Could you please send me the travel budget by 20 January?")
OWN = mail(3, "I'll review the contract by tomorrow.", by="user@company.com", to=[KIM])
STRANGER = mail(4, "I will send you the agenda by Monday.", by="eve@evil.example")


def test_both_ways_the_first_due_first() -> None:
    found = open_commitments(evidence(PROMISED, ASKED, OWN, STRANGER, attendees=[ALICE, KIM]))
    assert [(one.direction, one.counterpart) for one in found] == [
        (Direction.MINE, "kim@client.example"),
        (Direction.THEIRS, "alice@company.com"),
        (Direction.MINE, "alice@company.com"),
    ]
    assert [one.due and one.due.day for one in found] == [14, 17, 20]


def test_what_is_said_twice_is_open_once() -> None:
    assert len(open_commitments(evidence(PROMISED, PROMISED | {"id": "again"}, attendees=[ALICE]))) == 1


def test_without_own_addresses_only_what_others_promise() -> None:
    found = open_commitments(evidence(PROMISED, ASKED, attendees=[ALICE], own_addresses=[]))
    assert [one.direction for one in found] == [Direction.THEIRS]
