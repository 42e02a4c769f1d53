"""Whether an effect is done at once, asked for, or never done."""

from dataclasses import dataclass

from assistant.domain.effects.actions import EffectKind
from assistant.domain.effects.effect import Effect
from assistant.domain.preferences import EffectPermissions, Permission


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy says, and why in a sentence."""

    permission: Permission
    reason: str


def ruling(effect: Effect, permissions: EffectPermissions) -> Ruling:
    """Judge by kind, taint and confidence; the strictest of the three holds."""
    kind = effect.action.kind
    permission = permission_of(kind, permissions)
    if permission is Permission.NEVER:
        return Ruling(Permission.NEVER, "Your preferences never allow this.")
    if effect.action.guarded_taint:
        names = ", ".join(effect.action.guarded_taint)
        return Ruling(Permission.ASK, f"Others could have written this: {names}.")
    if effect.action.always_asks or permission is Permission.ASK:
        return Ruling(Permission.ASK, "This is done only after you approve it.")
    least = least_confidence(kind, permissions)
    if effect.confidence < least:
        return Ruling(Permission.ASK, f"Sure to {effect.confidence:.0%}; done without asking from {least:.0%} on.")
    return Ruling(Permission.AUTO, "Your preferences allow this.")


def permission_of(kind: EffectKind, permissions: EffectPermissions) -> Permission:
    """Return what the user says of the kind."""
    permission: Permission = getattr(permissions, kind.value)
    return permission


def least_confidence(kind: EffectKind, permissions: EffectPermissions) -> float:
    """Return how sure a decision has to be for the action to happen without a question."""
    return permissions.archive_confidence if kind is EffectKind.ARCHIVE else 0.0
