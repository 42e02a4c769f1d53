"""Actions say what they change and what takes them back; what others wrote never decides alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.effects.actions import Action, ArchiveMail, EffectKind, LabelMail, MoveMail, label_aspect
from assistant.domain.effects.effect import Capability, Effect, EffectRecord, EffectState, Needed, proposed
from assistant.domain.effects.policy import ruling
from assistant.domain.effects.provenance import ArgumentRole, Traced
from assistant.domain.mailbox import Folder
from assistant.domain.preferences import EffectPermissions, Permission
from assistant.domain.sources import Source, SourceKind
from tests.fakes.effects import ARCHIVE, Desk, label

LABELS = st.sampled_from(["EA/Urgent", "EA/Routine", "Clients", "Zürich"])
PERMISSIONS = st.sampled_from(Permission)


def traced(names: tuple[str, ...], kind: SourceKind) -> Traced[tuple[str, ...]]:
    return Traced(value=names, sources=(Source.whole(kind, "mail1"),))


def test_every_kind_is_an_action_whose_arguments_are_traced_and_have_a_role() -> None:
    kinds = {action.model_fields["kind"].default: action for action in Action.__subclasses__()}
    assert set(kinds) == set(EffectKind)
    for action in kinds.values():
        arguments = set(action.model_fields) - {"kind"}
        assert set(action.roles()) == arguments
        assert all("Traced" in str(action.model_fields[name].annotation) for name in arguments)


def test_every_kind_has_a_permission_in_the_preferences() -> None:
    assert {kind.value for kind in EffectKind} <= set(EffectPermissions.model_fields)


def test_the_same_labels_make_the_same_action() -> None:
    assert label("b", "a", "b") == label("a", "b")


@pytest.mark.parametrize(
    ("add", "remove"),
    [((), ()), (("a",), ("a",)), (("",), ()), (("/a",), ()), (("a/",), ()), (("\u200b",), ()), (("a" * 226,), ())],
)
def test_labels_that_make_no_sense_are_refused(add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        label(*add, remove=remove)


@given(add=st.sets(LABELS), remove=st.sets(LABELS), had=st.sets(LABELS))
def test_the_inverse_of_labelling_restores_the_labels(add: set[str], remove: set[str], had: set[str]) -> None:
    remove -= add
    if not add | remove:
        return
    action = label(*add, remove=tuple(remove))
    before = {label_aspect(name): name in had for name in add | remove}
    after, inverse = action.after(before), action.inverse(before)
    assert all(after[label_aspect(name)] is (name in add) for name in add | remove)
    assert (inverse is None) == (after == before)
    assert inverse is None or inverse.after(after) == before


@pytest.mark.parametrize("folder", Folder)
def test_archiving_touches_only_the_inbox(folder: Folder) -> None:
    before = {"folder": folder.value}
    in_inbox = folder is Folder.INBOX
    assert ARCHIVE.after(before) == ({"folder": "archive"} if in_inbox else before)
    assert ARCHIVE.inverse(before) == (MoveMail(folder=Folder.INBOX) if in_inbox else None)


@pytest.mark.parametrize("kind", SourceKind)
def test_a_label_others_could_have_named_is_guarded(kind: SourceKind) -> None:
    action = LabelMail(add=traced(("Invoices",), kind))
    assert action.guarded_taint == (("add",) if kind.untrusted else ())


def test_words_for_people_are_not_guarded() -> None:
    assert [role for role in ArgumentRole if not role.guarded] == [ArgumentRole.TEXT]


@given(
    names=st.sets(LABELS, min_size=1),
    kind=st.sampled_from([kind for kind in SourceKind if kind.untrusted]),
    permission=PERMISSIONS,
    confidence=st.floats(0, 1),
)
def test_no_preference_lets_tainted_arguments_pass_without_a_question(
    names: set[str], kind: SourceKind, permission: Permission, confidence: float
) -> None:
    desk = Desk()
    effect = desk.effect("m1", LabelMail(remove=traced(tuple(names), kind)), confidence=confidence)
    permissions = EffectPermissions(label=permission, archive=permission, archive_confidence=0.5)
    ruled = ruling(effect, permissions)
    assert ruled.permission is (Permission.NEVER if permission is Permission.NEVER else Permission.ASK)
    record = proposed(effect, ruled.permission, ruled.reason)
    for state in (EffectState.QUEUED, EffectState.RUNNING, EffectState.DONE, EffectState.UNDOING):
        with pytest.raises(ValidationError, match="approval"):
            record.changed(desk.clock.now(), state=state)
    with pytest.raises(ValidationError, match="approval"):
        proposed(effect, Permission.AUTO, "")


@given(permission=PERMISSIONS, confidence=st.floats(0, 1), least=st.floats(0.5, 1))
def test_archiving_happens_unasked_only_from_the_stated_confidence_on(
    permission: Permission, confidence: float, least: float
) -> None:
    effect = Desk().effect("m1", ARCHIVE, confidence=confidence)
    ruled = ruling(effect, EffectPermissions(archive=permission, archive_confidence=least)).permission
    if permission is Permission.AUTO:
        assert ruled is (Permission.AUTO if confidence >= least else Permission.ASK)
    else:
        assert ruled is permission


def test_the_defaults() -> None:
    desk = Desk()
    permissions = EffectPermissions()
    assert ruling(desk.effect("m1", label("a"), confidence=0.0), permissions).permission is Permission.AUTO
    assert ruling(desk.effect("m1", ARCHIVE, confidence=0.949), permissions).permission is Permission.ASK
    assert ruling(desk.effect("m1", ARCHIVE, confidence=0.95), permissions).permission is Permission.AUTO


def test_the_id_is_that_of_user_target_action_and_occasion() -> None:
    desk = Desk()
    effect = desk.effect("m1", ARCHIVE)
    same = effect.model_copy(update={"confidence": 0.1, "origin": effect.origin.model_copy(update={"run_id": "run2"})})
    others = [
        desk.effect("m2", ARCHIVE),
        desk.effect("m1", label("a")),
        desk.effect("m1", ARCHIVE, occasion="again"),
        effect.model_copy(update={"user_id": "user2"}),
    ]
    assert same.id == effect.id
    assert len({effect.id, *(other.id for other in others)}) == 5


def test_an_occasion_that_is_one_effect_names_it_whatever_it_says() -> None:
    desk = Desk()
    origin = desk.effect("m1", ARCHIVE).origin.model_copy(update={"occasion": "key", "once": True})
    requests = [
        desk.effect(mail, action).model_copy(update={"origin": origin})
        for mail, action in (("m1", ARCHIVE), ("m2", label("a")))
    ]
    again = requests[0].again("other key")
    foreign = requests[0].model_copy(update={"user_id": "user2"})
    assert requests[0].id == requests[1].id
    assert len({requests[0].id, again.id, foreign.id}) == 3


def test_an_effect_of_before_is_written_and_named_as_it_was() -> None:
    origin = Desk().effect("m1", ARCHIVE).origin.model_copy(update={"capability": Capability.REQUEST})
    assert "once" not in origin.model_dump()
    assert origin.model_copy(update={"once": True}).model_dump()["once"]
    others = [Desk().effect(mail, ARCHIVE).model_copy(update={"origin": origin}) for mail in ("m1", "m2")]
    assert others[0].id != others[1].id


def test_what_needs_nothing_is_written_as_before_effects_could_need_others() -> None:
    effect = Desk().effect("m1", ARCHIVE)
    needed = Needed(effect_id="a", object_id="m2", summary="Archive it.")
    needing = effect.model_copy(update={"needs": (needed,)})
    assert set(needing.model_dump()) - set(effect.model_dump()) == {"needs"}
    assert Effect.model_validate_json(needing.model_dump_json()) == needing


def test_a_record_reads_back_as_it_was_written() -> None:
    desk = Desk()
    record = proposed(desk.effect("m1", label("b", "a")), Permission.AUTO, "why")
    record = record.changed(desk.clock.now(), before={"label:a": False}, after={"label:a": True})
    assert EffectRecord.model_validate_json(record.model_dump_json()) == record
    assert isinstance(record.effect.action, LabelMail)
    assert not isinstance(record.effect.action, ArchiveMail)
