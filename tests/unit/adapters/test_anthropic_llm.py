"""The adapter against the double, through the real SDK."""

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from uuid import uuid4

import boto3
import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.adapters import secrets
from assistant.adapters.anthropic_batches import AnthropicBatches
from assistant.adapters.anthropic_calls import ServiceDown, ServiceSilent
from assistant.adapters.anthropic_client import MessagesClient
from assistant.adapters.anthropic_llm import AnthropicLlm, ModelsInUse
from assistant.adapters.dynamo import Table, dynamo_client
from assistant.adapters.dynamo_circuit import SharedCircuit
from assistant.adapters.secrets import ApiKey
from assistant.domain.errors import Unavailable
from assistant.domain.llm import Fault, LlmTask, Prompt, Reply, TokenUsage, Unanswered, Unheard
from assistant.domain.llm_models import MODELS, models_by_task
from assistant.runtime.clock import SystemClock
from tests.fakes.aws import memory_aws
from tests.fakes.claude_api import KEY, ClaudeApi, serve
from tests.fakes.claude_rules import Limits
from tests.fakes.runtime import ManualClock
from tests.fakes.tables import TABLE, create_table

pytestmark = pytest.mark.network

SECONDS = 10.0
LIMITS = Limits(requests=6, input_tokens=100_000, output_tokens=100_000)


class Opinion(BaseModel):
    """An answer with bounds the API cannot hold."""

    model_config = ConfigDict(extra="forbid")

    category: str = Field(max_length=40)
    priority: int = Field(ge=1, le=10)


PROMPT = Prompt(
    task=LlmTask.TRIAGE,
    policy="Judge the mail. " * 200,
    profile="The reader works in Vienna.",
    data={"provenance": "received mail", "mail": {"subject": "Menu", "text": "Could you please look?\ud800"}},
    answer=Opinion,
    max_tokens=200,
)


@dataclass
class Setting:
    """The adapter with a manual clock; a pause moves it."""

    api: ClaudeApi
    clock: ManualClock
    circuit: SharedCircuit
    pauses: list[float] = field(default_factory=list)
    key: ApiKey = field(default_factory=lambda: ApiKey(SecretStr(KEY), None))

    def llm(self, *, model: str | None = None, url: str = "") -> AnthropicLlm:
        chosen = ModelsInUse(models_by_task(model, {}, self.clock.now().date())[0], MODELS)
        client = MessagesClient(url or self.api.url)
        return AnthropicLlm(lambda: client, self.key, chosen, self.circuit, self.clock, pause=self._pause)

    def batches(self) -> AnthropicBatches:
        chosen = ModelsInUse(models_by_task(None, {}, self.clock.now().date())[0], MODELS)
        client = MessagesClient(self.api.url)
        return AnthropicBatches(lambda: client, self.key, chosen)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.advance(seconds)


class EverNewKey(ApiKey):
    """A key that is another one each time it is read again."""

    def __init__(self) -> None:
        super().__init__(None, None)
        self._read = 0

    def value(self, *, fresh: bool = False) -> str:
        self._read += fresh
        return f"key{self._read}"


@pytest.fixture(scope="module")
def table() -> Iterator[Table]:
    """One table for all: each test has a circuit of its own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        with memory_aws():
            create_table()
            yield Table(TABLE, dynamo_client())


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def setting(clock: ManualClock, table: Table, opened: list[str]) -> Iterator[Setting]:
    circuit = SharedCircuit(
        f"claude-{uuid4()}", table, SystemClock(), failure=ServiceDown, opened=lambda: opened.append("opened")
    )
    with serve(clock) as api:
        yield Setting(api, clock, circuit)


def outcome(llm: AnthropicLlm, *, seconds: float = SECONDS) -> object:
    """The answer, or the type of what was raised, or the fault."""
    try:
        return llm.ask(PROMPT, seconds=seconds).answer
    except Unanswered as unanswered:
        return unanswered.fault
    except Unavailable as error:
        return type(error)


class TestRequest:
    def test_prefix_first_then_data_as_json(self, setting: Setting) -> None:
        setting.llm().ask(PROMPT, seconds=SECONDS)
        (sent,) = setting.api.requests
        assert [block["text"] for block in sent["system"]] == [PROMPT.policy, PROMPT.profile]
        assert all(block["cache_control"] == {"type": "ephemeral"} for block in sent["system"])
        assert [message["role"] for message in sent["messages"]] == ["user"]
        data = json.loads(sent["messages"][0]["content"])
        assert data["mail"] == {"subject": "Menu", "text": "Could you please look??"}
        assert (sent["model"], sent["max_tokens"]) == ("claude-haiku-5-5", 200)
        assert sent["output_config"]["format"]["schema"]["required"] == ["category", "priority"]
        assert sent.keys() == {"model", "max_tokens", "system", "messages", "thinking", "output_config"}

    @pytest.mark.parametrize(
        ("model", "thinking"),
        [(None, "disabled"), ("claude-sonnet-5-5", "between_tools"), ("claude-opus-5-5", "between_tools")],
    )
    def test_every_model_thinks_as_little_as_it_can(self, setting: Setting, model: str | None, thinking: str) -> None:
        reply = setting.llm(model=model).ask(PROMPT, seconds=SECONDS)
        assert setting.api.requests[0]["thinking"] == {"type": thinking}
        assert reply.usage.thinking == 0
        assert setting.api.refusals == []

    def test_a_part_without_text_is_left_out(self, setting: Setting) -> None:
        bare = Prompt(LlmTask.TRIAGE, PROMPT.policy, " ", PROMPT.data, Opinion, 200)
        setting.llm().ask(bare, seconds=SECONDS)
        assert len(setting.api.requests[0]["system"]) == 1

    def test_the_prefix_is_paid_once(self, setting: Setting) -> None:
        llm = setting.llm()
        first, second = (llm.ask(PROMPT, seconds=SECONDS) for _ in range(2))
        assert first.usage.cache_write == second.usage.cache_read > 512
        assert second.usage.cache_write == first.usage.cache_read == 0
        assert first.usage.input == second.usage.input < 60
        assert llm.cost(second) < llm.cost(first)

    def test_after_five_minutes_it_is_written_again(self, setting: Setting) -> None:
        llm = setting.llm()
        first = llm.ask(PROMPT, seconds=SECONDS)
        setting.clock.advance(300)
        assert llm.ask(PROMPT, seconds=SECONDS).usage == first.usage

    def test_a_call_never_costs_more_than_was_foreseen(self, setting: Setting) -> None:
        llm = setting.llm()
        worst = llm.worst_cost(PROMPT)
        assert llm.cost(llm.ask(PROMPT, seconds=SECONDS)) <= worst

    def test_the_log_has_ids_and_counts_and_no_words(self, setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
        setting.api.fail("overloaded")
        with caplog.at_level(logging.DEBUG):
            setting.llm().ask(PROMPT, seconds=SECONDS)
        ours = [record.getMessage() for record in caplog.records]
        assert any("req_" in line and "claude-haiku-5-5" in line for line in ours)
        assert not any(word in line for line in ours for word in ("please look", "Menu", "Vienna", KEY))


class TestFaults:
    @pytest.mark.parametrize("fault", ["rate_limited", "overloaded", "internal", "dropped", "cut_stream", "no_json"])
    def test_what_passes_is_tried_again(self, setting: Setting, fault: str) -> None:
        setting.api.fail(fault, times=2, seconds=1)
        assert isinstance(outcome(setting.llm()), Opinion)
        assert len(setting.api.requests) == 3
        assert len(setting.pauses) == 2

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("overloaded", ServiceDown),
            ("internal", ServiceDown),
            ("dropped", ServiceSilent),
            ("cut_stream", ServiceSilent),
        ],
    )
    def test_what_stays_is_given_up_after_three_tries(
        self, setting: Setting, fault: str, error: type[Exception]
    ) -> None:
        setting.api.fail(fault, times=9)
        assert outcome(setting.llm()) is error
        assert len(setting.api.requests) == 3

    @pytest.mark.parametrize(
        ("fault", "found"),
        [("refusal", Fault.REFUSAL), ("cut_json", Fault.TRUNCATED), ("wrong_schema", Fault.MALFORMED)],
    )
    def test_an_answer_that_is_none_is_said_with_its_cost(self, setting: Setting, fault: str, found: Fault) -> None:
        setting.api.fail(fault)
        llm = setting.llm()
        with pytest.raises(Unanswered) as caught:
            llm.ask(PROMPT, seconds=SECONDS)
        assert caught.value.fault is found
        assert caught.value.usage.cache_write > 512
        assert llm.cost(caught.value) > 0
        assert len(setting.api.requests) == 1

    @pytest.mark.parametrize("text", ['{"category": "routine", "priority": 11}', "", "Sure!", "[]"])
    def test_bounds_are_checked_here(self, setting: Setting, text: str) -> None:
        setting.api.answers.append(text)
        assert outcome(setting.llm()) is Fault.MALFORMED

    def test_pauses_grow_with_jitter(self, setting: Setting) -> None:
        setting.api.fail("overloaded", times=2)
        outcome(setting.llm())
        first, second = setting.pauses
        assert 0.25 <= first <= 0.5 <= second <= 1.0

    def test_retry_after_is_obeyed_by_all(self, setting: Setting) -> None:
        setting.api.fail("rate_limited", seconds=4)
        llm = setting.llm()
        assert isinstance(outcome(llm), Opinion)
        assert setting.pauses == [4.0]

    def test_retry_after_may_be_a_date(self, setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tests.fakes.claude_api.retry_after", lambda _: "Wed, 15 Jan 2025 10:00:03 GMT")
        setting.api.fail("rate_limited", seconds=1)
        assert isinstance(outcome(setting.llm()), Opinion)
        assert setting.pauses == [3.0]

    @pytest.mark.parametrize("value", ["soon", "-5", "nan", "Wed, 15 Jan 2025 09:59:00 GMT"])
    def test_a_retry_after_that_says_nothing_is_left_aside(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        monkeypatch.setattr("tests.fakes.claude_api.retry_after", lambda _: value)
        setting.api.fail("rate_limited", seconds=1)
        assert isinstance(outcome(setting.llm()), Opinion)
        assert 0.25 <= setting.pauses[0] <= 0.5

    def test_retry_after_that_is_too_late_is_not_waited_for(self, setting: Setting) -> None:
        setting.api.fail("rate_limited", seconds=SECONDS)
        llm = setting.llm()
        assert outcome(llm) is Unavailable
        assert setting.pauses == []
        assert not llm.available()
        assert outcome(llm) is Unavailable
        assert len(setting.api.requests) == 1
        setting.clock.advance(SECONDS)
        assert llm.available()

    def test_a_slow_service_is_given_up_in_time(self, setting: Setting) -> None:
        setting.api.fail("slow", seconds=1.0)
        assert outcome(setting.llm(), seconds=0.4) is Unheard
        assert len(setting.api.requests) == 1

    @pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.2])
    def test_without_time_for_an_answer_nobody_is_asked(self, setting: Setting, seconds: float) -> None:
        assert outcome(setting.llm(), seconds=seconds) is Unavailable
        assert setting.api.requests == []

    def test_without_time_for_another_try_there_is_none(self, setting: Setting) -> None:
        setting.api.fail("overloaded")
        assert outcome(setting.llm(), seconds=0.5) is Unavailable
        assert len(setting.api.requests) == 1

    def test_a_service_that_is_not_there(self, setting: Setting) -> None:
        with serve() as gone:
            url = gone.url
        assert outcome(setting.llm(url=url)) is ServiceDown

    @pytest.mark.parametrize("fault", ["overloaded", "internal", "dropped", "cut_stream"])
    def test_the_circuit_opens_when_the_service_is_down(self, setting: Setting, opened: list[str], fault: str) -> None:
        setting.api.fail(fault, times=15)
        llm = setting.llm()
        found = [outcome(llm) for _ in range(6)]
        assert set(found[:5]) <= {ServiceDown, ServiceSilent}
        assert found[5] is Unavailable
        assert not llm.available()
        assert opened == ["opened"]
        assert len(setting.api.requests) == 15

    def test_impatience_says_nothing_about_the_service(self, setting: Setting) -> None:
        setting.api.fail("overloaded", times=9)
        llm = setting.llm()
        assert [outcome(llm, seconds=0.5) for _ in range(6)] == [Unavailable] * 6
        assert llm.available()

    def test_a_model_that_is_gone_is_not_asked_for_twice(
        self, setting: Setting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.fakes.claude_rules.MODELS", {})
        assert outcome(setting.llm()) is ServiceDown
        assert setting.api.refusals == ["model: claude-haiku-5-5"]


class TestRateLimits:
    def test_no_call_is_made_that_would_be_refused(self, setting: Setting) -> None:
        with serve(setting.clock, LIMITS) as api:
            llm = setting.llm(url=api.url)
            answers = [outcome(llm, seconds=25.0) for _ in range(20)]
        assert all(isinstance(one, Opinion) or one is Unavailable for one in answers)
        assert sum(isinstance(one, Opinion) for one in answers) >= LIMITS.requests
        assert api.refusals == []

    def test_it_waits_for_the_reset_when_there_is_time(self, setting: Setting) -> None:
        with serve(setting.clock, LIMITS) as api:
            llm = setting.llm(url=api.url)
            answers = [outcome(llm, seconds=120.0) for _ in range(8)]
        assert all(isinstance(one, Opinion) for one in answers)
        assert sum(setting.pauses) == pytest.approx(60, abs=1)
        assert api.refusals == []

    def test_calls_of_many_threads_are_counted_together(self, setting: Setting) -> None:
        with serve(setting.clock, LIMITS) as api, ThreadPoolExecutor(16) as pool:
            api.latency = 0.02
            llm = setting.llm(url=api.url)
            outcome(llm)
            answers = list(pool.map(lambda _: outcome(llm), range(30)))
        assert sum(isinstance(one, Opinion) for one in answers) == LIMITS.requests - 1
        assert api.refusals == []


class TestKey:
    @pytest.fixture
    def stored(self, setting: Setting) -> Callable[[str], None]:
        secrets._provider.cache_clear()
        client = boto3.client("secretsmanager")
        arn = client.create_secret(Name=f"claude-api-key-{uuid4()}", SecretString=KEY)["ARN"]
        setting.key = ApiKey(None, arn)
        return lambda value: client.put_secret_value(SecretId=arn, SecretString=value) and None

    def test_without_a_key_nobody_is_asked(self, setting: Setting) -> None:
        setting.key = ApiKey(None, None)
        llm = setting.llm()
        assert not llm.configured()
        assert not llm.available()
        assert outcome(llm) is Unavailable
        assert setting.api.requests == []

    def test_a_rotated_key_is_read_when_the_old_one_is_refused(
        self, setting: Setting, stored: Callable[[str], None]
    ) -> None:
        llm = setting.llm()
        assert isinstance(outcome(llm), Opinion)
        stored("rotated")
        setting.api.keys = {"rotated"}
        assert isinstance(outcome(llm), Opinion)
        assert len(setting.api.refusals) == 1
        assert setting.pauses == []

    @pytest.mark.usefixtures("stored")
    def test_a_refused_key_is_not_tried_again_for_a_minute(self, setting: Setting) -> None:
        setting.api.keys = set()
        llm = setting.llm()
        assert outcome(llm) is ServiceDown
        assert (llm.configured(), llm.available()) == (True, False)
        assert outcome(llm) is Unavailable
        assert len(setting.api.refusals) == 1
        setting.clock.advance(60)
        setting.api.keys = {KEY}
        assert isinstance(outcome(llm), Opinion)

    def test_keys_that_are_all_refused_are_given_up_after_three(self, setting: Setting) -> None:
        setting.key = EverNewKey()
        assert outcome(setting.llm()) is ServiceDown
        assert len(setting.api.refusals) == 3

    def test_a_secret_that_cannot_be_read_is_a_key_that_is_missed(self, setting: Setting) -> None:
        secrets._provider.cache_clear()
        arn = boto3.client("secretsmanager").create_secret(Name="claude-api-key", SecretString=KEY)["ARN"]
        boto3.client("secretsmanager").delete_secret(SecretId=arn)
        setting.key = ApiKey(None, arn)
        llm = setting.llm()
        assert (llm.configured(), llm.available()) == (True, False)
        assert outcome(llm) is Unavailable


class TestCost:
    def test_a_dated_answer_has_its_models_price(self, setting: Setting) -> None:
        usage = TokenUsage(input=1000)
        dated = Reply(Opinion(category="routine", priority=4), "claude-sonnet-5-5-20260901", usage)
        assert setting.llm().cost(dated) == 2_000_000
        assert setting.llm().cost(dated, batch=True) == 1_000_000

    def test_an_unknown_model_is_taken_for_the_dearest(self, setting: Setting) -> None:
        unknown = Unanswered(Fault.REFUSAL, model="claude-next", usage=TokenUsage(input=1000))
        assert setting.llm().cost(unknown) == 4_000_000


class TestBatches:
    def test_answers_come_by_id(self, setting: Setting) -> None:
        batches = setting.batches()
        setting.api.batch_seconds = 3600
        batch_id = batches.submit({"mail-1": PROMPT, "mail_2": PROMPT})
        assert not batches.ended(batch_id)
        setting.clock.advance(3600)
        assert batches.ended(batch_id)
        results = {one.id: one.outcome for one in batches.results(batch_id, Opinion)}
        assert results.keys() == {"mail-1", "mail_2"}
        assert all(isinstance(one, Reply) and one.model == "claude-haiku-5-5" for one in results.values())

    def test_what_was_not_answered_says_why_and_costs_nothing(self, setting: Setting) -> None:
        batches = setting.batches()
        setting.api.batch_outcomes = {"a": "expired", "b": "errored", "c": "canceled"}
        batch_id = batches.submit(dict.fromkeys("abcd", PROMPT))
        found = {one.id: one.outcome for one in batches.results(batch_id, Opinion)}
        faults = {name: one.fault for name, one in found.items() if isinstance(one, Unanswered)}
        assert faults == {"a": Fault.EXPIRED, "b": Fault.FAILED, "c": Fault.FAILED}
        assert sum(setting.llm().cost(one, batch=True) for name, one in found.items() if name != "d") == 0

    def test_another_key_reads_the_results(self, setting: Setting) -> None:
        batch_id = setting.batches().submit({"a": PROMPT})
        setting.api.keys = {"rotated"}
        setting.key = ApiKey(SecretStr("rotated"), None)
        assert [one.id for one in setting.batches().results(batch_id, Opinion)] == ["a"]

    def test_results_that_break_off_are_read_again_another_time(self, setting: Setting) -> None:
        batches = setting.batches()
        batch_id = batches.submit({f"mail{number}": PROMPT for number in range(50)})
        setting.api.cut_results = True
        with pytest.raises(Unavailable):
            list(batches.results(batch_id, Opinion))
        setting.api.cut_results = False
        assert len(list(batches.results(batch_id, Opinion))) == 50

    def test_each_step_says_when_the_service_is_down(self, setting: Setting) -> None:
        batches = setting.batches()
        setting.api.keys = set()
        for step in (
            lambda: batches.submit({"a": PROMPT}),
            lambda: batches.ended("msgbatch_1"),
            lambda: list(batches.results("msgbatch_1", Opinion)),
        ):
            with pytest.raises(Unavailable):
                step()
        setting.key = ApiKey(None, None)
        with pytest.raises(Unavailable, match="no key"):
            setting.batches().submit({"a": PROMPT})
