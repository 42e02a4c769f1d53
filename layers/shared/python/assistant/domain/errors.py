"""The error tree. runtime/http.py maps it to RFC 9457 problem documents, once.

AssistantError
├── InvalidRequest        422  the request is well-formed but breaks a rule; names the fields
├── Forbidden             403  the caller may not act for this user
├── NotFound              404
├── Conflict              409
├── PreconditionFailed    412  If-Match names another version
├── RateLimited           429  carries retry_after_seconds
└── Unavailable           503  a dependency this request cannot do without is down
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One broken field: a path like ``emails[3].received_at`` and what is wrong with it."""

    field: str
    detail: str


class AssistantError(Exception):
    """Base of every error a caller may see; ``detail`` is short, kind and free of secrets."""

    status = 500
    title = "Internal error"

    def __init__(self, detail: str, *, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class InvalidRequest(AssistantError):
    """A rule is broken; ``errors`` names each field."""

    status = 422
    title = "Invalid request"


class Forbidden(AssistantError):
    """The caller may not act for this user."""

    status = 403
    title = "Forbidden"


class NotFound(AssistantError):
    """The named thing does not exist for this user."""

    status = 404
    title = "Not found"


class Conflict(AssistantError):
    """The thing changed meanwhile."""

    status = 409
    title = "Conflict"


class PreconditionFailed(AssistantError):
    """If-Match names a version that is no longer current (RFC 9110, 13.1.1)."""

    status = 412
    title = "Precondition failed"


class RateLimited(AssistantError):
    """Too many requests; try again after ``retry_after_seconds``."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AssistantError):
    """A dependency this request cannot do without is down."""

    status = 503
    title = "Service unavailable"
