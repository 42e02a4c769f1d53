"""What every HTTP handler shares: routing, caller, limits, errors, headers and request metrics."""

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Protocol, override
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.depends import Depends
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from aws_lambda_powertools.event_handler.request import Request
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, BeforeValidator, StringConstraints

from assistant.domain import metric_names
from assistant.domain.admission import Admission
from assistant.domain.delegations import acting_for
from assistant.domain.errors import AssistantError, FieldError, Forbidden, InvalidRequest, RateLimited, field_errors
from assistant.domain.users import LONGEST_USER_ID, NOT_YOURS, Identity
from assistant.domain.versions import Preconditions, entity_tag
from assistant.ports.delegations import DelegationStore
from assistant.ports.runtime import Clock, Meter, RateLimiter, Sessions
from assistant.runtime.observability import logger
from assistant.runtime.problem import HEADERS, PROBLEM_JSON, HttpError, problem_document
from assistant.runtime.settings import Settings

# API Gateway refuses more than 10 MB, Lambda more than 6 MB: this is the promised limit, the same everywhere.
LARGEST_BODY = 6_000_000
# For the last call of a request that may make any number of them, and its answer.
LAST_CALL_SECONDS = 7.0
JSON = "application/json"
MERGE_PATCH_JSON = "application/merge-patch+json"
# Names the user whom a request is made for where neither its path nor its body does; percent-encoded as in a path.
ON_BEHALF_OF = "On-Behalf-Of"

type Event = dict[str, Any]
# Makes the JSON document of a request from a body of another media type and the query parameters.
type BodyReader = Callable[[str, Mapping[str, str]], Mapping[str, Any]]


def _restore_slashes(value: str) -> str:
    # An HTTP API decodes every escape in rawPath but this one, which would change the route.
    return value.replace("%2F", "/").replace("%2f", "/")


PathId = Annotated[str, StringConstraints(min_length=1, max_length=512), BeforeValidator(_restore_slashes)]
PathNumber = Annotated[int, Path(ge=1, le=1_000_000)]
UserPath = Annotated[str, StringConstraints(min_length=1, max_length=128), BeforeValidator(_restore_slashes)]
IfMatch = Annotated[str | None, Header(alias="if-match", description="Change only this version (RFC 9110, 13.1.1)")]
IfNoneMatch = Annotated[
    str | None, Header(alias="if-none-match", description="Only if the version is another one; * for none at all")
]
MergePatch = Annotated[dict[str, Any], Body(description="RFC 7396 JSON merge patch")]


class Gate(Protocol):
    """What stands before each handler: settings, clock, meter, and for authenticated routes limits and sessions."""

    @property
    def settings(self) -> Settings:
        """Configuration."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...

    @property
    def meter(self) -> Meter:
        """Where requests are counted and timed."""
        ...

    @property
    def rate_limiter(self) -> RateLimiter:
        """Token buckets of users."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Active users."""
        ...

    @property
    def delegations(self) -> DelegationStore:
        """Who may act for whom."""
        ...


def _authenticated(request: Request) -> Identity:
    identity: Identity | None = request.context["identity"]
    if identity is None:
        raise Forbidden("This needs an access token of a user.")
    return identity


def _named_user(request: Request, caller: Identity) -> str:
    """Return whom the request is made for: as its path, its body or its header says, else the caller."""
    path, header = request.path_parameters.get("user_id", ""), request.headers.get(ON_BEHALF_OF.lower(), "")
    sent, behalf = _restore_slashes(path) or _user_in_body(request), unquote(header.strip())
    if sent and behalf and sent != behalf:
        wrong = FieldError(ON_BEHALF_OF, "must be the user whom the request names")
        raise InvalidRequest("The request names two users.", errors=(wrong,))
    return sent or behalf or caller.user_id


def _user_in_body(request: Request) -> str | None:
    # Where a route takes a body, one that cannot be read was refused before; elsewhere it does not matter.
    with suppress(AssistantError):
        sent = (request.json_body or {}).get("user_id")
        return sent if isinstance(sent, str) else None
    return None


def _user_or_delegate(request: Request) -> Identity:
    caller = _authenticated(request)
    user_id = _named_user(request, caller)
    if user_id == caller.user_id:
        return caller
    if len(user_id) > LONGEST_USER_ID:
        raise Forbidden(NOT_YOURS)
    gate: Gate = request.context["gate"]
    identity = acting_for(user_id, caller, gate.delegations.find(user_id, caller.user_id), gate.clock.now())
    logger.info("a delegate acts", extra={"user_id": user_id, "delegate_id": caller.user_id})
    return identity


def _user_alone(request: Request) -> Identity:
    caller = _authenticated(request)
    if _named_user(request, caller) != caller.user_id:
        raise Forbidden("Only the user themself can do this.")
    return caller


# Whom a request is made for: the user of its token, or one who made them a delegate.
Caller = Annotated[Identity, Depends(_user_or_delegate)]
# The same, where no delegate may act.
Owner = Annotated[Identity, Depends(_user_alone)]


class NotModified(Exception):
    """The caller has this version already; becomes 304, which has no body to validate."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


def versioned[Document: BaseModel](
    document: Document, version: int, preconditions: Preconditions | None = None
) -> Response[Document]:
    """Return the document with its entity tag, or raise NotModified where the caller has this version."""
    if preconditions and preconditions.not_modified(version):
        raise NotModified(version)
    return Response(HTTPStatus.OK, JSON, document, {"ETag": entity_tag(version)})


def http_resolver(
    gate: Gate,
    *,
    limited: bool = True,
    largest_body: int = LARGEST_BODY,
    readers: Mapping[str, BodyReader] | None = None,
) -> "HttpResolver":
    """Return the resolver a handler registers its routes on; ``limited`` requests take a token of the caller's.

    ``largest_body`` in bytes; ``readers`` by the media type a POST may have beside JSON.
    """
    return HttpResolver(gate, limited=limited, largest_body=largest_body, readers=readers or {})


class HttpResolver(APIGatewayHttpResolver):
    """Routes and validates one function's requests; every error leaves as a problem document.

    Limits and metrics wrap the whole resolution, because Powertools validates before its middlewares run and a
    refused request counts too. Public routes have no identity and take no tokens: the stage throttle guards them, so
    that an outsider cannot use up the users' global bucket.
    """

    def __init__(self, gate: Gate, *, limited: bool, largest_body: int, readers: Mapping[str, BodyReader]) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
            json_body_deserializer=_json_object,
        )
        self._gate = gate
        self._limited = limited
        self._largest_body = largest_body
        self._readers = readers
        self.exception_handler(AssistantError)(self._problem)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.not_found(lambda _: self.unknown_address())
        self.exception_handler(NotModified)(_not_modified)
        self.exception_handler(Exception)(lambda error: self._problem(_unexpected(error)))

    @property
    def seconds_left(self) -> float:
        """How long Lambda lets this request go on."""
        return self.lambda_context.get_remaining_time_in_millis() / 1000

    @override
    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = self._gate.clock.monotonic()
        request = dict(event)
        headers: dict[str, str] = {}
        try:
            identity = _identity(request, self._gate.settings.user_id_claim)
            if identity and self._limited:
                headers |= self._admit(identity)
            self.context.update(identity=identity, gate=self._gate)
            answer = super().resolve(_checked(request, self._largest_body, self._readers), context)
        except AssistantError as error:
            answer = _refused(request, error)
        except Exception as error:  # noqa: BLE001 whatever breaks before the routes leaves as a problem document too
            answer = _refused(request, _unexpected(error))
        answer["headers"] = HEADERS | headers | {"X-Request-Id": _request_id(request)} | answer["headers"]
        self._measure(request, answer["statusCode"], self._gate.clock.monotonic() - started)
        return answer

    def _admit(self, identity: Identity) -> dict[str, str]:
        admission = self._gate.rate_limiter.admit(identity.user_id)
        if not admission.admitted:
            seconds = max(1, math.ceil(admission.retry_after_seconds))
            raise RateLimited("That was a lot at once. Please try again shortly.", retry_after_seconds=seconds)
        active = self._gate.sessions.touch(identity.user_id)
        if active is not None:
            self._gate.meter.gauge(metric_names.ACTIVE_SESSIONS, active)
        return self._limit_headers(admission)

    def _limit_headers(self, admission: Admission) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers."""
        settings = self._gate.settings
        window = math.ceil(60 * settings.rate_limit_user_burst / settings.rate_limit_user_per_minute)
        return {
            "RateLimit-Policy": f'"user";q={settings.rate_limit_user_burst};w={window}',
            "RateLimit": f'"user";r={admission.remaining}',
        }

    def _problem(self, error: AssistantError) -> Response[str]:
        return _problem(self.current_event.raw_event, error)

    def _invalid(self, error: RequestValidationError) -> Response[str]:
        broken = field_errors([_as_sent(one) for one in error.errors()], skip=1)
        return self._problem(InvalidRequest("Some fields need another value.", errors=broken))

    def unknown_address(self, methods: Sequence[str] = ()) -> Response[str]:
        """Return 405 where the address has other methods, else 404."""
        if methods:
            allow = ", ".join(methods)
            wrong = HttpError(HTTPStatus.METHOD_NOT_ALLOWED, f"This address takes {allow}.", headers={"Allow": allow})
            return self._problem(wrong)
        return self._problem(HttpError(HTTPStatus.NOT_FOUND, "There is nothing at this address."))

    def _measure(self, event: Event, status: int, seconds: float) -> None:
        endpoint = _endpoint(event)
        self._gate.meter.count(metric_names.REQUESTS, endpoint=endpoint, status=str(status))
        self._gate.meter.observe(metric_names.REQUEST_DURATION, seconds, endpoint=endpoint)


def _problem(event: Event, error: AssistantError) -> Response[str]:
    body, headers = problem_document(error, instance=_request_id(event))
    return Response(error.status, PROBLEM_JSON, body, headers)


def _refused(event: Event, error: AssistantError) -> dict[str, Any]:
    """Return an error raised before the routes in the form Powertools gives to those of the routes."""
    response = _problem(event, error)
    return {
        "statusCode": response.status_code,
        "headers": response.headers,
        "cookies": [],
        "isBase64Encoded": False,
        "body": response.body,
    }


def _unexpected(error: Exception) -> AssistantError:
    # Frames only: the message of an unknown error may quote what a user sent.
    logger.error("unexpected error", extra={"error": type(error).__name__, "frames": _frames(error)})
    return AssistantError("Something went wrong on our side. The request id helps us find it.")


def _as_sent(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the error without the step by which a handler calls the model of its query parameters."""
    match error["loc"]:
        case ("query", _, str(parameter), *rest):
            return {**error, "loc": ("query", parameter, *rest)}
        case _:
            return error


def _not_modified(found: NotModified) -> Response[str]:
    return Response(HTTPStatus.NOT_MODIFIED, body="", headers={"ETag": entity_tag(found.version)})


def _request_id(event: Event) -> str:
    return str(event["requestContext"]["requestId"])


def _endpoint(event: Event) -> str:
    """Return the route template; API Gateway sends it as ``POST /path/{id}`` or ``$default``."""
    return str(event["routeKey"]).rpartition(" ")[2]


def _identity(event: Event, claim: str) -> Identity | None:
    authorizer = event["requestContext"].get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    user_id = claims.get(claim)
    return Identity(str(user_id), _request_id(event)) if user_id else None


def _frames(error: Exception) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames


def _checked(event: Event, largest_body: int, readers: Mapping[str, BodyReader]) -> Event:
    """Return the event with its body as text, checked for size and media type, and made plain JSON."""
    body = _text(event, largest_body)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    media_type = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    accepted = [
        JSON,
        *{"PATCH": [MERGE_PATCH_JSON], "POST": readers}.get(event["requestContext"]["http"]["method"], ()),
    ]
    if body and media_type not in accepted:
        raise HttpError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Please send the body as {' or '.join(accepted)}.")
    if body and media_type in readers:
        body = json.dumps(readers[media_type](body, event.get("queryStringParameters") or {}))
    return event | {"headers": headers | {"content-type": JSON}, "body": body, "isBase64Encoded": False}


def _text(event: Event, largest_body: int) -> str:
    raw = (event.get("body") or "").encode("utf-8", "surrogatepass")
    try:
        if event.get("isBase64Encoded"):
            raw = base64.b64decode(raw, validate=True)
        text = raw.decode("utf-8")
    except ValueError:
        raise HttpError(HTTPStatus.BAD_REQUEST, "The body is not UTF-8 text.") from None
    if len(raw) > largest_body:
        raise HttpError(HTTPStatus.CONTENT_TOO_LARGE, f"The body is larger than {largest_body / 1e6:g} MB.")
    return text


def _json_object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HttpError(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.") from None
    if not isinstance(document, dict):
        raise InvalidRequest("The body has another shape.", errors=(FieldError("body", "must be a JSON object"),))
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
