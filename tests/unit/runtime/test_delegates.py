"""For whom a request is made: the user of its token, or one who made them a delegate."""

import json
import logging
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from assistant.domain.audit import AuditAction, audit_event
from assistant.domain.delegations import Delegation
from assistant.runtime.http import Caller, HttpResolver, Owner, UserPath, http_resolver
from tests.fakes.stores import MemoryDelegations, Outage
from tests.unit.runtime.test_http import Api, Gate

USERS = ("ann", "bob", "carl")
users = st.sampled_from(USERS)


class Order(BaseModel):
    user_id: str


class Desk(Api):
    """An API with a user in the path, in the body, and in neither."""

    def __post_init__(self) -> None:
        self.outage = Outage()
        self.gate = Gate(delegations=MemoryDelegations(self.outage))
        self.app = routes(http_resolver(self.gate))

    def delegate(self, user_id: str, delegate_id: str, seconds: float | None = None) -> None:
        now = self.gate.clock.now()
        ends = None if seconds is None else now + timedelta(seconds=seconds)
        self.gate.delegations.put(Delegation(user_id=user_id, delegate_id=delegate_id, given_at=now, expires_at=ends))

    def ask(self, way: str, caller: str, user_id: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """A request of the caller about the user, who is named this way."""
        answer = {
            "path": lambda: self.send("GET /users/{user_id}", f"/users/{user_id}", user=caller),
            "body": lambda: self.send("POST /orders", body={"user_id": user_id}, user=caller),
            "header": lambda: self.send("GET /own", headers={"On-Behalf-Of": user_id}, user=caller),
            "alone": lambda: self.send("DELETE /users/{user_id}", f"/users/{user_id}", user=caller),
            "alone, by header": lambda: self.send("DELETE /own", headers={"On-Behalf-Of": user_id}, user=caller),
        }[way]()
        return HTTPStatus(answer["statusCode"]), json.loads(answer["body"])


def routes(app: HttpResolver) -> HttpResolver:
    def who(caller: Caller) -> dict[str, str | None]:
        return {"user_id": caller.user_id, "delegate_id": caller.delegate_id}

    @app.get("/users/<user_id>")
    def of_path(user_id: UserPath, caller: Caller) -> dict[str, str | None]:
        caller.must_be(user_id)
        return who(caller)

    @app.post("/orders")
    def of_body(order: Order, caller: Caller) -> dict[str, str | None]:
        caller.must_be(order.user_id)
        return who(caller)

    @app.get("/own")
    def own(caller: Caller) -> dict[str, str | None]:
        return who(caller)

    @app.delete("/users/<user_id>")
    def alone(user_id: UserPath, caller: Owner) -> dict[str, str | None]:
        caller.must_be(user_id)
        return who(caller)

    @app.delete("/own")
    def own_alone(caller: Owner) -> dict[str, str | None]:
        return who(caller)

    return app


@pytest.fixture
def desk() -> Desk:
    return Desk()


WAYS = pytest.mark.parametrize("way", ["path", "body", "header"])


@WAYS
def test_a_delegate_acts_for_the_user(desk: Desk, way: str, caplog: pytest.LogCaptureFixture) -> None:
    desk.delegate("ann", "bob")
    with caplog.at_level(logging.INFO):
        assert desk.ask(way, "bob", "ann") == (HTTPStatus.OK, {"user_id": "ann", "delegate_id": "bob"})
    (line,) = [record for record in caplog.records if record.message == "a delegate acts"]
    assert (line.__dict__["user_id"], line.__dict__["delegate_id"]) == ("ann", "bob")
    assert desk.gate.rate_limiter.users == ["bob"]
    assert desk.gate.sessions.users == {"bob"}


@WAYS
def test_a_user_is_looked_up_nowhere_to_reach_themself(desk: Desk, way: str) -> None:
    desk.outage.down = True
    assert desk.ask(way, "ann", "ann") == (HTTPStatus.OK, {"user_id": "ann", "delegate_id": None})
    assert desk.send("GET /own", user="ann")["statusCode"] == HTTPStatus.OK


@WAYS
def test_one_read_tells_a_delegate(desk: Desk, way: str) -> None:
    desk.delegate("ann", "bob")
    desk.ask(way, "bob", "ann")
    assert desk.gate.delegations.asked == [("ann", "bob")]


@WAYS
def test_a_foreign_and_an_unknown_user_look_the_same(desk: Desk, way: str) -> None:
    desk.delegate("ann", "carl")
    answers = [desk.ask(way, "bob", user_id) for user_id in ("ann", "nobody", "n" * 129 if way != "path" else "n")]
    assert {status for status, _ in answers} == {HTTPStatus.FORBIDDEN}
    assert answers[0] == answers[1] == answers[2]


@WAYS
def test_an_ended_delegation_ends_with_the_next_request(desk: Desk, way: str) -> None:
    desk.delegate("ann", "bob")
    assert desk.ask(way, "bob", "ann")[0] is HTTPStatus.OK
    desk.gate.delegations.delete("ann", "bob")
    assert desk.ask(way, "bob", "ann")[0] is HTTPStatus.FORBIDDEN


@WAYS
def test_a_delegation_is_over_at_its_end(desk: Desk, way: str) -> None:
    desk.delegate("ann", "bob", seconds=60)
    desk.gate.clock.advance(59.9)
    assert desk.ask(way, "bob", "ann")[0] is HTTPStatus.OK
    desk.gate.clock.advance(0.1)
    assert desk.ask(way, "bob", "ann")[0] is HTTPStatus.FORBIDDEN


@WAYS
def test_nobody_gets_in_while_the_store_is_down(desk: Desk, way: str) -> None:
    desk.delegate("ann", "bob")
    desk.outage.down = True
    assert desk.ask(way, "bob", "ann")[0] is HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize("way", ["alone", "alone, by header"])
def test_what_is_for_the_user_alone_no_delegate_does(desk: Desk, way: str) -> None:
    desk.delegate("ann", "bob")
    assert desk.ask(way, "ann", "ann") == (HTTPStatus.OK, {"user_id": "ann", "delegate_id": None})
    refused = desk.ask(way, "bob", "ann")
    assert refused == desk.ask(way, "bob", "nobody")
    assert refused[0] is HTTPStatus.FORBIDDEN
    assert desk.gate.delegations.asked == []


def test_a_header_is_written_as_a_path_is(desk: Desk) -> None:
    desk.delegate("jörg/ann", "bob")
    expected = {"user_id": "jörg/ann", "delegate_id": "bob"}
    assert desk.ask("header", "bob", "j%C3%B6rg%2Fann")[1] == expected
    # API Gateway decodes every escape in a path but that of the slash.
    assert desk.ask("path", "bob", "jörg%2Fann")[1] == expected


def test_a_request_names_one_user_alone(desk: Desk) -> None:
    for user_id in ("ann", "carl"):
        desk.delegate(user_id, "bob")
    other = {"On-Behalf-Of": "carl"}
    route, path = "GET /users/{user_id}", "/users/ann"
    assert desk.problem(route, path, headers=other, user="bob") == (HTTPStatus.UNPROCESSABLE_CONTENT, ["On-Behalf-Of"])
    assert desk.problem("POST /orders", body={"user_id": "ann"}, headers=other, user="bob") == (
        HTTPStatus.UNPROCESSABLE_CONTENT,
        ["On-Behalf-Of"],
    )
    assert desk.send(route, path, headers={"On-Behalf-Of": "ann"}, user="bob")["statusCode"] == HTTPStatus.OK


@pytest.mark.parametrize("raw", ["{", "[]", "null", '{"user_id": ["ann"]}'])
def test_a_body_that_nobody_asked_for_does_not_matter(desk: Desk, raw: str) -> None:
    assert desk.send("GET /own", raw=raw, user="bob")["statusCode"] == HTTPStatus.OK


@given(
    pairs=st.lists(st.tuples(users, users, st.one_of(st.none(), st.integers(-2, 2))), max_size=6),
    caller=users,
    user_id=users,
    way=st.sampled_from(["path", "body", "header", "alone", "alone, by header"]),
)
def test_nobody_reaches_a_user_who_did_not_make_them_a_delegate(
    pairs: list[tuple[str, str, int | None]], caller: str, user_id: str, way: str
) -> None:
    desk = Desk()
    for owner, delegate_id, seconds in pairs:
        desk.delegate(owner, delegate_id, seconds)
    holds = {(owner, delegate_id): seconds is None or seconds > 0 for owner, delegate_id, seconds in pairs}
    status, answer = desk.ask(way, caller, user_id)
    if caller == user_id:
        assert (status, answer) == (HTTPStatus.OK, {"user_id": user_id, "delegate_id": None})
    elif holds.get((user_id, caller)) and not way.startswith("alone"):
        assert (status, answer) == (HTTPStatus.OK, {"user_id": user_id, "delegate_id": caller})
    else:
        assert status is HTTPStatus.FORBIDDEN


def test_the_audit_event_is_of_the_user_and_names_who_acted(desk: Desk) -> None:
    seen = []

    @desk.app.post("/audited")
    def audited(order: Order, caller: Caller) -> dict[str, str]:
        seen.append(audit_event(AuditAction.EMAILS_TRIAGED, caller, desk.gate.clock.now()))
        return {"id": order.user_id}

    desk.delegate("ann", "bob")
    for caller in ("ann", "bob"):
        desk.send("POST /audited", body={"user_id": "ann"}, user=caller)
    assert [(event.user_id, event.delegate_id) for event in seen] == [("ann", None), ("ann", "bob")]
