"""Use cases: read, replace and patch a user's preferences, with optimistic locking."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.errors import Conflict, InvalidRequest, field_errors
from assistant.domain.preferences import Preferences
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.ports.notifications import DueIndex
from assistant.ports.runtime import AuditTrail, Clock
from assistant.ports.users import PreferenceStore, VersionedPreferences
from assistant.services.plan_briefing import enrol

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class PreferencePorts:
    """The ports preferences need."""

    preferences: PreferenceStore
    due: DueIndex
    audit: AuditTrail
    clock: Clock


def replace_preferences(
    caller: Identity, preferences: Preferences, preconditions: Preconditions, *, ports: PreferencePorts
) -> VersionedPreferences:
    """Store the whole document; what it leaves out returns to its default.

    Raises:
        PreconditionFailed: a precondition does not hold.
        Conflict: the preferences kept changing meanwhile.
        Unavailable: the store is down.
    """
    return _change(caller, lambda _: preferences, preconditions, ports)


def patch_preferences(
    caller: Identity, patch: Mapping[str, Any], preconditions: Preconditions, *, ports: PreferencePorts
) -> VersionedPreferences:
    """Apply a JSON merge patch (RFC 7396): null returns a setting to its default, the result is validated whole.

    Raises:
        InvalidRequest: the result breaks a rule or has an unknown key; names the fields.
        PreconditionFailed: a precondition does not hold.
        Conflict: the preferences kept changing meanwhile.
        Unavailable: the store is down.
    """
    return _change(caller, lambda current: _patched(current, patch), preconditions, ports)


def _change(
    caller: Identity,
    change: Callable[[Preferences], Preferences],
    preconditions: Preconditions,
    ports: PreferencePorts,
) -> VersionedPreferences:
    for _ in range(_ATTEMPTS):
        current = ports.preferences.read(caller.user_id)
        preconditions.require(current.version)
        changed = change(current.preferences)
        if ports.preferences.replace(caller.user_id, changed, expected_version=current.version):
            ports.audit.record(audit_event(AuditAction.PREFERENCES_CHANGED, caller, ports.clock.now()))
            enrol(caller.user_id, changed, ports.clock.now(), due=ports.due)
            return VersionedPreferences(changed, current.version + 1)
    raise Conflict("The preferences are being changed elsewhere. Please try again.")


def _patched(current: Preferences, patch: Mapping[str, Any]) -> Preferences:
    try:
        return Preferences.model_validate(merge_patched(current.model_dump(mode="json"), patch))
    except ValidationError as error:
        raise InvalidRequest("Some fields need another value.", errors=field_errors(error.errors())) from None


def merge_patched(target: object, patch: object) -> object:
    """Apply a JSON merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patched(merged.get(name), value)
    return merged
