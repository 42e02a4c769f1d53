"""The manifest is the only place that says which functions exist: everything else agrees with it."""

import importlib
import re
from pathlib import Path

import pytest

from infra.manifest import FUNCTIONS, QUEUES, SECRETS, Function
from infra.openapi import resolver

ROOT = Path(__file__).parents[2]
# Providers call webhooks, whose handlers cannot pay for a resolver: their one route leads to the whole function.
HTTP = [function for function in FUNCTIONS if function.routes and not function.is_webhook]
WEBHOOKS = [function for function in FUNCTIONS if function.is_webhook]
LONGEST_HANDLER = 40
# Of Lambda: the dependency sets and our own package.
MOST_LAYERS = 5


def names(functions: list[Function]) -> list[str]:
    return [function.name for function in functions]


def test_every_function_has_a_folder_and_every_folder_a_function() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_handler_has_the_entry_point_and_says_what_it_does(function: Function) -> None:
    handler = importlib.import_module(f"functions.{function.name}.handler")
    assert callable(handler.lambda_handler)
    assert handler.__doc__


@pytest.mark.parametrize("function", HTTP, ids=lambda function: function.name)
def test_the_resolver_has_the_routes_of_the_manifest(function: Function) -> None:
    app = resolver(function.name)
    registered = {
        (route.method, re.sub(r"<(\w+)>", r"{\1}", route.path)) for route in app._static_routes + app._dynamic_routes
    }
    assert registered == {(route.method, route.path) for route in function.routes if route.path != "$default"}


@pytest.mark.parametrize("function", WEBHOOKS, ids=lambda function: function.name)
def test_a_webhook_is_public_and_has_no_session(function: Function) -> None:
    assert all(route.public for route in function.routes)
    assert not function.cache


def test_queues_and_secrets_named_by_functions_exist() -> None:
    queues = {queue.name for queue in QUEUES}
    assert {function.consumes for function in FUNCTIONS if function.consumes} <= queues
    granted = {
        grant.resource.removeprefix("queue:")
        for function in FUNCTIONS
        for grant in function.grants
        if grant.resource.startswith("queue:")
    }
    assert granted <= queues
    assert {secret for function in FUNCTIONS for secret in function.secrets} <= set(SECRETS)


def test_functions_others_invoke_are_listed_before_them() -> None:
    listed: set[str] = set()
    for function in FUNCTIONS:
        invoked = {grant.resource for grant in function.grants if grant.resource.startswith("function:")}
        assert invoked <= {f"function:{name}" for name in listed}
        listed.add(function.name)


def test_only_a_function_with_the_cache_has_the_redis_client() -> None:
    assert all(function.cache == ("cache" in function.dependencies) for function in FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_handler_stays_thin(function: Function) -> None:
    source = (ROOT / "functions" / function.name / "handler.py").read_text(encoding="utf-8")
    _, _, body = source.partition("\napp = ")
    code = [line for line in body.splitlines() if line.strip()]
    assert len(code) <= LONGEST_HANDLER


def test_no_function_has_more_layers_than_lambda_takes() -> None:
    assert all(len(function.dependencies) + 1 <= MOST_LAYERS for function in FUNCTIONS)


def test_every_function_has_the_core_set_whose_packages_no_other_set_carries() -> None:
    assert all("core" in function.dependencies for function in FUNCTIONS)
