from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain.errors import Conflict, InvalidRequest, PreconditionFailed, Unavailable
from assistant.domain.notifications import DueKind
from assistant.domain.preferences import EmailRules, Preferences
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.ports.users import VersionedPreferences
from assistant.services.edit_preferences import PreferencePorts, merge_patched, patch_preferences, replace_preferences
from tests.fakes.notifications import MemoryDueIndex
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, Outage

DELEGATING = Preferences(email_rules=EmailRules(delegate_to="assistant@company.com"))


CALLER = Identity("user123", "request1")


class Settings:
    """The use cases with fakes behind them."""

    def __init__(self, store: MemoryPreferences | None = None) -> None:
        self.store = store or MemoryPreferences()
        self.audit = MemoryAuditTrail()
        self.due_outage = Outage()
        self.due = MemoryDueIndex(self.due_outage)
        self.ports = PreferencePorts(self.store, self.due, self.audit, ManualClock())

    def replace(self, preferences: Preferences, **preconditions: str) -> VersionedPreferences:
        return replace_preferences(CALLER, preferences, Preconditions(**preconditions), ports=self.ports)

    def patch(self, changes: dict[str, Any], **preconditions: str) -> VersionedPreferences:
        return patch_preferences(CALLER, changes, Preconditions(**preconditions), ports=self.ports)


def test_versions_count_up_and_each_change_is_audited() -> None:
    settings = Settings()
    assert settings.replace(DELEGATING).version == 1
    assert settings.replace(Preferences()) == VersionedPreferences(Preferences(), 2)
    assert [event.request_id for event in settings.audit.events] == ["request1", "request1"]


def test_a_change_plans_the_daily_briefing_at_its_new_time() -> None:
    settings = Settings()
    settings.patch({"daily_briefing": {"enabled": False}})
    assert not settings.due.places
    settings.patch({"daily_briefing": {"enabled": True}})
    settings.patch({"daily_briefing": {"time": "09:15"}, "working_hours": {"timezone": "Europe/Berlin"}})
    planned = [(place.kind, f"{place.at:%a %H:%M}") for place in settings.due.places]
    assert planned == [(DueKind.DAILY_BRIEFING, "Thu 07:30"), (DueKind.DAILY_BRIEFING, "Thu 08:15")]


def test_preferences_are_kept_where_the_briefing_cannot_be_planned() -> None:
    settings = Settings()
    settings.due_outage.down = True
    assert settings.patch({"digest": {"time": "15:00"}}).version == 1


def test_a_stale_version_is_refused() -> None:
    settings = Settings()
    settings.replace(DELEGATING)
    settings.replace(DELEGATING, if_match='"1"')
    with pytest.raises(PreconditionFailed):
        settings.replace(Preferences(), if_match='"1"')
    with pytest.raises(PreconditionFailed):
        settings.patch({}, if_match='"1"')
    assert settings.store.read("user123") == VersionedPreferences(DELEGATING, 2)


def test_creating_only_where_nothing_is_stored() -> None:
    settings = Settings()
    settings.replace(DELEGATING, if_none_match="*")
    with pytest.raises(PreconditionFailed):
        settings.replace(Preferences(), if_none_match="*")


def test_a_patch_changes_what_it_names_and_null_returns_a_default() -> None:
    settings = Settings()
    settings.replace(DELEGATING)
    patched = settings.patch(
        {"email_rules": {"delegate_to": None}, "working_hours": {"timezone": "Europe/Berlin"}}
    ).preferences
    assert patched.email_rules.delegate_to is None
    assert patched.working_hours.timezone == "Europe/Berlin"
    assert patched.working_hours.start == Preferences().working_hours.start
    assert settings.patch({"working_hours": None}).preferences.working_hours == Preferences().working_hours


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "blue"}, "colour"),
        ({"working_hours": {"start": "18:00"}}, "working_hours"),
        ({"working_hours": 9}, "working_hours"),
        ({"email_rules": {"priority_senders": ["ceo@company.com", "nobody"]}}, "email_rules.priority_senders[1]"),
    ],
)
def test_the_result_is_validated_whole_and_names_the_field(changes: dict[str, Any], field: str) -> None:
    settings = Settings()
    with pytest.raises(InvalidRequest) as caught:
        settings.patch(changes)
    assert [error.field for error in caught.value.errors] == [field]
    assert settings.store.read("user123").version == 0


class Contended(MemoryPreferences):
    """Another device stores between each read and write, ``times`` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def replace(self, user_id: str, preferences: Preferences, *, expected_version: int) -> bool:
        if self.times:
            self.times -= 1
            super().replace(user_id, DELEGATING, expected_version=expected_version)
        return super().replace(user_id, preferences, expected_version=expected_version)


def test_a_change_made_meanwhile_is_not_lost() -> None:
    changed = Settings(Contended(times=2)).patch({"working_hours": {"timezone": "Europe/Berlin"}})
    assert changed.version == 3
    assert changed.preferences.email_rules == DELEGATING.email_rules


def test_endless_contention_is_a_conflict_and_a_precondition_fails_at_once() -> None:
    with pytest.raises(Conflict):
        Settings(Contended(times=99)).patch({})
    with pytest.raises(PreconditionFailed):
        Settings(Contended(times=1)).patch({}, if_match='"0"')


def test_a_store_that_is_down_is_said() -> None:
    outage = Outage()
    outage.down = True
    with pytest.raises(Unavailable):
        Settings(MemoryPreferences(outage)).replace(DELEGATING)


documents = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), st.none() | inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["working_hours", "email_rules", "x"]), st.none() | documents))
def test_any_patch_is_stored_valid_or_refused(changes: dict[str, Any]) -> None:
    settings = Settings()
    with suppress(InvalidRequest):
        settings.patch(changes)
    stored = settings.store.read("user123")
    assert Preferences.model_validate_json(stored.preferences.model_dump_json()) == stored.preferences
    assert stored.version == len(settings.audit.events)


def test_patching_twice_is_patching_once() -> None:
    settings = Settings()
    changes = {"email_rules": {"auto_archive_newsletters": True}, "working_hours": None}
    assert settings.patch(changes).preferences == settings.patch(changes).preferences


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_rfc_7396(target: object, patch: object, result: object) -> None:
    assert merge_patched(target, patch) == result
