"""The ledger shows any change of the past."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.effect import KEPT_FOR, EffectState
from assistant.domain.effects.ledger import ENTRY_KEPT_FOR, LedgerEntry, LedgerEvent, LedgerHead
from assistant.services import show_effects as show
from assistant.services.propose_effects import propose_effects
from assistant.services.show_effects import Verification, VerifyQuery, verify_ledger
from assistant.services.undo_effects import UndoRequest, undo_effects
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, label


def verified(desk: Desk, after: int = 0) -> Verification:
    return verify_ledger(USER, VerifyQuery(after=after), CALLER, effects=desk.effects, clock=desk.clock)


def busy_desk() -> Desk:
    """Two mails labelled and archived, one of them undone: 16 entries and more."""
    desk = Desk()
    for _ in range(2):
        mail = desk.mail()
        effects = [desk.effect(mail, label("EA/Archive")), desk.effect(mail, ARCHIVE)]
        propose_effects(USER, effects, request_id="request1", ports=desk.propose_ports)
        desk.work()
        desk.clock.advance(60)
    undo_effects(USER, UndoRequest(effect_id=effects[1].id), CALLER, ports=desk.answer_ports)
    desk.work()
    return desk


def test_what_happened_stands_in_order() -> None:
    desk = busy_desk()
    last = desk.effects.ledgers[USER][-4:]
    events = [LedgerEvent.DONE, LedgerEvent.UNDO_ASKED, LedgerEvent.UNDO_STARTED, LedgerEvent.UNDONE]
    assert [entry.event for entry in last] == events
    assert [entry.number for entry in desk.effects.ledgers[USER]] == list(range(1, 16))


def test_an_untouched_ledger_is_intact() -> None:
    answer = verified(busy_desk())
    assert (answer.intact, answer.problems, answer.first, answer.last, answer.next_after) == (True, (), 1, 15, None)
    assert answer.head.number == 15


def test_an_empty_ledger_is_intact() -> None:
    answer = verified(Desk())
    assert (answer.intact, answer.last, answer.head) == (True, 0, LedgerHead())


FIELDS: dict[str, Callable[[LedgerEntry], Any]] = {
    "effect_id": lambda entry: "0" * len(entry.effect_id),
    "event": lambda entry: LedgerEvent.REJECTED if entry.event is LedgerEvent.DONE else LedgerEvent.DONE,
    "version": lambda entry: entry.version + 1,
    "at": lambda entry: entry.at + timedelta(seconds=1),
    "record_hash": lambda entry: entry.record_hash[::-1],
    "record_expires_at": lambda entry: entry.record_expires_at - timedelta(days=90),
    "previous": lambda entry: LedgerHead(number=entry.number - 1, hash="0" * 64, at=entry.at),
    "hash": lambda _: "0" * 64,
    "number": lambda entry: entry.number + 100,
    "user_id": lambda _: "user2",
}


def test_every_field_of_an_entry_is_tampered_with() -> None:
    assert set(FIELDS) == set(LedgerEntry.model_fields)


@given(place=st.integers(0, 14), field=st.sampled_from(sorted(FIELDS)))
def test_a_changed_entry_shows(place: int, field: str) -> None:
    desk = busy_desk()
    ledger = desk.effects.ledgers[USER]
    ledger[place] = ledger[place].model_copy(update={field: FIELDS[field](ledger[place])})
    assert not verified(desk).intact


@given(place=st.integers(0, 14))
def test_a_removed_entry_shows(place: int) -> None:
    desk = busy_desk()
    del desk.effects.ledgers[USER][place]
    assert not verified(desk).intact


@given(first=st.integers(0, 14), second=st.integers(0, 14))
def test_exchanged_entries_show(first: int, second: int) -> None:
    desk = busy_desk()
    ledger = desk.effects.ledgers[USER]
    ledger[first], ledger[second] = ledger[second], ledger[first]
    assert verified(desk).intact is (first == second)


def test_a_shortened_ledger_shows() -> None:
    desk = busy_desk()
    del desk.effects.ledgers[USER][:]
    assert verified(desk).problems == ("The ledger does not end where its head says.",)


@pytest.mark.parametrize(
    "update",
    [{"state": EffectState.REJECTED}, {"before": None}, {"ruling": "I was asked to."}, {"problem": "None of mine."}],
)
def test_a_changed_effect_shows(update: dict[str, Any]) -> None:
    desk = busy_desk()
    key, record = next(iter(desk.effects.records.items()))
    desk.effects.records[key] = record.model_copy(update=update)
    assert verified(desk).problems == (f"Effect {record.id} was changed.",)


def test_an_effect_put_back_to_an_older_version_shows() -> None:
    desk = busy_desk()
    key, record = next(iter(desk.effects.records.items()))
    desk.effects.records[key] = record.model_copy(update={"version": record.version - 1})
    assert verified(desk).problems == (f"Effect {record.id} was changed.",)


def test_a_changed_action_shows() -> None:
    desk = busy_desk()
    key, record = next(iter(desk.effects.records.items()))
    other = record.effect.model_copy(update={"action": label("Other")})
    desk.effects.records[key] = record.model_copy(update={"effect": other})
    assert verified(desk).problems == (f"Effect {key[1]} was changed.",)


def test_a_removed_effect_shows_until_it_would_be_forgotten() -> None:
    desk = busy_desk()
    (_, effect_id) = next(iter(desk.effects.records))
    del desk.effects.records[USER, effect_id]
    assert verified(desk).problems == (f"Effect {effect_id} is missing.",)
    desk.clock.advance(KEPT_FOR.total_seconds())
    assert verified(desk).intact


def test_what_is_forgotten_of_age_is_not_missed() -> None:
    desk = busy_desk()
    desk.clock.advance(ENTRY_KEPT_FOR.total_seconds() - 90)
    answer = verified(desk)
    assert (answer.intact, answer.first) == (True, 7)
    del desk.effects.ledgers[USER][6]
    assert verified(desk).problems == ("Entry 7 is missing.",)
    desk.clock.advance(90)
    assert verified(desk).intact


def test_a_long_ledger_is_verified_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "_MOST_VERIFIED", 4)
    desk = busy_desk()
    after = 0
    seen: list[int] = []
    while True:
        answer = verified(desk, after)
        assert answer.intact
        seen += range(answer.first, answer.last + 1)
        if answer.next_after is None:
            break
        after = answer.next_after
    assert seen == list(range(1, 16))
    ledger = desk.effects.ledgers[USER]
    ledger[8] = ledger[8].model_copy(update={"version": 99})
    assert [verified(desk, after).intact for after in (0, 4, 8, 12)] == [True, True, False, True]
