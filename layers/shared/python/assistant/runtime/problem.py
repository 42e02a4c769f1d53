"""RFC 9457 problem documents, and the errors HTTP itself knows."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from assistant.domain.errors import AssistantError, FieldError, RateLimited

PROBLEM_JSON = "application/problem+json"


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


def problem(error: AssistantError, *, instance: str) -> Response[str]:
    """Return the error as a response; the only place that maps errors to HTTP."""
    document = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.detail,
        instance=instance,
        errors=[_problem_field(broken) for broken in error.errors],
    )
    headers = dict(error.headers) if isinstance(error, HttpError) else {}
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return Response(error.status, PROBLEM_JSON, document.model_dump_json(), headers)


def _problem_field(broken: FieldError) -> ProblemField:
    return ProblemField(**asdict(broken))
