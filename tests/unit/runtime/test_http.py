import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from assistant.domain import metric_names
from assistant.domain.admission import Admission
from assistant.domain.errors import Conflict, Unavailable
from assistant.domain.versions import Preconditions
from assistant.runtime.http import (
    LARGEST_BODY,
    Caller,
    HttpResolver,
    IfMatch,
    MergePatch,
    PathId,
    http_resolver,
    versioned,
)
from assistant.runtime.settings import Settings
from tests.fakes.runtime import ManualClock, MemoryMeter, MemorySessions, ScriptedLimiter
from tests.fakes.stores import MemoryDelegations
from tests.fakes.wired import Answer, Context


class Part(BaseModel):
    name: str = Field(max_length=5)


class Order(BaseModel):
    parts: list[Part]


class Receipt(BaseModel):
    user_id: str
    count: int


@dataclass
class Gate:
    settings: Settings = field(default_factory=Settings)
    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    rate_limiter: ScriptedLimiter = field(default_factory=ScriptedLimiter)
    sessions: MemorySessions = field(default_factory=MemorySessions)
    delegations: MemoryDelegations = field(default_factory=MemoryDelegations)


@dataclass
class Api:
    """A small API in the house style, and requests to it as API Gateway sends them."""

    gate: Gate = field(default_factory=Gate)
    app: HttpResolver = field(init=False)

    def __post_init__(self) -> None:
        self.app = routes(http_resolver(self.gate, readers={"text/csv": parts_list}))

    def send(
        self,
        route: str,
        path: str | None = None,
        *,
        body: object = None,
        headers: dict[str, str] | None = None,
        user: str | None = "user123",
        raw: str | bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        method, _, template = route.rpartition(" ")
        raw = json.dumps(body) if raw is None and body is not None else raw
        authorizer = {"authorizer": {"jwt": {"claims": {"username": user}, "scopes": None}}} if user else {}
        event = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": path or template,
            "rawQueryString": urlencode(query or {}),
            "queryStringParameters": query,
            "headers": {"Content-Type": "application/json"} | (headers or {}),
            "requestContext": {
                "http": {"method": method or "GET", "path": path or template},
                "requestId": "request1",
                "stage": "$default",
            }
            | authorizer,
            "body": base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw,
            "isBase64Encoded": isinstance(raw, bytes),
        }
        return self.app.resolve(event, Context())  # type: ignore[arg-type] # what handlers look at of the context

    def problem(self, *args: Any, **kwargs: Any) -> tuple[HTTPStatus, list[str]]:
        answer = self.send(*args, **kwargs)
        document = json.loads(answer["body"])
        assert answer["headers"]["Content-Type"] == "application/problem+json"
        assert document["instance"] == answer["headers"]["X-Request-Id"] == "request1"
        assert document["status"] == answer["statusCode"]
        assert document["title"] == HTTPStatus(answer["statusCode"]).phrase
        return HTTPStatus(answer["statusCode"]), [error["field"] for error in document["errors"]]


def parts_list(text: str, query: Mapping[str, str]) -> dict[str, Any]:
    return {"parts": [{"name": query.get("prefix", "") + name} for name in text.split(",")]}


def routes(app: HttpResolver) -> HttpResolver:
    @app.post("/orders")
    def order(order: Order, caller: Caller) -> Receipt:
        return Receipt(user_id=caller.user_id, count=len(order.parts))

    @app.get("/orders/<order_id>")
    def read(order_id: PathId) -> dict[str, str]:
        return {"id": order_id}

    @app.patch("/orders/<order_id>")
    def patch(order_id: PathId, changes: MergePatch, if_match: IfMatch = None) -> dict[str, Any]:
        return {"id": order_id, "changes": changes, "if_match": if_match}

    @app.get("/versioned")
    def read_versioned() -> Any:
        return versioned(Part(name="bolt"), 3, Preconditions(if_none_match='"2", "3"'))

    @app.get("/conflict")
    def conflict() -> None:
        raise Conflict("changed")

    @app.get("/unavailable")
    def unavailable() -> None:
        raise Unavailable("down")

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret words of a user")

    @app.get("/wrong-answer")
    def wrong_answer() -> Receipt:
        return {"count": "many"}  # type: ignore[return-value] # what a bug would do

    return app


@pytest.fixture
def api() -> Api:
    return Api()


def test_a_request_reaches_its_route_with_the_callers_id(api: Api) -> None:
    answer = api.send("POST /orders", body={"parts": [{"name": "bolt"}]})
    assert answer["statusCode"] == HTTPStatus.OK
    assert json.loads(answer["body"]) == {"user_id": "user123", "count": 1}
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["RateLimit"] == '"user";r=99'


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["parts"]),
        ({"parts": [{"name": "bolt"}, {"name": "too long"}, {}]}, ["parts[1].name", "parts[2].name"]),
        ({"parts": None}, ["parts"]),
        ([{"parts": []}], ["body"]),
        ("text", ["body"]),
        (5, ["body"]),
    ],
)
def test_a_validation_error_names_the_field(api: Api, body: object, fields: list[str]) -> None:
    assert api.problem("POST /orders", body=body) == (HTTPStatus.UNPROCESSABLE_CONTENT, fields)


def test_a_missing_body_is_named(api: Api) -> None:
    assert api.problem("POST /orders") == (HTTPStatus.UNPROCESSABLE_CONTENT, ["body"])
    assert api.problem("POST /orders", raw="null") == (HTTPStatus.UNPROCESSABLE_CONTENT, ["body"])


@pytest.mark.parametrize("raw", ["{", "{'a': 1}", '{"a": NaN}', "[" * 100_000, b"\xff\xfe", "{} trailing"])
def test_what_is_no_json_is_a_bad_request(api: Api, raw: str | bytes) -> None:
    assert api.problem("POST /orders", raw=raw) == (HTTPStatus.BAD_REQUEST, [])


@given(st.text() | st.binary(max_size=200))
def test_no_body_breaks_the_api(raw: str | bytes) -> None:
    status = Api().send("POST /orders", raw=raw)["statusCode"]
    assert status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_CONTENT}


def test_a_base64_body_is_read(api: Api) -> None:
    answer = api.send("POST /orders", raw='{"parts": [{"name": "Übel"}]}'.encode())
    assert json.loads(answer["body"])["count"] == 1


def test_a_body_over_six_megabytes_is_refused(api: Api) -> None:
    padded = '{"parts": []}'.ljust(LARGEST_BODY)
    assert api.send("POST /orders", raw=padded)["statusCode"] == HTTPStatus.OK
    assert api.problem("POST /orders", raw=padded + " ") == (HTTPStatus.CONTENT_TOO_LARGE, [])
    assert api.problem("POST /orders", raw=padded.encode() + b" ") == (HTTPStatus.CONTENT_TOO_LARGE, [])


def test_a_resolver_may_take_less() -> None:
    api = Api()
    api.app = routes(http_resolver(api.gate, largest_body=20))
    assert api.send("POST /orders", body={"parts": []})["statusCode"] == HTTPStatus.OK
    assert api.problem("POST /orders", body={"parts": [{}]})[0] is HTTPStatus.UNPROCESSABLE_CONTENT
    assert api.problem("POST /orders", raw=" " * 21)[0] is HTTPStatus.CONTENT_TOO_LARGE


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_another_media_type_is_refused(api: Api, media_type: str) -> None:
    status = api.problem("POST /orders", body={"parts": []}, headers={"Content-Type": media_type})[0]
    assert status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_parameters_and_case_of_the_media_type_do_not_matter(api: Api, media_type: str) -> None:
    answer = api.send("POST /orders", body={"parts": []}, headers={"Content-Type": media_type})
    assert answer["statusCode"] == HTTPStatus.OK


def test_a_body_a_reader_knows_becomes_the_request(api: Api) -> None:
    csv = {"Content-Type": "text/csv; charset=utf-8"}
    answer = api.send("POST /orders", raw="bolt,nut", headers=csv, query={"prefix": "M"})
    assert json.loads(answer["body"]) == {"user_id": "user123", "count": 2}
    status, fields = api.problem("POST /orders", raw="bolt,nut", headers=csv, query={"prefix": "brass "})
    assert (status, fields) == (HTTPStatus.UNPROCESSABLE_CONTENT, ["parts[0].name", "parts[1].name"])


def test_a_merge_patch_keeps_its_nulls_and_only_patch_takes_its_media_type(api: Api) -> None:
    merge_patch = {"Content-Type": "application/merge-patch+json", "If-Match": '"1", "2"'}
    answer = api.send("PATCH /orders/{order_id}", "/orders/7", body={"a": None}, headers=merge_patch)
    assert json.loads(answer["body"]) == {"id": "7", "changes": {"a": None}, "if_match": '"1", "2"'}
    status = api.problem("POST /orders", body={"parts": []}, headers=merge_patch)[0]
    assert status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    ("path", "order_id"), [("/orders/a b", "a b"), ("/orders/a%2Fb", "a/b"), ("/orders/<x@y.z>", "<x@y.z>")]
)
def test_an_id_in_the_path_arrives_as_it_is(api: Api, path: str, order_id: str) -> None:
    assert json.loads(api.send("GET /orders/{order_id}", path)["body"]) == {"id": order_id}


def test_an_unknown_address_is_not_found(api: Api) -> None:
    assert api.problem("$default", "/nowhere")[0] is HTTPStatus.NOT_FOUND


def test_without_a_user_in_the_token_the_answer_is_forbidden(api: Api) -> None:
    assert api.problem("POST /orders", body={"parts": []}, user=None)[0] is HTTPStatus.FORBIDDEN


def test_the_claim_that_names_the_user_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_ID_CLAIM", "sub")
    assert Api(Gate(Settings())).problem("POST /orders", body={"parts": []})[0] is HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    ("path", "status"), [("/conflict", HTTPStatus.CONFLICT), ("/unavailable", HTTPStatus.SERVICE_UNAVAILABLE)]
)
def test_an_error_of_the_tree_keeps_its_status(api: Api, path: str, status: HTTPStatus) -> None:
    assert api.problem(f"GET {path}")[0] is status


def test_a_version_the_caller_has_is_not_sent_again(api: Api) -> None:
    answer = api.send("GET /versioned")
    assert answer["statusCode"] == HTTPStatus.NOT_MODIFIED
    assert answer["headers"]["ETag"] == '"3"'
    assert not answer["body"]


@pytest.mark.parametrize("path", ["/broken", "/wrong-answer"])
def test_a_bug_says_nothing_of_the_inside(api: Api, path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        answer = api.send(f"GET {path}")
    assert answer["statusCode"] == HTTPStatus.INTERNAL_SERVER_ERROR
    assert not {"secret", "RuntimeError", "Traceback", "many"} & set(answer["body"].split())
    (line,) = [record for record in caplog.records if record.message == "unexpected error"]
    assert line.__dict__["frames"]
    assert "secret words" not in json.dumps(line.__dict__, default=str)


def test_a_limiter_that_breaks_is_a_problem_document_too(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def admit(user_id: str) -> Admission:
        raise RuntimeError(user_id)

    monkeypatch.setattr(api.gate.rate_limiter, "admit", admit)
    assert api.problem("POST /orders", body={"parts": []})[0] is HTTPStatus.INTERNAL_SERVER_ERROR
    assert api.gate.meter.total(metric_names.REQUESTS, endpoint="/orders", status="500") == 1


def test_a_caller_over_the_limit_is_told_when_to_come_back(api: Api) -> None:
    api.gate.rate_limiter.admission = Admission(admitted=False, remaining=0, retry_after_seconds=1.2)
    assert api.problem("POST /orders", body={"parts": []})[0] is HTTPStatus.TOO_MANY_REQUESTS
    assert api.send("POST /orders")["headers"]["Retry-After"] == "2"
    assert api.gate.sessions.users == set()


def test_an_invalid_request_takes_a_token_too(api: Api) -> None:
    api.send("POST /orders", raw="{")
    assert api.gate.rate_limiter.users == ["user123"]


def test_a_public_request_takes_no_token(api: Api) -> None:
    assert api.send("GET /orders/{order_id}", "/orders/7", user=None)["statusCode"] == HTTPStatus.OK
    assert api.gate.rate_limiter.users == []


def test_an_unlimited_resolver_takes_no_token() -> None:
    api = Api()
    api.app = routes(http_resolver(api.gate, limited=False))
    assert api.send("GET /orders/{order_id}", "/orders/7")["statusCode"] == HTTPStatus.OK
    assert (api.gate.rate_limiter.users, api.gate.meter.gauges) == ([], {})


@pytest.mark.parametrize(
    ("route", "path", "status"),
    [
        ("GET /orders/{order_id}", "/orders/7", "200"),
        ("POST /orders", "/orders", "422"),
        ("GET /broken", "/broken", "500"),
        ("$default", "/secret-path", "404"),
    ],
)
def test_every_request_is_counted_under_its_template(api: Api, route: str, path: str, status: str) -> None:
    api.send(route, path)
    endpoint = route.rpartition(" ")[2]
    assert api.gate.meter.total(metric_names.REQUESTS, endpoint=endpoint, status=status) == 1
    ((name, seconds, dimensions),) = api.gate.meter.observations
    assert (name, dimensions) == (metric_names.REQUEST_DURATION, {"endpoint": endpoint})
    assert seconds >= 0


def test_active_sessions_are_measured(api: Api) -> None:
    for user in ("user1", "user2", "user1"):
        api.send("GET /orders/{order_id}", "/orders/7", user=user)
    assert api.gate.meter.gauges == {metric_names.ACTIVE_SESSIONS: 2}


def test_one_request_leaves_nothing_to_the_next(api: Api) -> None:
    api.send("POST /orders", body={"parts": []}, user="user1")
    assert api.problem("POST /orders", body={"parts": []}, user=None)[0] is HTTPStatus.FORBIDDEN
