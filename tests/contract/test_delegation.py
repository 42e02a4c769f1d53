"""Every route is for the user of the token and for those who act for them, or for the user alone."""

import json
from http import HTTPStatus
from typing import Any

import pytest

from infra.manifest import FUNCTIONS, Function
from tests.contract.expected_answers import EXPECTED
from tests.contract.recorded import arrange, invoke, recorded
from tests.fakes.wired import Wired

USERS = "/api/v1/users/{user_id}"
FOR_THE_USER_ALONE = {
    f"GET {USERS}/delegates",
    f"GET {USERS}/delegators",
    f"PUT {USERS}/delegates/{{delegate_id}}",
    f"DELETE {USERS}/delegates/{{delegate_id}}",
    f"POST {USERS}/connections/{{provider}}",
    f"POST {USERS}/connections/confirm",
    f"DELETE {USERS}/connections/{{provider}}/{{connection_id}}",
    f"PUT {USERS}/preferences",
    f"PATCH {USERS}/preferences",
    f"DELETE {USERS}/memories",
    f"DELETE {USERS}/memories/{{memory_id}}",
}
# It is about all users together.
OF_NOBODY = "GET /metrics"
ROUTES = {
    f"{route.method} {route.path}"
    for function in FUNCTIONS
    for route in function.routes
    if not route.public and not function.is_webhook
} - {OF_NOBODY}
# As the recorded events know them: the user, their delegate, and somebody else.
USER, DELEGATE, STRANGER = "user123", "user789", "user456"


def _answered() -> dict[str, str]:
    """An event for each route: one that succeeds where there is one, else one that finds nothing."""
    known = [name for name, status in EXPECTED.items() if status.is_success or status is HTTPStatus.NOT_FOUND]
    known.sort(key=lambda name: EXPECTED[name].is_success)
    return {recorded(f"http/{name}")["routeKey"]: name for name in known}


EVENTS = _answered()
every_route = pytest.mark.parametrize("route", sorted(ROUTES))


def ask(name: str, caller: str) -> dict[str, Any]:
    """Send a recorded event with the token of another, who names the user."""
    event = recorded(f"http/{name}")
    event["requestContext"]["authorizer"]["jwt"]["claims"]["username"] = caller
    event["headers"]["on-behalf-of"] = USER
    return invoke(name.partition(".")[0], event)


def status(name: str, caller: str) -> HTTPStatus:
    return HTTPStatus(ask(name, caller)["statusCode"])


def test_every_route_has_an_event() -> None:
    assert set(EVENTS) >= ROUTES >= FOR_THE_USER_ALONE


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_that_delegates_may_call_may_look_them_up(function: Function) -> None:
    routes = {f"{route.method} {route.path}" for route in function.routes}
    grants = (*function.grants, *function.admission(cached=True))
    on_table = {action for grant in grants if grant.resource == "table" for action in grant.actions}
    assert "dynamodb:GetItem" in on_table or not routes & (ROUTES - FOR_THE_USER_ALONE)


@every_route
def test_a_route_is_for_the_user_and_their_delegate_or_for_the_user_alone(wired: Wired, route: str) -> None:
    name = EVENTS[route]
    arrange(wired, name)
    before = len(wired.audit_trail.events)
    answered = status(name, DELEGATE)
    if route in FOR_THE_USER_ALONE:
        assert answered is HTTPStatus.FORBIDDEN
        return
    assert answered is EXPECTED[name]
    assert {(event.user_id, event.delegate_id) for event in wired.audit_trail.events[before:]} <= {(USER, DELEGATE)}
    assert wired.limiter.users[-1] == DELEGATE
    wired.delegations.delete(USER, DELEGATE)
    assert status(name, DELEGATE) is HTTPStatus.FORBIDDEN


@every_route
def test_nobody_else_is_let_in_and_nobody_while_the_store_is_down(wired: Wired, route: str) -> None:
    name = EVENTS[route]
    arrange(wired, name)
    before = len(wired.audit_trail.events)
    refused = ask(name, STRANGER)
    assert refused["statusCode"] == HTTPStatus.FORBIDDEN
    assert json.loads(refused["body"])["errors"] == []
    wired.store.down = True
    alone = route in FOR_THE_USER_ALONE
    assert status(name, DELEGATE) is (HTTPStatus.FORBIDDEN if alone else HTTPStatus.SERVICE_UNAVAILABLE)
    assert wired.audit_trail.events[before:] == []


@pytest.mark.parametrize("route", sorted(ROUTES - FOR_THE_USER_ALONE))
def test_what_a_delegate_does_is_kept_for_the_user_and_nothing_for_the_delegate(wired: Wired, route: str) -> None:
    name = EVENTS[route]
    arrange(wired, name)
    ask(name, DELEGATE)
    wired.delegations.delete(USER, DELEGATE)
    kept = [field for fake in vars(wired).values() for field in getattr(fake, "__dict__", {}).values()]
    keys = [key if isinstance(key, tuple) else (key,) for field in kept if isinstance(field, dict) for key in field]
    assert any(USER in key for key in keys)
    assert not any(DELEGATE in key for key in keys)
    assert all(reservation.user_id == USER for reservation, _ in wired.spending.settled)


def test_the_delegate_needs_no_header_where_the_path_or_the_body_names_the_user(wired: Wired) -> None:
    for name in ("manage_effects", "optimize_calendar", "manage_notifications"):
        arrange(wired, name)
        event = recorded(f"http/{name}")
        event["requestContext"]["authorizer"]["jwt"]["claims"]["username"] = DELEGATE
        assert invoke(name, event)["statusCode"] == HTTPStatus.OK
