"""What functions need of providers, as the manifest of those says: tokens of their accounts, clients to call them."""

from assistant.domain.providers import Access, Provider, providers_of
from infra.manifest.shapes import TOKENS_KEY, Grant

_JOIN = "_"


def on_tokens(*parts: Access, read: bool = True) -> tuple[Grant, ...]:
    """Return the grants to write, and to ``read``, the tokens of accounts that have one of these parts."""
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if read else ("kms:GenerateDataKey",)
    serving = (provider for provider in Provider if not provider.row.parts.keys().isdisjoint(parts))
    return tuple(Grant(f"{TOKENS_KEY}{provider}", actions) for provider in serving)


def clients_of(*parts: Access) -> str:
    """Return the dependency set with the clients of these parts of accounts: their groups as one layer, of five."""
    groups = {provider.row.parts[part].dependencies for part in parts for provider in providers_of(part)}
    return _JOIN.join(sorted(groups))


def groups_of(dependency_set: str) -> tuple[str, ...]:
    """Return the groups of pyproject.toml that a dependency set is made of."""
    return tuple(dependency_set.split(_JOIN))
