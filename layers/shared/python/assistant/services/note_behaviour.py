"""Use case: the user replied to a mail, moved it or put it away; such signs add up, each less than their word."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from assistant.domain.errors import Conflict
from assistant.domain.learning import Behaviour
from assistant.domain.users import Identity
from assistant.ports.mail import BehaviourStore, DecisionStore
from assistant.ports.runtime import Clock
from assistant.services.show_decision import known_decision

_ATTEMPTS = 3


class BehaviourRequest(BaseModel):
    """What the user did with the mail."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    behaviour: Behaviour


class BehaviourResponse(BaseModel):
    """The behaviour that counts for this mail: the most telling so far."""

    email_id: str
    behaviour: Behaviour


@dataclass(frozen=True, slots=True)
class BehaviourPorts:
    """The ports behaviour needs."""

    decisions: DecisionStore
    behaviours: BehaviourStore
    clock: Clock


def note_behaviour(
    email_id: str, request: BehaviourRequest, caller: Identity, *, ports: BehaviourPorts
) -> BehaviourResponse:
    """Count the behaviour once for the mail; a more telling one takes the place of what was noted before.

    Raises:
        NotFound: no decision about this mail is known, or it is forgotten.
        Conflict: the behaviour kept changing while this one was being stored.
        Unavailable: the store is down.
    """
    decision = known_decision(email_id, caller, decisions=ports.decisions)
    wanted = request.behaviour
    for _ in range(_ATTEMPTS):
        earlier = ports.behaviours.behaviour(caller.user_id, email_id)
        if earlier and earlier.strength >= wanted.strength:
            return BehaviourResponse(email_id=email_id, behaviour=earlier)
        now = ports.clock.now()
        if ports.behaviours.behave(caller.user_id, decision, wanted, at=now, earlier=earlier):
            return BehaviourResponse(email_id=email_id, behaviour=wanted)
    raise Conflict("This mail is being dealt with elsewhere. Please try again.")
