"""What a call of the Messages API comes to, in words that need no SDK."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from assistant.domain.errors import Unavailable
from assistant.domain.llm import Reply, Unanswered, Unheard


class ServiceDown(Unavailable):
    """Nobody can use Claude right now, as opposed to: not this request, not in this time. Counts for the circuit."""


class ServiceSilent(ServiceDown, Unheard):
    """The same, of a service that takes questions and does not answer them."""


@dataclass(frozen=True, slots=True)
class Answered[Answer: BaseModel]:
    """The model was reached; ``headers`` are those of the HTTP answer, by lower-case name."""

    outcome: Reply[Answer] | Unanswered
    request_id: str | None
    headers: Mapping[str, str] = field(default_factory=dict)


class CallFailed(Exception):
    """The model was not reached.

    ``status`` is that of the HTTP answer, None where none came; ``retry``: the same request may succeed later;
    ``down``: the service is at fault, not this request, its limits, or the time it was given; ``sent``: the request
    went out and nothing came back, so that it may be billed.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry: bool,
        down: bool,
        sent: bool = False,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.down = down
        self.sent = sent
        self.status = status
        self.headers: Mapping[str, str] = headers or {}
