"""The composition root puts the right adapter behind each port, in both profiles."""

from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus

import boto3
import fakeredis
import pytest
from redis import Redis

from assistant.adapters import redis_client
from assistant.adapters.dynamo_vectors import DynamoVectors
from assistant.adapters.graph_mail import GraphMailBox
from assistant.adapters.pinecone_vectors import PineconeVectors
from assistant.adapters.secrets import ApiKey
from assistant.domain.calendar.plan_record import ProofJob, ProofState
from assistant.domain.errors import Unavailable
from assistant.domain.health import ProbeStatus
from assistant.domain.languages import WrittenLanguage
from assistant.domain.llm import LlmTask, Prompt, TokenUsage
from assistant.domain.preferences import Preferences
from assistant.domain.spending import Usage, UsageOfDay
from assistant.domain.triage.decision import Category
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.runtime.settings import InvalidSettings, Settings
from assistant.services.accept_suggestions import AcceptRequest, accept_suggestions
from assistant.services.correct_triage import FeedbackRequest, correct_triage
from assistant.services.edit_preferences import replace_preferences
from assistant.services.forget_memories import forget_memory
from assistant.services.keep_memories import NewMemory, add_memory
from assistant.services.optimize_calendar import optimize_calendar
from assistant.services.prove_plan import prove_plan
from assistant.services.search_memories import MemoryQuery, search_memories
from assistant.services.show_learned import LearnedQuery, show_learned
from assistant.services.show_plan import show_plan
from assistant.services.summarize_plan import summarize_plan
from assistant.services.triage_emails import TriageRequest, triage_emails
from assistant.services.week_request import OptimizeRequest
from assistant.wiring import Dependencies
from infra.build import model
from tests.fakes.accounts import MICROSOFT
from tests.fakes.aws import memory_aws
from tests.fakes.claude_api import KEY, serve
from tests.fakes.pinecone_api import serve as serve_pinecone
from tests.fakes.plans import HastySolver, greedy_record
from tests.fakes.tables import TABLE, create_table
from tests.fakes.weeks import CONSTRAINTS, EVENTS

CALLER = Identity("user123", "request1")


@pytest.fixture
def queue_url() -> Iterator[str]:
    with memory_aws():
        create_table()
        yield boto3.client("sqs").create_queue(QueueName="audit")["QueueUrl"]


@pytest.fixture
def small(queue_url: str) -> Dependencies:
    return Dependencies(Settings(table_name=TABLE, audit_queue_url=queue_url))


@pytest.fixture
def standard(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    server = fakeredis.FakeServer()
    monkeypatch.setattr(Redis, "from_url", lambda *_, **__: fakeredis.FakeRedis(server=server))
    settings = Settings.model_validate(
        {"table_name": TABLE, "audit_queue_url": queue_url, "profile": "standard", "redis_url": "rediss://cache:6379"}
    )
    return Dependencies(settings)


@pytest.fixture(params=["small", "standard"])
def wired(request: pytest.FixtureRequest) -> Dependencies:
    dependencies: Dependencies = request.getfixturevalue(request.param)
    return dependencies


def test_a_mail_is_triaged_corrected_and_audited_through_the_real_adapters(wired: Dependencies, queue_url: str) -> None:
    batch = TriageRequest.model_validate(
        {"user_id": "user123", "emails": [{"id": "email1", "from": "bob@company.com", "subject": "Menu", "body": "Hi"}]}
    )
    response = triage_emails(batch, CALLER, largest_batch=100, ports=wired.triage_ports)
    assert response.degraded == ()
    feedback = FeedbackRequest(category=Category.ARCHIVE)
    corrected = correct_triage("email1", feedback, CALLER, ports=wired.feedback_ports)
    assert corrected.decided_category is response.triaged_emails[0].category
    assert replace_preferences(CALLER, Preferences(), Preconditions(), ports=wired.preference_ports).version == 1
    messages = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 3


def test_limits_and_sessions_hold_in_both_profiles(wired: Dependencies) -> None:
    capacity = wired.settings.rate_limit_user_burst
    assert wired.rate_limiter.admit("user123").remaining == capacity - 1
    assert wired.rate_limiter.admit("user123").remaining in {capacity - 1, capacity - 2}
    assert wired.sessions.touch("user123") == 1


def test_every_dependency_is_probed(wired: Dependencies) -> None:
    found = {dependency.name: probe().status for dependency, probe in wired.probes.items()}
    uses_redis = wired.settings.redis_url is not None
    assert found == {
        "dynamodb": ProbeStatus.HEALTHY,
        "redis": ProbeStatus.HEALTHY if uses_redis else ProbeStatus.NOT_CONFIGURED,
        "queue": ProbeStatus.HEALTHY,
        "claude": ProbeStatus.NOT_CONFIGURED,
        "pinecone": ProbeStatus.NOT_CONFIGURED,
    }


def test_claude_is_asked_and_paid_through_the_real_adapters(wired: Dependencies) -> None:
    assert not wired.llm.configured()
    assert not wired.llm.available()
    day = wired.clock.now().date()
    reservation = wired.spending.reserve("user123", day, calls=1, nanodollars_each=1_000)
    usage = Usage(LlmTask.TRIAGE, "claude-haiku-5-5", 1, TokenUsage(input=10), 1_000)
    wired.spending.settle(reservation, [usage])
    assert wired.spending.usage("user123", since=day, until=day) == [UsageOfDay(day, (usage,))]
    with pytest.raises(Unavailable, match="no key"):
        wired.llm_batches.ended("msgbatch_1")


@pytest.mark.network
def test_an_open_circuit_of_claude_is_a_metric(
    queue_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve() as api:
        settings = {"table_name": TABLE, "audit_queue_url": queue_url, "claude_api_key": KEY}
        wired = Dependencies(Settings.model_validate({**settings, "claude_base_url": api.url}))
        wired.llm.prime()
        assert wired.llm.available()
        monkeypatch.setattr("tests.fakes.claude_rules.MODELS", {})
        prompt = Prompt(LlmTask.TRIAGE, "policy", "profile", {}, Preferences, 10)
        for _ in range(5):
            with pytest.raises(Unavailable):
                wired.llm.ask(prompt, seconds=10)
    assert not wired.llm.available()
    assert "exec_assistant_claude_circuit_opened_total" in capsys.readouterr().out


def test_a_plan_is_kept_its_proof_queued_and_run_through_the_real_adapters(queue_url: str) -> None:
    sqs = boto3.client("sqs")
    proofs_url = sqs.create_queue(QueueName="proofs")["QueueUrl"]
    queues = dict.fromkeys(("audit_queue_url", "effects_queue_url", "notifications_queue_url"), queue_url)
    settings = Settings.model_validate({"table_name": TABLE, "proofs_queue_url": proofs_url, **queues})
    wired = Dependencies(settings)
    busy = OptimizeRequest.model_validate(
        {
            "user_id": "user123",
            "date_range": {"start_date": "2025-01-20", "end_date": "2025-01-24"},
            "events": EVENTS,
            "constraints": CONSTRAINTS,
        }
    )
    ports = replace(wired.optimize_ports, solver=HastySolver())
    document = optimize_calendar(busy, CALLER, seconds=10, ports=ports)
    assert document.proof.state is ProofState.QUEUED
    assert document.plan_id
    (message,) = sqs.receive_message(QueueUrl=proofs_url)["Messages"]
    assert prove_plan(ProofJob.model_validate_json(message["Body"]), seconds=30, ports=wired.proof_ports)
    shown = show_plan(document.plan_id, CALLER, plans=wired.plans)
    assert shown.proof.state is ProofState.PROVEN
    first = AcceptRequest(suggestion_ids=(shown.suggestions[0].suggestion_id,))
    assert accept_suggestions(document.plan_id, first, CALLER, ports=wired.accept_ports).plan_id == document.plan_id


def test_a_memory_is_kept_found_and_forgotten_through_the_real_adapters(wired: Dependencies) -> None:
    wired = Dependencies(wired.settings.model_copy(update={"embedding_model_path": model().path}))
    new = NewMemory.model_validate(
        {"kind": "person", "subject": "Alice", "text": "Alice leads procurement.", "people": ["alice@company.com"]}
    )
    kept, version = add_memory("user123", new, CALLER, key="key1", ports=wired.memory_ports)
    assert (version, kept.degraded) == (1, ())
    found = search_memories("user123", MemoryQuery(q="Who runs purchasing?"), CALLER, ports=wired.memory_ports)
    assert [memory.id for memory in found.memories] == [kept.memory.id]
    assert forget_memory("user123", kept.memory.id, CALLER, ports=wired.forget_ports).forgotten == 1
    assert show_learned("user123", LearnedQuery(), CALLER, ports=wired.learned_ports).learned == ()


@pytest.mark.network
def test_memories_are_searched_in_pinecone_where_it_is_configured(
    queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_pinecone() as api:
        given = {"pinecone_api_key": api.key, "pinecone_index_host": api.url, "embedding_model_path": model().path}
        wired = Dependencies(Settings.model_validate({"table_name": TABLE, "audit_queue_url": queue_url} | given))
        new = NewMemory.model_validate({"kind": "person", "subject": "Alice", "text": "Alice leads procurement."})
        add_memory("user123", new, CALLER, key=None, ports=wired.memory_ports)
        query = MemoryQuery(q="Who runs purchasing? Alice?")
        assert len(search_memories("user123", query, CALLER, ports=wired.memory_ports).memories) == 1
        assert [path for path, _ in api.requests] == ["/vectors/upsert", "/query"]
        api.failure = HTTPStatus.FORBIDDEN
        for _ in range(6):
            degraded = search_memories("user123", query, CALLER, ports=wired.memory_ports)
        assert (len(degraded.memories), degraded.degraded) == (1, ("semantic_search",))
        assert isinstance(wired.vectors, PineconeVectors)
        wired.vectors.close()
        # Five refusals open the circuit, which the sixth search does not even ask.
        assert len(api.requests) == 2 + 5
    assert '"missing":"pinecone"' in capsys.readouterr().out.replace(" ", "")


def test_without_an_index_or_a_key_the_table_serves(queue_url: str) -> None:
    settings = {"table_name": TABLE, "audit_queue_url": queue_url}
    for some in ({"pinecone_api_key": "pc-key"}, {"pinecone_index_host": "https://index.example"}):
        assert isinstance(Dependencies(Settings.model_validate(settings | some)).vectors, DynamoVectors)


def test_a_plan_is_summarized_through_the_real_adapters(small: Dependencies) -> None:
    small.plans.save(greedy_record("plan1", small.clock.now()))
    found = summarize_plan("plan1", WrittenLanguage.GERMAN, CALLER, seconds=10, ports=small.summary_ports)
    assert (found.decided_by.value, found.degraded) == ("core", ())
    assert "Montag, 20. Januar" in found.text


def test_metrics_are_read_from_the_namespace_they_are_written_to(small: Dependencies) -> None:
    now = small.clock.now()
    assert list(small.metric_reader.read(since=now.replace(day=1), until=now)) == []
    assert small.clock.monotonic() <= small.clock.monotonic()


def test_a_function_without_its_variable_says_so() -> None:
    with pytest.raises(InvalidSettings, match="TABLE_NAME"):
        _ = Dependencies(Settings()).preferences
    with pytest.raises(InvalidSettings, match="AUDIT_QUEUE_URL"):
        _ = Dependencies(Settings()).audit_trail
    with pytest.raises(InvalidSettings, match="UNDERSTAND_WISHES_FUNCTION"):
        _ = Dependencies(Settings()).wish_interpreter
    with pytest.raises(InvalidSettings, match="PROOFS_QUEUE_URL"):
        _ = Dependencies(Settings()).proofs


def test_the_redis_client_gives_up_quickly() -> None:
    given = redis_client.redis_client("rediss://cache:6379").connection_pool.connection_kwargs
    assert given["socket_connect_timeout"] + given["socket_timeout"] < 1


@pytest.mark.parametrize(("initialization", "built"), [("snap-start", ["built"]), ("on-demand", [])])
def test_only_a_snapshot_is_primed(initialization: str, built: list[str]) -> None:
    done: list[str] = []
    settings = Settings.model_validate({"aws_lambda_initialization_type": initialization})
    Dependencies(settings).prime(lambda: done.append("built"))
    assert done == built


def test_meetings_are_prepared_while_the_key_of_the_index_cannot_be_read(
    queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: ApiKey) -> str:
        raise Unavailable("The key cannot be read right now.")

    monkeypatch.setattr(ApiKey, "value", unreadable)
    host = {"pinecone_index_host": "https://index.pinecone.example"}
    dependencies = Dependencies(Settings.model_validate({"table_name": TABLE, "audit_queue_url": queue_url} | host))
    kept = dependencies.prepare_ports.kept
    with pytest.raises(Unavailable):
        kept.memory()


@pytest.mark.parametrize(
    ("public", "graph", "notified"),
    [
        (None, "https://graph.microsoft.com", False),
        ("https://assistant.example", "https://graph.microsoft.com", True),
        ("http://127.0.0.1:8080", "https://graph.microsoft.com", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:4003", True),
    ],
)
def test_graph_is_asked_for_notifications_where_it_can_send_them(
    queue_url: str, public: str | None, graph: str, *, notified: bool
) -> None:
    given = {"table_name": TABLE, "audit_queue_url": queue_url, "public_url": public, "microsoft_graph_url": graph}
    dependencies = Dependencies(Settings.model_validate(given | {"tokens_key_arn": "arn:aws:kms:::key/tokens"}))
    assert (dependencies.graph_subscriptions is not None) == notified
    assert isinstance(dependencies.mailboxes.open(MICROSOFT), GraphMailBox)
    dependencies.graph.close()
