"""No number and no time, however extreme, is answered with a failure of ours."""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.contract.expected_answers import EXPECTED
from tests.contract.recorded import arrange, invoke, recorded
from tests.fakes.wired import Wired

OPENAPI = Path(__file__).parents[2] / "functions" / "serve_docs" / "openapi.json"
DOCUMENT: Final = json.loads(OPENAPI.read_text(encoding="utf-8"))
INTEGERS: Final = (10**21, -(10**21), 2**63)
DAYS: Final = ("0001-01-01", "9999-12-31")
FARTHEST: Final = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")
TIMES: Final = (
    *FARTHEST,
    "0001-01-01T00:00:00Z",
    "0001-01-01T23:59:59-12:00",
    "9999-12-31T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
)
# By type and format; what is a day or a time may be declared as words, too.
EXTREMES: Final[Mapping[tuple[str, str], tuple[object, ...]]] = {
    ("integer", ""): INTEGERS,
    ("number", ""): (*INTEGERS, 1e308, -1e308),
    ("string", ""): FARTHEST,
    ("string", "date"): DAYS,
    ("string", "date-time"): TIMES,
}

type Event = Mapping[str, Any]
# The names and numbers that lead to a place in a document.
type Way = tuple[str | int, ...]


def operation(event: Event) -> Mapping[str, Any]:
    """Return what the document says of the operation a recorded event is for; nothing of one it does not list."""
    method, _, path = event["routeKey"].rpartition(" ")
    declared: Mapping[str, Any] = DOCUMENT["paths"].get(path, {}).get(method.lower(), {})
    return declared


def options(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a value may be, with references resolved."""
    if "$ref" in schema:
        yield from options(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        return
    yield schema
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from options(one)


def extremes(schema: Mapping[str, Any], value: Any, way: Way = ()) -> Iterator[tuple[Way, object]]:
    """Yield where in a document like this one what extreme may stand."""
    for option in options(schema):
        for extreme in EXTREMES.get((option.get("type", ""), option.get("format", "")), ()):
            yield way, extreme
        if option.get("type") == "array":
            first = value[0] if isinstance(value, list) and value else None
            for below, extreme in extremes(option.get("items", {}), first):
                yield ((*way, 0, *below), extreme) if below else (way, [extreme])
        if isinstance(value, dict):
            # Whatever else there may be: a schema, or whether there is any.
            others = option.get("additionalProperties")
            named = dict.fromkeys(value, others) if isinstance(others, dict) else {}
            fields = named | option.get("properties", {})
            for name, declared in fields.items():
                yield from extremes(declared, value.get(name), (*way, name))


def put(document: Any, way: Way, value: object) -> Any:
    """Return a copy of a document with a value in one place."""
    changed = copy.deepcopy(document)
    place = changed
    for name in way[:-1]:
        place = place[name]
    place[way[-1]] = value
    return changed


def with_parameter(event: Event, parameter: str, value: str) -> str:
    """Return the event's path with another value for a parameter."""
    template = event["routeKey"].partition(" ")[2].split("/")
    segments = zip(template, event["rawPath"].split("/"), strict=True)
    return "/".join(value if name == f"{{{parameter}}}" else segment for name, segment in segments)


def extreme_events(event: Event) -> Iterator[Event]:
    """Yield a recorded event with each extreme in each place its operation declares."""
    declared = operation(event)
    for parameter in declared.get("parameters", ()):
        name = parameter["name"]
        for extreme in (*INTEGERS, *DAYS, *TIMES):
            if parameter["in"] == "query":
                query = {**event.get("queryStringParameters", {}), name: str(extreme)}
                yield {**event, "queryStringParameters": query, "rawQueryString": urlencode(query)}
            elif parameter["in"] == "path":
                yield {**event, "rawPath": with_parameter(event, name, str(extreme))}
    content = declared.get("requestBody", {}).get("content", {}).get("application/json")
    if content and event["headers"].get("content-type", "").startswith("application/json"):
        body = json.loads(event["body"])
        for way, far in extremes(content["schema"], body):
            yield {**event, "body": json.dumps(put(body, way, far))}


TAKEN = [name for name, status in EXPECTED.items() if status.is_success and operation(recorded(f"http/{name}"))]


@pytest.mark.parametrize("name", TAKEN)
def test_nothing_extreme_is_a_failure_of_ours(wired: Wired, name: str) -> None:
    arrange(wired, name)
    function = name.partition(".")[0]
    for event in extreme_events(recorded(f"http/{name}")):
        answer = invoke(function, event)
        assert answer["statusCode"] < 500, (event["rawPath"], event["rawQueryString"], event.get("body"))


def test_extremes_are_put_wherever_one_may_stand() -> None:
    event = recorded("http/find_availability")
    schema = operation(event)["requestBody"]["content"]["application/json"]["schema"]
    busy = ("attendee_availability", "alice@company.com", "busy", 0, "start")
    places = {way for way, _ in extremes(schema, json.loads(event["body"]))}
    assert places >= {("timezone",), ("buffer_minutes",), ("window", "end"), busy}
    verify = list(extreme_events(recorded("http/manage_effects.verify")))
    assert {"after=-1" + "0" * 21, f"after={2**63}"} <= {one["rawQueryString"] for one in verify}
    assert f"/api/v1/users/{10**21}/effects/verify" in {one["rawPath"] for one in verify}
