"""What is asked of a language model and what comes back; no SDK, no I/O.

A prompt has a stable prefix, equal byte for byte from call to call so that the provider can cache it: ``policy`` is the
same for everybody, ``profile`` for one user. ``data`` is untrusted: it is sent as JSON with its provenance, after the
prefix, and never becomes part of the instructions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from assistant.domain.errors import Unavailable


class LlmTask(StrEnum):
    """What a model is asked for; each task has its model, its price and its share of the bill."""

    TRIAGE = "triage"
    TASKS = "tasks"
    CALENDAR = "calendar"
    BRIEFING = "briefing"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Prompt[Answer: BaseModel]:
    """One question; ``answer`` is the schema, ``max_tokens`` the most output that is paid for."""

    task: LlmTask
    policy: str
    profile: str
    data: Mapping[str, object]
    answer: type[Answer]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one or more calls; ``input`` excludes those of the cache, ``output`` includes ``thinking``."""

    input: int = 0
    output: int = 0
    thinking: int = 0
    cache_write: int = 0
    cache_read: int = 0

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            self.input + other.input,
            self.output + other.output,
            self.thinking + other.thinking,
            self.cache_write + other.cache_write,
            self.cache_read + other.cache_read,
        )


@dataclass(frozen=True, slots=True)
class Reply[Answer: BaseModel]:
    """A well-formed answer: it fits the schema, nothing more is known about it. ``model`` is the id that was billed."""

    answer: Answer
    model: str
    usage: TokenUsage


class Fault(StrEnum):
    """Why a model that was reached, and is paid, gave no answer that can be used."""

    REFUSAL = "refusal"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    EXPIRED = "expired"
    FAILED = "failed"


class Unanswered(Exception):
    """The model was reached but its answer cannot be used; its tokens are billed all the same."""

    def __init__(self, fault: Fault, *, model: str, usage: TokenUsage) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.model = model
        self.usage = usage


class Unheard(Unavailable):
    """The question was sent, but its answer did not arrive: its tokens may be billed all the same."""


class Rejected(Exception):
    """A well-formed answer that may not be used; ``reason`` is a metric's value, ``retry``: asking again may help."""

    def __init__(self, reason: str, *, retry: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
