"""One suite for every chat, in memory and at Slack; then what only Slack does."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assistant.adapters import slack_calls
from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_posts import KEPT_FOR, DynamoPostRecords
from assistant.adapters.slack_calls import LONGEST_WAIT, SlackCalls
from assistant.adapters.slack_chat import POSTING_FOR, SlackChat
from assistant.domain.chat import Button, ButtonStyle, ChatMessage, PostedMessage, PostRecord, ReceivedMessage
from assistant.domain.connections import Connection
from assistant.domain.errors import ConnectionBroken, Forbidden, NotFound, Unavailable
from assistant.domain.providers import Provider
from assistant.ports.chat import Chat, PostRecords
from tests.fakes.access_tokens import FixedTokens
from tests.fakes.chat import MemoryChat, MemoryPostRecords
from tests.fakes.loopback_http import Answer
from tests.fakes.runtime import ManualClock
from tests.fakes.slack_api import TOKEN, SlackApi, failed, serve_slack, succeeded, throttled

pytestmark = pytest.mark.network
AT = datetime(2025, 1, 15, 10, tzinfo=UTC)
CONNECTION = Connection(
    user_id="user123",
    id="slack-1",
    provider=Provider.SLACK,
    account="T1",
    member="U1",
    name="Company",
    scopes=frozenset({"chat:write"}),
    connected_at=AT,
)
MESSAGE = ChatMessage(
    "Ann asks for the budget.",
    title="Budget",
    context="From a mail",
    buttons=(Button("read", "1", "Mark as read"), Button("approve", "2", "Approve", ButtonStyle.PRIMARY)),
)


class Slack:
    """The adapter with its server, the pauses it made and its tokens."""

    def __init__(self, api: SlackApi, clock: ManualClock) -> None:
        self.api, self.clock = api, clock
        self.pauses: list[float] = []
        self.tokens = FixedTokens(TOKEN)
        self.records = MemoryPostRecords(clock)
        calls = SlackCalls(CONNECTION, self.tokens, api.url, pause=self.pauses.append)
        self.chat = SlackChat(CONNECTION, calls, self.records, clock)

    def post(self, text: str = "Ann asks for the budget.") -> PostedMessage:
        return self.chat.post("U1", ChatMessage(text, title="Budget"), key="k")

    def texts(self) -> list[str]:
        return [one["text"] for one in self.api.ours()]


@pytest.fixture
def slack(clock: ManualClock) -> Iterator[Slack]:
    with serve_slack() as api:
        yield Slack(api, clock)


@pytest.fixture(params=["fake", "slack"])
def world(request: pytest.FixtureRequest) -> tuple[Chat, MemoryChat | SlackApi]:
    if request.param == "fake":
        chat = MemoryChat()
        return chat, chat
    slack: Slack = request.getfixturevalue("slack")
    return slack.chat, slack.api


def said(world: tuple[Chat, MemoryChat | SlackApi]) -> int:
    _, side = world
    return len(side.messages) if isinstance(side, MemoryChat) else len(side.ours())


class TestEveryChat:
    def test_people_are_found_by_address(self, world: tuple[Chat, Any]) -> None:
        found = world[0].user_of("User@company.com")
        assert found is not None
        assert (found.id, found.address) == ("U1", "user@company.com")
        assert world[0].user_of("nobody@company.com") is None

    def test_people_are_found_by_id(self, world: tuple[Chat, Any]) -> None:
        assert world[0].person("U1").address == "user@company.com"
        with pytest.raises(NotFound):
            world[0].person("U9")

    def test_a_message_is_found_by_its_key_while_it_stands(self, world: tuple[Chat, Any]) -> None:
        posted = world[0].post("U1", MESSAGE, key="a")
        assert world[0].find("U1", key="a") == posted
        assert world[0].find("U1", key="b") is None
        world[0].delete(posted)
        assert world[0].find("U1", key="a") is None

    def test_a_key_is_posted_once_and_other_words_take_its_place(self, world: tuple[Chat, Any]) -> None:
        first = world[0].post("U1", MESSAGE, key="a")
        assert world[0].post("U1", MESSAGE, key="a") == first
        assert world[0].post("U1", ChatMessage("Settled"), key="a") == first
        assert world[0].post("U1", MESSAGE, key="b") != first
        assert said(world) == 2

    def test_a_message_is_changed_and_deleted(self, world: tuple[Chat, Any]) -> None:
        posted = world[0].post("U1", MESSAGE, key="a")
        world[0].update(posted, ChatMessage("Settled"))
        for _ in range(2):
            world[0].delete(posted)
        assert said(world) == 0
        with pytest.raises(NotFound):
            world[0].update(posted, MESSAGE)

    def test_nobody_of_this_id_is_not_found(self, world: tuple[Chat, Any]) -> None:
        with pytest.raises(NotFound):
            world[0].post("U9", MESSAGE, key="a")

    def test_one_person_alone_is_told_where_they_are(self, world: tuple[Chat, Any]) -> None:
        chat, side = world
        channel = chat.post("U1", MESSAGE, key="a").channel
        chat.tell_privately(channel, "U1", ChatMessage("Not yours."))
        assert (len(side.whispered), said(world)) == (1, 1)

    def test_history_is_what_people_wrote_the_oldest_first(self, world: tuple[Chat, Any]) -> None:
        chat, side = world
        channel = chat.post("U1", MESSAGE, key="a").channel
        if isinstance(side, MemoryChat):
            at = [AT + timedelta(seconds=number) for number in range(3)]
            side.received = [ReceivedMessage(channel, str(n), "U1", f"m{n}", one) for n, one in enumerate(at)]
            since = at[1]
        else:
            stamps = [side.message(channel, user="U1", text=f"m{n}")["ts"] for n in range(3)]
            since = datetime.fromtimestamp(float(stamps[1]), UTC)
        assert [one.text for one in chat.history(channel, since=since)] == ["m1", "m2"]
        assert [one.text for one in chat.history(channel, since=since, limit=1)] == ["m1"]


class TestSlack:
    def test_text_is_text_whatever_stands_in_it(self, slack: Slack) -> None:
        slack.post("<!channel> <https://evil.example|pay> & *now*")
        (message,) = slack.api.ours()
        assert message["text"] == "Budget: &lt;!channel&gt; &lt;https://evil.example|pay&gt; &amp; *now*"
        assert {block["text"]["type"] for block in message["blocks"]} == {"plain_text"}

    def test_long_messages_are_cut_to_what_blocks_take(self, slack: Slack) -> None:
        long = ChatMessage("x" * 9000, title="t" * 900, context="c" * 9000, buttons=(Button("a", "v", "l" * 90),))
        slack.chat.post("U1", long, key="k")
        assert len(slack.api.ours()) == 1

    def test_who_left_is_not_found(self, slack: Slack) -> None:
        slack.api.left.add("U1")
        with pytest.raises(NotFound):
            slack.chat.person("U1")

    def test_history_is_read_page_by_page(self, slack: Slack) -> None:
        slack.post()
        for number in range(450):
            slack.api.message("DU1", user="U1", text=f"m{number}")
        found = slack.chat.history("DU1", since=AT, limit=1000)
        assert [one.text for one in found] == [f"m{number}" for number in range(450)]
        assert slack.api.methods.count("conversations.history") == 3

    def test_an_answer_lost_after_posting_doubles_nothing(self, slack: Slack) -> None:
        slack.api.lost.add("chat.postMessage")
        with pytest.raises(Unavailable):
            slack.post()
        with pytest.raises(Unavailable, match="elsewhere"):
            slack.post()
        slack.clock.advance(POSTING_FOR.total_seconds())
        slack.post("She asks again.")
        assert slack.texts() == ["Budget: She asks again."]
        assert slack.api.methods.count("chat.postMessage") == 1

    def test_who_is_not_there_is_told_nothing(self, slack: Slack) -> None:
        channel = slack.post().channel
        slack.chat.tell_privately(channel, "U9", ChatMessage("Not yours."))
        slack.chat.tell_privately("C9", "U1", ChatMessage("Not yours."))
        assert slack.api.whispered == []

    def test_a_post_that_never_arrived_is_made(self, slack: Slack) -> None:
        slack.post()
        slack.api.channels["DU1"].clear()
        slack.api.failures = [Answer(503, b"")]
        with pytest.raises(Unavailable):
            slack.chat.post("U1", MESSAGE, key="other")
        slack.clock.advance(POSTING_FOR.total_seconds())
        slack.chat.post("U1", MESSAGE, key="other")
        assert len(slack.api.ours()) == 1

    def test_a_message_the_user_deleted_stays_deleted(self, slack: Slack) -> None:
        slack.chat.delete(slack.post())
        slack.post("Other words")
        assert slack.texts() == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (failed("token_revoked"), ConnectionBroken),
        (failed("missing_scope"), Forbidden),
        (failed("user_not_found"), NotFound),
        (failed("internal_error"), Unavailable),
        (failed("msg_too_long"), Unavailable),
        (Answer(500, b"<html>"), Unavailable),
        (Answer(503, b""), Unavailable),
        (Answer(504, b"{}"), Unavailable),
        (Answer(200, b'{"ok": true, "channel": {"id": "D', {}), Unavailable),
        (Answer(200, b'{"ok": true, "channel": {"id": "DU1"}}', sent=0.5), Unavailable),
        (Answer(200, b"", sent=0), Unavailable),
        (throttled(60), Unavailable),
    ],
    ids=[
        *("revoked", "scope", "person", "error", "refused", "500", "503", "504", "truncated", "broken", "dropped"),
        "429",
    ],
)
def test_what_slack_does_wrong_is_an_error_of_ours_and_posts_nothing(
    slack: Slack, failure: Answer, error: type[Exception]
) -> None:
    slack.api.failures = [failure, failure]
    with pytest.raises(error):
        slack.post()
    slack.api.failures = []
    # A refused token was renewed.
    slack.api.token = slack.tokens.access
    slack.clock.advance(POSTING_FOR.total_seconds())
    slack.post()
    assert len(slack.api.ours()) == 1


def test_a_short_wait_is_waited_and_a_refused_token_renewed_once(slack: Slack) -> None:
    slack.api.failures = [throttled(int(LONGEST_WAIT)), failed("invalid_auth")]
    slack.api.token = "access-token-1"
    slack.post()
    assert (slack.pauses, slack.tokens.renewed, len(slack.api.ours())) == ([LONGEST_WAIT], 1, 1)


def test_a_renewed_token_that_is_refused_breaks_the_connection(slack: Slack) -> None:
    slack.api.failures = [failed("invalid_auth"), failed("account_inactive")]
    with pytest.raises(ConnectionBroken):
        slack.post()
    assert [refused for _, refused in slack.tokens.given_up] == ["access-token-1"]


def test_a_consent_that_is_gone_reaches_nobody(slack: Slack) -> None:
    slack.tokens.broken = True
    with pytest.raises(ConnectionBroken):
        slack.post()
    assert slack.api.methods == []


def test_silence_is_an_outage(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_calls, "ATTEMPT_SECONDS", 0.1)
    released = threading.Event()

    def silent(_: object) -> Answer:
        released.wait(10)
        return succeeded()

    with serve_slack() as api:
        monkeypatch.setattr(api, "_route", lambda _: silent)
        try:
            with pytest.raises(Unavailable):
                Slack(api, clock).post()
        finally:
            released.set()


@pytest.fixture(params=["fake", "dynamodb"])
def records(request: pytest.FixtureRequest, clock: ManualClock) -> PostRecords:
    if request.param == "fake":
        return MemoryPostRecords(clock)
    return DynamoPostRecords(request.getfixturevalue("table"), clock)


class TestRecords:
    def test_one_posts_at_a_time_and_what_was_posted_is_known(self, records: PostRecords, clock: ManualClock) -> None:
        assert records.find(CONNECTION, "k") is None
        until = clock.now() + timedelta(minutes=1)
        assert records.begin(CONNECTION, "k", until=until)
        assert not records.begin(CONNECTION, "k", until=until)
        assert records.find(CONNECTION, "k") == PostRecord()
        clock.advance(60)
        assert records.begin(CONNECTION, "k", until=until + timedelta(minutes=1))
        posted = PostRecord(PostedMessage("D1", "1.0"), "digest")
        records.keep(CONNECTION, "k", posted)
        assert records.find(CONNECTION, "k") == posted
        assert records.find(CONNECTION.model_copy(update={"id": "slack-2"}), "k") is None


def test_what_was_posted_is_forgotten_after_90_days(table: Table, clock: ManualClock) -> None:
    records = DynamoPostRecords(table, clock)
    records.keep(CONNECTION, "k", PostRecord(PostedMessage("D1", "1.0"), "digest"))
    clock.advance(KEPT_FOR.total_seconds())
    assert records.find(CONNECTION, "k") is None


def test_records_without_a_table_are_unavailable(missing_table: Table, clock: ManualClock) -> None:
    records = DynamoPostRecords(missing_table, clock)
    for call in (
        lambda: records.find(CONNECTION, "k"),
        lambda: records.begin(CONNECTION, "k", until=AT),
        lambda: records.keep(CONNECTION, "k", PostRecord()),
    ):
        with pytest.raises(Unavailable):
            call()
