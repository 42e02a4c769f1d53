"""An effect: one action on one target with why it is proposed, and its way from proposal to undoing.

::

    proposed ─┬─ refused
              ├─ waiting ─┬─ rejected
              │           ├─ expired
              │           └─ queued (approved)
              └─ queued ── running ─┬─ done ── undoing ─┬─ undone
                                    └─ failed           └─ done (with a problem)
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from operator import not_
from typing import Annotated, Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from assistant.domain.days import Weekday
from assistant.domain.effects.actions import AnyAction, Inverse
from assistant.domain.effects.canonical import digest
from assistant.domain.preferences import Permission
from assistant.domain.sources import Source
from assistant.domain.triage.decision import DecidedBy
from assistant.domain.users import UserId

KEPT_FOR: Final = timedelta(days=90)
APPROVAL_LASTS: Final = timedelta(hours=72)
_WEEKEND: Final = timedelta(days=2)
LONGEST_APPROVAL: Final = APPROVAL_LASTS + _WEEKEND
LEASE: Final = timedelta(minutes=4)
_ID_DIGITS: Final = 32
LONGEST_TITLE: Final = 120
# So that all are approved in one transaction of the store.
MOST_NEEDED: Final = 20


def _is_empty(values: tuple[object, ...]) -> bool:
    return not values


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class EffectState(StrEnum):
    """How far an effect is."""

    REFUSED = "refused"
    WAITING = "waiting"
    REJECTED = "rejected"
    EXPIRED = "expired"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


# It is over: asked for again, it is another effect.
ENDED: Final = frozenset(
    {EffectState.REFUSED, EffectState.REJECTED, EffectState.EXPIRED, EffectState.FAILED, EffectState.UNDONE}
)
_NEEDS_LEAVE: Final = frozenset(EffectState) - {
    EffectState.REFUSED,
    EffectState.WAITING,
    EffectState.REJECTED,
    EffectState.EXPIRED,
}


def _is_none(value: object) -> bool:
    return value is None


# Left out where it was the user, so that what was hashed before there were delegates keeps its hash.
DelegateId = Annotated[UserId | None, Field(exclude_if=_is_none)]

# Of a target: the connected account and the object in it.
type TargetKey = tuple[str, str]


class Target(_Model):
    """What an action changes."""

    connection_id: str
    """The connected account."""
    object_id: str
    """The provider's id of the mail, event or page in it; for a message to a colleague that of the words that asked for
    it, for an event to be entered the plan and its first minute; empty for a mail of its own."""
    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    """Its subject or title, or who is written to, for people to read; others wrote it."""
    account: str = Field(default="", exclude_if=not_)
    """The address the user knows the account by, for people to read; not known of effects proposed earlier, whose
    hashes hold."""

    @property
    def key(self) -> TargetKey:
        """What names the target."""
        return self.connection_id, self.object_id


class Capability(StrEnum):
    """What of the assistant proposes effects."""

    TRIAGE = "triage"
    CALENDAR = "calendar"
    TASKS = "tasks"
    REQUEST = "request"
    """The user, through the API."""
    CHAT = "chat"


class Origin(_Model):
    """Where an effect comes from."""

    capability: Capability
    run_id: str
    """One synchronization of a mailbox, one request: what may be undone together."""
    decided_by: DecidedBy
    occasion: str = ""
    """Tells repetitions of the same action apart that are meant: an undone action is not done again for the same."""
    # Left unsaid where it is not so: the hashes in ledgers are of effects that knew no such thing.
    once: bool = Field(default=False, exclude_if=not_)
    """Whether the occasion is one effect, whatever it says."""
    delegate_id: DelegateId = None
    """Who asked for it in the user's place."""


class Needed(_Model):
    """Another effect without which one makes no sense: it is approved with it."""

    effect_id: str
    object_id: str
    """What it changes."""
    summary: str
    """What it does, in one line."""


class Effect(_Model):
    """One proposed action. ``confidence`` is a calibrated probability that the user wants it."""

    user_id: UserId
    target: Target
    action: AnyAction
    origin: Origin
    confidence: Annotated[float, Field(ge=0, le=1)]
    reasoning: str = ""
    """Why, in a sentence."""
    evidence: tuple[Source, ...] = ()
    """What the decision rests on."""
    needs: tuple[Needed, ...] = Field(default=(), max_length=MOST_NEEDED, exclude_if=_is_empty)
    """All it needs, directly or not; two effects may need each other. None are not written: the hashes in ledgers are
    of effects that could need none."""
    proposed_at: AwareDatetime

    @property
    def needed_ids(self) -> frozenset[str]:
        """The ids of all it needs."""
        return frozenset(one.effect_id for one in self.needs)

    @property
    def id(self) -> str:
        """Hash of user, target, action and occasion, or of user and occasion where that is one effect.

        The same proposal made again is the same effect.
        """
        what = (self.target.connection_id, self.target.object_id, self.action)
        named = () if self.origin.once else what
        return digest(self.user_id, *named, self.origin.occasion)[:_ID_DIGITS]

    @property
    def what(self) -> str:
        """Hash of what is done for whom to what, whichever words say so."""
        return digest(self.id, self.target, self.action)

    def again(self, occasion: str) -> Self:
        """Return the same effect for another occasion."""
        return self.model_copy(update={"origin": self.origin.model_copy(update={"occasion": occasion})})

    @property
    def place(self) -> str:
        """Return a text that sorts effects by when they were proposed."""
        return f"{place_of(self.proposed_at)}-{self.id}"


def place_of(moment: datetime) -> str:
    """Return a text before those of the effects proposed since that millisecond, behind those of all before."""
    return f"{int(moment.timestamp() * 1000):013d}"


class Approval(_Model):
    """The user's word for exactly one rendered action, or their delegate's."""

    action_hash: str
    what: str | None = Field(default=None, exclude_if=_is_none)
    """That of the effect: its words may be others by the time it is done. None was kept with older ones."""
    at: AwareDatetime
    delegate_id: DelegateId = None
    """Who gave it in the user's place."""


class EffectRecord(_Model):
    """An effect as it stands. ``version`` goes up with each change."""

    effect: Effect
    state: EffectState
    ruling: str
    """Why it is done, asked for or refused."""
    version: int = 1
    changed_at: AwareDatetime
    approval: Approval | None = None
    before: Mapping[str, str | bool | None] | None = None
    """What of the target the action may change, as it was observed before."""
    after: Mapping[str, str | bool | None] | None = None
    inverse: Inverse | None = None
    """What takes the action back; None where it changed nothing."""
    leased_until: AwareDatetime | None = None
    """Until when one worker alone may act."""
    done_at: AwareDatetime | None = None
    problem: str | None = None
    """What stood in the way of the action, or of undoing it."""

    @model_validator(mode="after")
    def _has_leave(self) -> Self:
        action = self.effect.action
        if self.state in _NEEDS_LEAVE and self.approval is None and (action.always_asks or action.guarded_taint):
            raise ValueError("needs the user's approval")
        return self

    @property
    def id(self) -> str:
        """The id of the effect."""
        return self.effect.id

    @property
    def asked_until(self) -> datetime:
        """When a question that nobody answered is void: in UTC, which says the same wherever the user travels."""
        asked_at = self.effect.proposed_at.astimezone(UTC)
        # Three days from Wednesday on hold some of Saturday and Sunday.
        over_weekend = asked_at.weekday() >= Weekday.WEDNESDAY
        return asked_at + (LONGEST_APPROVAL if over_weekend else APPROVAL_LASTS)

    @property
    def expires_at(self) -> datetime:
        """When the effect is forgotten; its hashes stay in the ledger."""
        return self.effect.proposed_at + KEPT_FOR

    @property
    def approving_delegate(self) -> str | None:
        """Who approved it in the user's place."""
        return self.approval.delegate_id if self.approval else None

    @property
    def is_as_approved(self) -> bool:
        """Whether it is what was approved, where that is known."""
        approved = self.approval.what if self.approval else None
        return approved in (None, self.effect.what)

    def state_at(self, now: datetime) -> EffectState:
        """Return the state, which for a question nobody answered in time is ``expired``."""
        void = self.state is EffectState.WAITING and now >= self.asked_until
        return EffectState.EXPIRED if void else self.state

    def is_leased(self, now: datetime) -> bool:
        """Whether a worker is at it."""
        return self.leased_until is not None and now < self.leased_until

    def changed(self, now: datetime, **update: Any) -> Self:  # noqa: ANN401 fields of this model
        """Return the next version, validated."""
        following = {"version": self.version + 1, "changed_at": now, "leased_until": None, **update}
        return type(self).model_validate({**dict(self), **following})


def proposed(effect: Effect, permission: Permission, reason: str) -> EffectRecord:
    """Return the first version of an effect."""
    state = {
        Permission.AUTO: EffectState.QUEUED,
        Permission.ASK: EffectState.WAITING,
        Permission.NEVER: EffectState.REFUSED,
    }[permission]
    return EffectRecord(effect=effect, state=state, ruling=reason, changed_at=effect.proposed_at)
