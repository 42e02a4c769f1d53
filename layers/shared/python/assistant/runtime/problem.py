"""RFC 9457 problem documents, the errors HTTP itself knows, and the headers every answer has."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, Field

from assistant.domain.errors import AssistantError, FieldError, RateLimited, Unavailable

PROBLEM_JSON = "application/problem+json"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class HttpError(AssistantError):
    """A request refused before any use case sees it: 400, 404, 405, 413, 415."""

    def __init__(self, status: HTTPStatus, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}


class ProblemField(BaseModel):
    """One broken field."""

    field: Annotated[str, Field(examples=["emails[3].received_at"])]
    detail: str


class Problem(BaseModel):
    """An RFC 9457 problem document; ``instance`` is the request id, as in the header x-request-id."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ProblemField] = []


def problem_document(error: AssistantError, *, instance: str) -> tuple[str, dict[str, str]]:
    """Return the error as a JSON document and its headers; the only place that maps errors to HTTP."""
    document = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        instance=instance,
        errors=[_problem_field(broken) for broken in error.errors],
    )
    headers = dict(error.headers) if isinstance(error, HttpError) else {}
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return document.model_dump_json(), headers


def _problem_field(broken: FieldError) -> ProblemField:
    return ProblemField(**asdict(broken))
