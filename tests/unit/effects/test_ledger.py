"""The ledger shows any change of the past."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.effects.effect import KEPT_FOR, Approval, EffectRecord, EffectState, proposed
from assistant.domain.effects.ledger import ENTRY_KEPT_FOR, EffectChange, LedgerEntry, LedgerEvent, LedgerHead
from assistant.domain.errors import InvalidRequest
from assistant.domain.preferences import Permission
from assistant.services import verify_ledger as verify
from assistant.services.propose_effects import propose_effects
from assistant.services.undo_effects import UndoRequest, undo_effects
from assistant.services.verify_ledger import Verification, VerifyQuery, verify_ledger
from tests.fakes.effects import ARCHIVE, CALLER, USER, Desk, MemoryEffects, label
from tests.fakes.runtime import ManualClock


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


@pytest.mark.parametrize("after", [16, 10**21])
def test_verifying_goes_on_in_the_ledger_only(after: int) -> None:
    desk = busy_desk()
    assert verified(desk, 15).intact
    with pytest.raises(InvalidRequest) as refused:
        verified(desk, after)
    assert [error.field for error in refused.value.errors] == ["after"]


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
    assert verified(desk).problems[0] == "The ledger does not end where its head says."


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
    other_id = desk.effects.records[key].id
    assert verified(desk).problems == (f"Effect {other_id} is in no entry.", f"Effect {key[1]} was changed.")


def changed_with_its_version(desk: Desk) -> str:
    """Give an effect another action under its id and a version of its own, as if it had gone on."""
    key, record = next(iter(desk.effects.records.items()))
    update = {"version": record.version + 1, "approval": Approval(action_hash="0" * 64, at=desk.clock.now())}
    desk.effects.records[key] = record.model_copy(update=update)
    return record.id


def test_a_changed_effect_of_a_higher_version_shows() -> None:
    desk = busy_desk()
    changed = changed_with_its_version(desk)
    assert verified(desk).problems == (f"Effect {changed} was changed.",)


def test_a_changed_effect_of_a_higher_version_shows_in_each_part_that_speaks_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verify, "_MOST_VERIFIED", 4)
    desk = busy_desk()
    changed = changed_with_its_version(desk)
    ledger = desk.effects.ledgers[USER]
    spoken_of = [any(entry.effect_id == changed for entry in ledger[after : after + 4]) for after in (0, 4, 8, 12)]
    assert [not verified(desk, after).intact for after in (0, 4, 8, 12)] == spoken_of != [False] * 4


def added(desk: Desk, **update: Any) -> EffectRecord:
    """Keep an effect of which the ledger knows nothing."""
    record = next(iter(desk.effects.records.values()))
    effect = record.effect.again("never proposed").model_copy(update=update)
    forged = record.model_copy(update={"effect": effect})
    desk.effects.records[USER, forged.id] = forged
    return forged


def test_an_added_effect_shows() -> None:
    desk = busy_desk()
    forged = added(desk)
    assert verified(desk).problems == (f"Effect {forged.id} is in no entry.",)


def test_an_added_effect_shows_in_an_empty_ledger() -> None:
    desk = Desk()
    desk.effects.records = busy_desk().effects.records
    assert len(verified(desk).problems) == 4


@given(seconds=st.integers(-120, 120))
def test_an_added_effect_shows_in_some_part_whenever_it_says_it_was_proposed(seconds: int) -> None:
    desk = busy_desk()
    added(desk, proposed_at=desk.clock.now() + timedelta(seconds=seconds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_MOST_VERIFIED", 4)
        assert not all(verified(desk, after).intact for after in (0, 4, 8, 12))


class GoingOn(MemoryEffects):
    """The worker goes on whenever something is read."""

    going_on: Callable[[], None] | None = None

    def find(self, user_id: str, effect_ids: Collection[str]) -> Mapping[str, EffectRecord]:
        if goes_on := self.going_on:
            self.going_on = None
            goes_on()
            self.going_on = goes_on
        return super().find(user_id, effect_ids)


@pytest.mark.parametrize("most", [4, 2_000])
def test_what_goes_on_meanwhile_is_no_problem(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(verify, "_MOST_VERIFIED", most)
    desk = busy_desk()
    store = GoingOn(desk.clock)
    store.records, store.ledgers, store.heads = desk.effects.records, desk.effects.ledgers, desk.effects.heads
    desk.effects = store

    def goes_on() -> None:
        for (_, name), record in list(store.records.items())[:2]:
            following = record.changed(desk.clock.now())
            assert store.commit(USER, [EffectChange(following, LedgerEvent.DONE)]), name
        new = proposed(desk.effect(f"m{len(store.records)}", ARCHIVE), Permission.ASK, "why")
        assert store.commit(USER, [EffectChange(new, LedgerEvent.PROPOSED)])

    store.going_on = goes_on
    after: int | None = 0
    while after is not None:
        answer = verified(desk, after)
        assert answer.problems == ()
        store.going_on = None if after >= 40 else goes_on
        after = answer.next_after


def test_an_effect_proposed_again_when_it_is_forgotten_is_another() -> None:
    desk = busy_desk()
    effect = next(iter(desk.effects.records.values())).effect
    desk.clock.advance(KEPT_FOR.total_seconds())
    again = effect.model_copy(update={"proposed_at": desk.clock.now()})
    propose_effects(USER, [again], request_id="request2", ports=desk.propose_ports)
    assert verified(desk).intact
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_MOST_VERIFIED", 4)
        assert all(verified(desk, after).intact for after in (0, 4, 8, 12))


def test_an_effect_is_forgotten_in_its_second() -> None:
    desk = Desk(ManualClock(datetime(2025, 1, 15, 10, 0, 0, 700_000, tzinfo=UTC)))
    propose_effects(USER, [desk.effect(desk.mail(), ARCHIVE)], request_id="request1", ports=desk.propose_ports)
    desk.effects.records.clear()
    desk.clock.advance(KEPT_FOR.total_seconds() - 0.8)
    assert not verified(desk).intact
    desk.clock.advance(0.1)
    assert verified(desk).intact


def test_an_effect_proposed_long_before_its_entry_is_found() -> None:
    desk = Desk()
    early = desk.effect(desk.mail(), ARCHIVE)
    desk.clock.advance(60 * 60 * 24 * 14)
    others = [desk.effect(desk.mail(), ARCHIVE) for _ in range(3)]
    for effect in (*others, early):
        propose_effects(USER, [effect], request_id="request1", ports=desk.propose_ports)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "_MOST_VERIFIED", 2)
        assert all(verified(desk, after).intact for after in (0, 2))


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
    monkeypatch.setattr(verify, "_MOST_VERIFIED", 4)
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
