"""Accounts are opened by who asked, once, in time, for what was asked; and disconnected whatever the provider says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.domain.access import asked_scopes, granted_scopes
from assistant.domain.connections import Connection, ConnectionStatus
from assistant.domain.errors import AssistantError, Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.providers import Access, Provider
from assistant.domain.tokens import Consent, PendingConsent, in_groups
from assistant.domain.users import Identity
from assistant.services.confirm_connection import Confirmation, ConfirmPorts, confirm_consent
from assistant.services.connect_accounts import (
    AccessRequest,
    AskPorts,
    CompletePorts,
    ConsentAsked,
    ProviderAnswer,
    ask_consent,
    complete_consent,
)
from assistant.services.manage_connections import (
    LEAST_SECONDS,
    ConnectionPorts,
    ConnectionView,
    Disconnected,
    disconnect,
    list_connections,
)
from tests.fakes.connections import (
    MemoryConnections,
    MemoryConsents,
    MemoryGivenConsents,
    MemoryVault,
    ScriptedProvider,
)
from tests.fakes.mailbox_sync import MemoryMailboxQueue
from tests.fakes.runtime import ManualClock
from tests.fakes.stores import MemoryAuditTrail, Outage

ANN = Identity("user123", "request1")
BEN = Identity("user456", "request2")
ALL = asked_scopes(Provider.GOOGLE, (Access.MAIL, Access.CALENDAR))


@dataclass
class World:
    clock: ManualClock = field(default_factory=ManualClock)
    store_outage: Outage = field(default_factory=Outage)
    audit: MemoryAuditTrail = field(default_factory=MemoryAuditTrail)
    queue_outage: Outage = field(default_factory=Outage)

    def __post_init__(self) -> None:
        self.vault = MemoryVault(self.clock)
        self.store = MemoryConnections(self.vault, self.store_outage)
        self.consents, self.given = MemoryConsents(self.clock), MemoryGivenConsents(self.clock, self.store_outage)
        self.provider = ScriptedProvider(self.clock)
        self.asking = AskPorts(self.store, self.consents, self.provider, self.clock)
        self.completing = CompletePorts(self.consents, self.given, self.provider, self.clock)
        self.confirming = ConfirmPorts(self.store, self.vault, self.given, self.audit, self.clock)
        self.mailboxes, self.calendars = (MemoryMailboxQueue(self.queue_outage) for _ in range(2))
        self.managing = ConnectionPorts(
            self.store,
            self.vault,
            self.provider,
            self.audit,
            self.clock,
            lambda: {Access.MAIL: self.mailboxes, Access.CALENDAR: self.calendars},
        )

    def ask(
        self, provider: Provider = Provider.GOOGLE, caller: Identity = ANN, **wanted: object
    ) -> tuple[ConsentAsked, str]:
        request = AccessRequest.model_validate(wanted)
        address = "https://assistant.example"
        asked = ask_consent(caller.user_id, provider, request, caller, address=address, ports=self.asking)
        (state,) = parse_qs(urlsplit(asked.authorization_url).query)["state"]
        return asked, state

    def grants(self, code: str, account: str = "ann@example.com", scopes: frozenset[str] = ALL) -> None:
        self.provider.consents[code] = Consent(account, account, scopes, self.provider.issue(code))

    def complete(
        self, state: str | None, code: str | None = "code", error: str | None = None
    ) -> tuple[Connection, str]:
        answer = ProviderAnswer(state=state, code=code, error=error)
        return complete_consent(Provider.GOOGLE, answer, ports=self.completing)

    def confirm(self, code: str, caller: Identity = ANN) -> Connection:
        return confirm_consent(caller.user_id, Confirmation(code=code), caller, ports=self.confirming)

    def connect(self, caller: Identity = ANN, account: str = "ann@example.com", code: str = "code") -> Connection:
        _, state = self.ask(caller=caller)
        self.grants(code, account)
        _, shown = self.complete(state, code)
        return self.confirm(shown, caller)

    def disconnect(
        self, connection: Connection, caller: Identity = ANN, of: str | None = None, seconds: float = 29.0
    ) -> Disconnected:
        user_id = of or caller.user_id
        provider, name = connection.provider, connection.id
        return disconnect(user_id, provider, name, caller, seconds_left=lambda: seconds, ports=self.managing)


@pytest.fixture
def world() -> World:
    return World()


def test_an_account_is_connected(world: World) -> None:
    asked, state = world.ask()
    assert (asked.scopes, asked.expires_at) == (tuple(sorted(ALL)), world.clock.now() + timedelta(minutes=10))
    assert asked.confirmation == "/api/v1/users/user123/connections/confirm"
    world.grants("code")
    _, code = world.complete(state)
    assert world.store.of_user("user123") == []
    assert world.vault.kept == {}
    assert world.audit.events == []
    connected = world.confirm(code)
    kept = world.vault.read(connected)
    assert kept
    assert kept.tokens.refresh == "refresh-code"
    assert world.store.of_user("user123") == [connected]
    (view,) = list_connections("user123", ANN, ports=world.managing).connections
    assert [(part.part, part.granted) for part in view.access] == [(Access.MAIL, True), (Access.CALENDAR, True)]
    assert [(event.user_id, event.action, event.subject_id) for event in world.audit.events] == [
        ("user123", "account.connected", connected.id)
    ]


def test_a_state_is_256_random_bits_and_the_verifier_is_another(world: World) -> None:
    states, verifiers = set(), set()
    for _ in range(20):
        _, state = world.ask()
        pending = world.consents.take(state)
        assert pending
        assert pending.redirect_uri == "https://assistant.example/api/v1/connections/google/callback"
        assert len(state) == len(pending.verifier or "") == 43
        states.add(state)
        verifiers.add(pending.verifier)
    assert len(states | verifiers) == 40


@pytest.mark.parametrize("provider", [Provider.SLACK, Provider.NOTION])
def test_where_pkce_is_not_known_none_is_sent(world: World, provider: Provider) -> None:
    _, state = world.ask(provider)
    pending = world.consents.take(state)
    assert pending
    assert pending.verifier is None


REFUSED: dict[str, Callable[[World, str], object]] = {
    "wrong state": lambda world, state: world.complete(state[::-1]),
    "no state": lambda world, _: world.complete(None),
    "no code": lambda world, state: world.complete(state, None),
    "denied": lambda world, state: world.complete(state, None, "access_denied"),
    "provider refuses": lambda world, state: world.complete(state, None, "server_error"),
    "unknown code": lambda world, state: world.complete(state, "guessed"),
}
SAID: dict[str, tuple[type[AssistantError], str]] = {
    "wrong state": (InvalidRequest, "used already, has expired or is not one of ours"),
    "no state": (InvalidRequest, "is not one of ours"),
    "no code": (Conflict, "refused to open"),
    "denied": (Forbidden, "You did not allow it"),
    "provider refuses": (Conflict, "refused to open"),
    "unknown code": (InvalidRequest, "used already or took too long"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_consent_connects_nothing(world: World, case: str) -> None:
    _, state = world.ask()
    world.grants("code")
    error, words = SAID[case]
    with pytest.raises(error, match=words):
        REFUSED[case](world, state)
    assert world.store.of_user("user123") == []
    assert world.vault.kept == {}


def test_a_state_is_good_once_even_where_its_code_failed(world: World) -> None:
    _, state = world.ask()
    world.grants("code")
    with pytest.raises(InvalidRequest):
        world.complete(state, "guessed")
    with pytest.raises(InvalidRequest):
        world.complete(state)
    assert world.vault.kept == {}


def test_a_replayed_answer_changes_nothing(world: World) -> None:
    _, state = world.ask()
    world.grants("code")
    _, code = world.complete(state)
    with pytest.raises(InvalidRequest):
        world.complete(state)
    connected = world.confirm(code)
    with pytest.raises(NotFound):
        world.confirm(code)
    assert world.store.of_user("user123") == [connected]


def test_who_asked_connects_nothing_without_the_code_of_who_consented(world: World) -> None:
    """RFC 6749, 10.12, the other way round: Ben asks, and Ann, lured to his link, consents."""
    _, bens = world.ask(caller=BEN)
    world.grants("code")
    shown, code = world.complete(bens)
    said = " ".join(ConnectionView.of(shown).told("user456", code))
    assert in_groups(code) in said
    assert "The user user456 asked to connect ann@example.com at Google" in said
    assert "give it to nobody" in said
    for caller, guess in ((BEN, "A" * 16), (BEN, bens), (BEN, code[:-1]), (ANN, code)):
        with pytest.raises(NotFound, match="wrong, was used or has expired"):
            world.confirm(guess, caller)
    with pytest.raises(Forbidden):
        confirm_consent("user456", Confirmation(code=code), ANN, ports=world.confirming)
    assert world.vault.kept == {}
    assert world.confirm(code, BEN).user_id == "user456"
    assert world.store.of_user("user123") == []


def test_codes_have_80_random_bits_and_are_typed_in_many_ways(world: World) -> None:
    codes = set()
    for typed in (str, in_groups, str.lower, lambda code: f" {in_groups(code).replace('-', ' ')}\n"):
        _, state = world.ask()
        world.grants("code")
        _, code = world.complete(state)
        assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        codes.add(code)
        assert world.confirm(typed(code))
    assert {len(code) for code in codes} == {16}
    assert len(codes) == 4


def test_a_given_consent_expires(world: World) -> None:
    _, state = world.ask()
    world.grants("code")
    world.clock.advance(590)
    _, code = world.complete(state)
    world.clock.advance(600)
    with pytest.raises(NotFound, match="expired"):
        world.confirm(code)
    assert world.vault.kept == {}


def test_a_state_expires(world: World) -> None:
    _, state = world.ask()
    world.grants("code")
    world.clock.advance(600)
    with pytest.raises(InvalidRequest, match="expired"):
        world.complete(state)


def test_a_state_of_another_provider_is_refused(world: World) -> None:
    _, state = world.ask(Provider.MICROSOFT)
    world.grants("code")
    with pytest.raises(InvalidRequest):
        world.complete(state)
    assert world.vault.kept == {}


def test_a_foreign_user_asks_lists_and_disconnects_nothing(world: World) -> None:
    connected = world.connect()
    with pytest.raises(Forbidden):
        ask_consent("user123", Provider.GOOGLE, AccessRequest(), BEN, address="https://a.example", ports=world.asking)
    with pytest.raises(Forbidden):
        list_connections("user123", BEN, ports=world.managing)
    with pytest.raises(Forbidden):
        world.disconnect(connected, BEN, of="user123")
    with pytest.raises(NotFound):
        world.disconnect(connected, BEN)
    assert world.store.of_user("user123") == [connected]


def test_fewer_scopes_than_asked_are_shown_and_asked_for_again(world: World) -> None:
    _, state = world.ask()
    granted = asked_scopes(Provider.GOOGLE, (Access.MAIL,))
    world.grants("code", scopes=granted)
    connected = world.confirm(world.complete(state)[1])
    (view,) = list_connections("user123", ANN, ports=world.managing).connections
    assert [(part.part, part.granted) for part in view.access] == [(Access.MAIL, True), (Access.CALENDAR, False)]
    assert set(view.access[1].missing_scopes) == ALL - granted
    assert any("Not granted: calendar" in line for line in view.told("user123", "code"))
    asked, state = world.ask(access=["calendar"], connection_id=connected.id)
    pending = world.consents.take(state)
    assert pending
    assert (frozenset(asked.scopes), pending.login_hint) == (ALL, "ann@example.com")


def test_connecting_again_mends_a_broken_connection(world: World) -> None:
    first = world.connect()
    broken = first.model_copy(update={"status": ConnectionStatus.BROKEN, "broken_at": world.clock.now()})
    world.store.replace(broken, expected_version=1)
    world.clock.advance(3600)
    again = world.connect(code="again")
    assert (again.id, again.status, again.broken_at, again.version) == (first.id, ConnectionStatus.ACTIVE, None, 3)
    assert again.connected_at == first.connected_at
    kept = world.vault.read(again)
    assert kept
    assert (kept.tokens.refresh, kept.version) == ("refresh-again", 2)


def test_a_user_has_several_accounts(world: World) -> None:
    one, other = world.connect(), world.connect(account="ann@home.example", code="other")
    assert world.store.of_user("user123") == [one, other]


def test_what_cannot_be_asked_for_is_said(world: World) -> None:
    with pytest.raises(InvalidRequest) as raised:
        world.ask(access=["mail", "chat"])
    assert [error.field for error in raised.value.errors] == ["access[1]"]
    with pytest.raises(NotFound):
        world.ask(connection_id="google-unknown")


def test_a_provider_that_is_down_connects_nothing(world: World) -> None:
    _, state = world.ask()
    world.provider.outage.down = True
    with pytest.raises(Unavailable):
        world.complete(state)
    assert world.vault.kept == {}


class TestDisconnect:
    def test_revokes_and_forgets(self, world: World) -> None:
        connected = world.connect()
        answer = world.disconnect(connected)
        assert (answer.revoked, world.provider.revoked) == (True, ["refresh-code"])
        assert world.store.of_user("user123") == []
        assert world.vault.kept == {}
        assert world.audit.events[-1].action == "account.disconnected"
        with pytest.raises(NotFound):
            world.disconnect(connected)

    def test_has_what_was_kept_of_its_mails_and_calendar_forgotten(self, world: World) -> None:
        connected = world.connect()
        answer = world.disconnect(connected)
        for queue in (world.mailboxes, world.calendars):
            (job,) = queue.requested
            assert (job.connection_id, job.reason) == (connected.id, SyncReason.DISCONNECTED)
        assert answer.note.count("is being forgotten") == 2

    def test_says_what_cannot_be_forgotten_now(self, world: World) -> None:
        connected = world.connect()
        world.queue_outage.down = True
        answer = world.disconnect(connected)
        assert answer.note.count("could not be forgotten now") == 2
        assert world.store.of_user("user123") == []

    @pytest.mark.parametrize(("down", "words"), [(True, "did not answer"), (False, "too, use https://")])
    def test_forgets_whatever_the_provider_can(self, world: World, down: bool, words: str) -> None:
        connected = world.connect()
        world.provider.outage.down, world.provider.can_revoke = down, False
        answer = world.disconnect(connected)
        assert not answer.revoked
        assert words in answer.note
        assert world.vault.kept == {}

    def test_asks_no_provider_where_the_time_for_it_is_over(self, world: World) -> None:
        answer = world.disconnect(world.connect(), seconds=LEAST_SECONDS - 1)
        assert (answer.revoked, world.provider.revoked, world.vault.kept) == (False, [], {})
        assert "too, use https://" in answer.note

    def test_leaves_a_consent_alone_that_another_user_needs(self, world: World) -> None:
        anns, bens = world.connect(), world.connect(BEN, code="ben")
        answer = world.disconnect(anns)
        assert (answer.revoked, world.provider.revoked) == (False, [])
        assert "Another user" in answer.note
        assert "To end theirs too, use https://myaccount.google.com/connections." in answer.note
        assert world.disconnect(bens, BEN).revoked
        assert world.vault.kept == {}

    def test_keeps_everything_while_the_store_is_down(self, world: World) -> None:
        connected = world.connect()
        world.store_outage.down = True
        with pytest.raises(Unavailable):
            world.disconnect(connected)
        assert world.vault.kept


@pytest.mark.parametrize(
    ("provider", "answered", "found"),
    [
        (Provider.GOOGLE, {"email"}, {"https://www.googleapis.com/auth/userinfo.email"}),
        (Provider.MICROSOFT, {"https://graph.microsoft.com/mail.send", "USER.READ"}, {"Mail.Send", "User.Read"}),
        (Provider.SLACK, {"chat:write", "other"}, {"chat:write", "other"}),
    ],
)
def test_scopes_are_known_however_they_are_spelled(provider: Provider, answered: set[str], found: set[str]) -> None:
    assert granted_scopes(provider, answered) == found


def test_a_pending_consent_survives_its_document(world: World) -> None:
    _, state = world.ask()
    pending = world.consents.take(state)
    assert pending
    assert PendingConsent.model_validate_json(pending.model_dump_json()) == pending
