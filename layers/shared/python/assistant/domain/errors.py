"""The error tree. runtime/http.py maps it to RFC 9457 problem documents, once.

AssistantError
├── Malformed             400  a notification of a provider is not what it sends
├── NotAuthentic          401  a notification is not from whom it should be
├── InvalidRequest        422  the request is well-formed but breaks a rule; names the fields
├── Forbidden             403  the caller may not act for this user
├── NotFound              404
├── Conflict              409  the thing changed meanwhile
├── ConnectionBroken      409  the provider refuses the account until the user connects it again
├── PreconditionFailed    412  If-Match or If-None-Match does not hold for the current version
├── RateLimited           429  carries retry_after_seconds
└── Unavailable           503  a dependency this request cannot do without is down; carries retry_after_seconds
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken field: a path like ``emails[3].received_at`` and what is wrong with it."""

    field: str
    detail: str


class AssistantError(Exception):
    """Base of every error a caller may see; ``detail`` is short, kind and free of secrets."""

    status = 500

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class Malformed(AssistantError):
    """A provider's notification is not as its documentation says."""

    status = 400


class NotAuthentic(AssistantError):
    """Nothing proves that the notification is from the provider."""

    status = 401


class InvalidRequest(AssistantError):
    """A rule is broken; ``errors`` names each field."""

    status = 422


def unknown_cursor(listed: str) -> InvalidRequest:
    """Return the refusal of a ``cursor`` that no list of these (``"effects"``) gave."""
    wrong = FieldError("cursor", f"must be the next_cursor of a list of {listed}")
    return InvalidRequest("The cursor is none of this list.", errors=(wrong,))


def used_key(of: str) -> InvalidRequest:
    """Return the refusal of an ``Idempotency-Key`` that came with another of these (``"task"``) before."""
    wrong = FieldError("Idempotency-Key", f"was used with another {of}; a new {of} needs a new key")
    return InvalidRequest("The key stands for another request.", errors=(wrong,))


class Forbidden(AssistantError):
    """The caller may not act for this user."""

    status = 403


class NotFound(AssistantError):
    """The named thing does not exist for this user."""

    status = 404


class Conflict(AssistantError):
    """The thing changed meanwhile."""

    status = 409


class ConnectionBroken(AssistantError):
    """The provider no longer accepts the consent: the user has to connect the account again."""

    status = 409


class PreconditionFailed(AssistantError):
    """A precondition names another version than the current one (RFC 9110, 13.1)."""

    status = 412


class RateLimited(AssistantError):
    """Too many requests; try again after ``retry_after_seconds``."""

    status = 429

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AssistantError):
    """A dependency this request cannot do without is down; try again after ``retry_after_seconds``."""

    status = 503
    retry_after_seconds = 5


# What keeps everything of an account from being read or changed; of other errors one mail or event may be the cause.
OF_THE_ACCOUNT: Final = (Unavailable, ConnectionBroken, Forbidden)

_MOST_SHOWN = 100
_LONGEST_KEY = 100
# The last step of pydantic's location where a key of an object is wrong, not its value.
_KEY = "[key]"

# What pydantic says of these speaks of Python types.
_WORDS: Mapping[str, str] = {
    "extra_forbidden": "is not a known field",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "missing": "is needed",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_type": "must be text",
    "string_too_short": "needs {min_length} or more characters",
    "string_too_long": "has more than {max_length} characters",
    "string_unicode": "must be text",
    "too_long": "has more than {max_length} items",
    "too_short": "needs {min_length} or more items",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
}


def field_path(location: Iterable[str | int]) -> str:
    """Return ``emails[3].received_at`` for ``("emails", 3, "received_at")``; ``body`` for the whole body.

    A key that is more than a name stands in brackets, ``busy['ann@company.com'].start`` (RFC 9535, 2.5.1).
    """
    steps = [step for step in location if step != _KEY]
    return "".join(_step(step, first=index == 0) for index, step in enumerate(steps)) or "body"


def _step(step: str | int, *, first: bool) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if first:
        return step
    if len(step) <= _LONGEST_KEY and re.fullmatch(r"[\w-]+", step):
        return f".{step}"
    shown = step if len(step) <= _LONGEST_KEY else f"{step[:_LONGEST_KEY]}…"
    return "['{}']".format(shown.replace("\\", "\\\\").replace("'", "\\'"))


def field_errors(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> tuple[FieldError, ...]:
    """Return the first 100 of pydantic's ``errors()``; ``skip`` leading steps of each location are left out."""
    shown = islice(errors, _MOST_SHOWN)
    return tuple(FieldError(field_path(error["loc"][skip:]), _words(error)) for error in shown)


def _words(error: Mapping[str, Any]) -> str:
    known = _WORDS.get(error["type"])
    if known:
        return known.format_map(error.get("ctx", {}))
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be", 1)
