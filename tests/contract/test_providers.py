"""The manifest of providers: what its rows name exists, and the functions follow from it."""

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from assistant.domain.providers import Access, Provider, providers_of
from infra.manifest import FUNCTIONS, TOKENS_KEY, Function, groups_of
from infra.manifest.providers import clients_of, on_tokens

GROUPS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["dependency-groups"]

CLIENTS = {part.dependencies for provider in Provider for part in provider.row.parts.values()}

every_provider = pytest.mark.parametrize("provider", Provider)


@every_provider
def test_a_row_names_an_adapter_and_a_dependency_group_that_exist(provider: Provider) -> None:
    assert provider.row.parts
    for part in provider.row.parts.values():
        assert part.dependencies in GROUPS
        if part.adapter:
            module, _, name = part.adapter.partition(":")
            assert callable(getattr(import_module(f"assistant.adapters.{module}"), name).registered)


@every_provider
def test_only_accounts_that_say_whose_they_are_can_be_hinted_at(provider: Provider) -> None:
    assert ("openid" in provider.row.identity) == provider.row.pkce


def test_who_serves_a_part_reads_tokens_of_every_provider_that_has_it() -> None:
    assert [grant.resource for grant in on_tokens(Access.MAIL)] == ["key:google", "key:microsoft", "key:imap"]
    assert [grant.resource for grant in on_tokens(*Access)] == [f"key:{provider}" for provider in Provider]


def test_who_serves_a_part_carries_the_clients_of_every_provider_that_has_it() -> None:
    assert groups_of(clients_of(Access.MAIL)) == ("google", "graph", "imap")
    assert groups_of(clients_of(*Access)) == ("google", "graph", "imap", "notion", "slack")


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_carries_clients_only_with_tokens_to_use_them(function: Function) -> None:
    carried = {group for name in function.dependencies for group in groups_of(name)} & CLIENTS
    readable = {
        Provider(grant.resource.removeprefix(TOKENS_KEY))
        for grant in function.grants
        if grant.resource.startswith(TOKENS_KEY) and "kms:Decrypt" in grant.actions
    }
    used = {part.dependencies for provider in readable for part in provider.row.parts.values()}
    assert carried <= used


def test_every_part_has_a_provider() -> None:
    assert all(providers_of(part) for part in Access)
