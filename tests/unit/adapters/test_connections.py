"""Stores of connections, tokens and consents: one suite for the fakes and for DynamoDB with KMS."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest

from assistant.adapters.dynamo import Table, attributes, plain
from assistant.adapters.dynamo_connections import DynamoConnections
from assistant.adapters.dynamo_consents import DynamoPendingConsents
from assistant.adapters.dynamo_given_consents import DynamoGivenConsents
from assistant.adapters.dynamo_tokens import DynamoTokenVault
from assistant.adapters.kms_envelope import KmsEnvelope, kms_client
from assistant.domain.connections import Connection, ConnectionStatus, connection_id
from assistant.domain.errors import Unavailable
from assistant.domain.providers import Provider
from assistant.domain.tokens import GivenConsent, PendingConsent, TokenSet
from assistant.ports.connections import ConnectionStore, GivenConsents, PendingConsents, TokenVault
from tests.fakes.connections import (
    MemoryConnections,
    MemoryConsents,
    MemoryGivenConsents,
    MemoryVault,
    google_connection,
)
from tests.fakes.runtime import ManualClock

ANN = google_connection()
BEN = google_connection("user456", "ben@example.com")


@dataclass
class Stores:
    connections: ConnectionStore
    vault: TokenVault
    consents: PendingConsents
    given: GivenConsents


@pytest.fixture
def envelope(aws: None) -> KmsEnvelope:  # noqa: ARG001 needs AWS to be there
    return KmsEnvelope(boto3.client("kms").create_key()["KeyMetadata"]["KeyId"], kms_client())


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Stores]:
    if request.param == "fake":
        vault = MemoryVault(clock)
        yield Stores(MemoryConnections(vault), vault, MemoryConsents(clock), MemoryGivenConsents(clock))
        return
    table: Table = request.getfixturevalue("table")
    envelope: KmsEnvelope = request.getfixturevalue("envelope")
    yield Stores(
        DynamoConnections(table),
        DynamoTokenVault(table, envelope, clock),
        DynamoPendingConsents(table, clock),
        DynamoGivenConsents(table, envelope, clock),
    )


def tokens(name: str, clock: ManualClock) -> TokenSet:
    return TokenSet(f"access-{name}", f"refresh-{name}", clock.now() + timedelta(hours=1))


class TestConnections:
    def test_finds_what_was_stored_by_user_account_and_provider(self, stores: Stores) -> None:
        store = stores.connections
        assert store.replace(ANN, expected_version=0)
        assert store.replace(BEN, expected_version=0)
        assert store.find("user123", ANN.id) == ANN
        assert store.find("user456", ANN.id) is None
        assert store.of_user("user123") == [ANN]
        assert store.of_account(Provider.GOOGLE, "ben@example.com") == [BEN]
        assert store.of_account(Provider.MICROSOFT, "ben@example.com") == []
        assert store.of_provider(Provider.GOOGLE) == [ANN, BEN]

    def test_an_account_of_two_users_is_two_connections(self, stores: Stores) -> None:
        shared = google_connection("user456", ANN.account)
        for one in (ANN, shared):
            assert stores.connections.replace(one, expected_version=0)
        assert stores.connections.of_account(Provider.GOOGLE, ANN.account) == [ANN, shared]

    def test_a_change_needs_the_stored_version(self, stores: Stores) -> None:
        broken = ANN.model_copy(update={"status": ConnectionStatus.BROKEN})
        store = stores.connections
        assert not store.replace(broken, expected_version=1)
        assert store.replace(ANN, expected_version=0)
        assert not store.replace(broken, expected_version=0)
        assert store.replace(broken, expected_version=1)
        assert store.of_account(Provider.GOOGLE, ANN.account) == [broken.model_copy(update={"version": 2})]

    def test_deleting_takes_the_tokens_with_it(self, stores: Stores, clock: ManualClock) -> None:
        for one in (ANN, BEN):
            stores.connections.replace(one, expected_version=0)
            stores.vault.put(one, tokens("1", clock))
        for _ in range(2):
            stores.connections.delete(ANN)
        assert stores.connections.of_user("user123") == []
        assert stores.connections.of_provider(Provider.GOOGLE) == [BEN]
        assert stores.vault.read(ANN) is None
        assert stores.vault.read(BEN)

    def test_an_id_tells_providers_accounts_and_tenants_apart(self) -> None:
        ids = {
            connection_id(provider, account, tenant)
            for provider in Provider
            for account in ("ann@example.com", "ben@example.com")
            for tenant in (None, "tenant1")
        }
        assert len(ids) == 4 * len(Provider)


class TestVault:
    def test_keeps_tokens_under_rising_versions(self, stores: Stores, clock: ManualClock) -> None:
        first, second = tokens("1", clock), TokenSet("access-2")
        assert stores.vault.read(ANN) is None
        stores.vault.put(ANN, first)
        kept = stores.vault.read(ANN)
        assert kept
        assert (kept.tokens, kept.version) == (first, 1)
        assert stores.vault.replace(ANN, second, expected_version=1)
        assert not stores.vault.replace(ANN, first, expected_version=1)
        kept = stores.vault.read(ANN)
        assert kept
        assert (kept.tokens, kept.version) == (second, 2)
        stores.vault.put(ANN, first)
        assert not stores.vault.replace(ANN, second, expected_version=2)

    def test_one_at_a_time_renews(self, stores: Stores, clock: ManualClock) -> None:
        until = clock.now() + timedelta(seconds=30)
        assert not stores.vault.lease(ANN, version=1, until=until)
        stores.vault.put(ANN, tokens("1", clock))
        assert not stores.vault.lease(ANN, version=2, until=until)
        assert stores.vault.lease(ANN, version=1, until=until)
        assert not stores.vault.lease(ANN, version=1, until=until)
        stores.vault.release(ANN, version=1)
        assert stores.vault.lease(ANN, version=1, until=until)
        clock.advance(30)
        assert stores.vault.lease(ANN, version=1, until=until + timedelta(seconds=30))
        assert stores.vault.replace(ANN, tokens("2", clock), expected_version=1)
        assert stores.vault.lease(ANN, version=2, until=until)
        stores.vault.put(ANN, tokens("3", clock))
        assert stores.vault.lease(ANN, version=3, until=until + timedelta(seconds=30))

    def test_nothing_returns_after_a_disconnect(self, stores: Stores, clock: ManualClock) -> None:
        stores.vault.put(ANN, tokens("1", clock))
        stores.connections.delete(ANN)
        assert not stores.vault.replace(ANN, tokens("2", clock), expected_version=1)
        assert not stores.vault.lease(ANN, version=1, until=clock.now())
        stores.vault.release(ANN, version=1)
        assert stores.vault.read(ANN) is None


class TestConsents:
    def pending(self, clock: ManualClock) -> PendingConsent:
        return PendingConsent(
            user_id="user123",
            provider=Provider.GOOGLE,
            redirect_uri="https://assistant.example/callback",
            scopes=frozenset({"openid"}),
            verifier="verifier",
            expires_at=clock.now() + timedelta(minutes=10),
        )

    def test_a_state_is_good_once(self, stores: Stores, clock: ManualClock) -> None:
        stores.consents.keep("state", self.pending(clock))
        assert stores.consents.take("other") is None
        assert stores.consents.take("state") == self.pending(clock)
        assert stores.consents.take("state") is None

    def test_a_state_expires_though_the_item_is_still_there(self, stores: Stores, clock: ManualClock) -> None:
        stores.consents.keep("state", self.pending(clock))
        clock.advance(600)
        assert stores.consents.take("state") is None

    def test_the_challenge_is_that_of_rfc_7636_appendix_b(self, clock: ManualClock) -> None:
        verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        pending = self.pending(clock).model_copy(update={"verifier": verifier})
        assert pending.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        assert self.pending(clock).model_copy(update={"verifier": None}).challenge is None


def given_consent(clock: ManualClock) -> GivenConsent:
    return GivenConsent(ANN, tokens("1", clock), clock.now() + timedelta(minutes=10))


class TestGivenConsents:
    def test_a_code_is_good_once_for_who_asked(self, stores: Stores, clock: ManualClock) -> None:
        stores.given.keep("code", given_consent(clock))
        assert stores.given.take("user123", "other") is None
        assert stores.given.take("user456", "code") is None
        assert stores.given.take("user123", "code") == given_consent(clock)
        assert stores.given.take("user123", "code") is None

    def test_a_code_expires_though_the_item_is_still_there(self, stores: Stores, clock: ManualClock) -> None:
        stores.given.keep("code", given_consent(clock))
        clock.advance(600)
        assert stores.given.take("user123", "code") is None


class TestEncryption:
    def scan(self, table: Table) -> list[dict[str, Any]]:
        return [plain(item) for item in table.client.scan(TableName=table.name)["Items"]]

    def test_no_token_and_no_state_stands_in_the_table(
        self, table: Table, envelope: KmsEnvelope, clock: ManualClock
    ) -> None:
        DynamoTokenVault(table, envelope, clock).put(ANN, tokens("1", clock))
        DynamoPendingConsents(table, clock).keep("state-of-the-user", TestConsents().pending(clock))
        DynamoGivenConsents(table, envelope, clock).keep("code-of-the-user", given_consent(clock))
        written = str([{name: _shown(value) for name, value in item.items()} for item in self.scan(table)])
        assert "TOKENS#" in written
        assert "GIVEN#" in written
        for secret in ("access-1", "refresh-1", "state-of-the-user", "code-of-the-user"):
            assert secret not in written

    def test_a_disconnect_leaves_nothing_in_the_table(
        self, table: Table, envelope: KmsEnvelope, clock: ManualClock
    ) -> None:
        store, vault = DynamoConnections(table), DynamoTokenVault(table, envelope, clock)
        store.replace(ANN, expected_version=0)
        vault.put(ANN, tokens("1", clock))
        assert len(self.scan(table)) == 4
        store.delete(ANN)
        assert self.scan(table) == []

    @pytest.mark.parametrize("changed", [{"user_id": "user456"}, {"id": "google-other"}, {"provider": "microsoft"}])
    def test_tokens_of_one_connection_open_no_other(
        self, table: Table, envelope: KmsEnvelope, clock: ManualClock, changed: dict[str, str]
    ) -> None:
        vault = DynamoTokenVault(table, envelope, clock)
        vault.put(ANN, tokens("1", clock))
        other = Connection.model_validate(ANN.model_dump() | changed)
        (item,) = table.client.scan(TableName=table.name)["Items"]
        moved = attributes({"pk": f"USER#{other.user_id}", "sk": f"TOKENS#{other.id}"})
        table.client.put_item(TableName=table.name, Item={**item, **moved})
        with pytest.raises(Unavailable):
            vault.read(other)

    def test_a_changed_text_is_no_token(self, table: Table, envelope: KmsEnvelope, clock: ManualClock) -> None:
        vault = DynamoTokenVault(table, envelope, clock)
        vault.put(ANN, tokens("1", clock))
        (item,) = table.client.scan(TableName=table.name)["Items"]
        sealed = item["sealed"]["B"]
        table.client.put_item(
            TableName=table.name, Item=item | {"sealed": {"B": sealed[:-1] + bytes([sealed[-1] ^ 1])}}
        )
        with pytest.raises(Unavailable, match="connect it again"):
            vault.read(ANN)

    def test_every_write_has_a_key_and_a_nonce_of_its_own(
        self, table: Table, envelope: KmsEnvelope, clock: ManualClock
    ) -> None:
        vault, written = DynamoTokenVault(table, envelope, clock), set()
        for _ in range(2):
            vault.put(ANN, tokens("1", clock))
            (item,) = table.client.scan(TableName=table.name)["Items"]
            written |= {item["sealed"]["B"][:12], item["data_key"]["B"]}
        assert len(written) == 4

    def test_a_key_that_is_down_is_unavailable(self, table: Table, clock: ManualClock) -> None:
        vault = DynamoTokenVault(table, KmsEnvelope("gone", kms_client()), clock)
        with pytest.raises(Unavailable):
            vault.put(ANN, tokens("1", clock))

    def test_no_token_shows_when_printed(self, clock: ManualClock) -> None:
        assert "access-1" not in repr(tokens("1", clock))
        assert "refresh-1" not in repr(tokens("1", clock))


def _shown(value: Any) -> str:
    return bytes(value).decode("latin-1") if hasattr(value, "__bytes__") else str(value)
