"""Every function's events with IAM enforcement on: the manifest grants what the functions use."""

import http.client
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_connections import DynamoConnections
from assistant.adapters.dynamo_consents import DynamoPendingConsents
from assistant.domain.connections import ConnectionStatus
from assistant.domain.providers import Provider
from assistant.runtime.clock import SystemClock
from infra.local.aws import LocalAws
from infra.local.deploy import deploy, physical_ids
from infra.local.environment import ensure_environment
from infra.local.invoke import invoke
from infra.local.layout import LOOPBACK, REPOSITORY, Layout, free_port
from infra.local.ministack import CREDENTIALS
from infra.local.provider_keys import store_provider_keys
from infra.local.run import servers
from infra.local.sandbox.consent import shown_code
from infra.manifest import FUNCTIONS
from tests.fakes.connections import google_connection
from tests.fakes.consents import pending
from tests.fakes.oauth_api import CLIENT, OAuthApi, serve_oauth
from tests.integration.assistant_process import eventually

EVENTS = sorted((REPOSITORY / "events").glob("*/*.json"))

# What AWS grants by something else than the embedded one looks at: tokens by their encryption context, batches of
# messages by sqs:SendMessage. These calls are its owner's.
GRANTED_OTHERWISE = ("TrentService.", "AmazonSQS.SendMessageBatch")

PROBE = """
import boto3
from botocore.exceptions import ClientError

def lambda_handler(event, context):
    try:
        getattr(boto3.client(event["service"]), event["operation"])(**event["arguments"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"
"""


@dataclass(frozen=True)
class Endpoint:
    """Where the functions' AWS calls pass: it ends TLS for them and remembers calls and denials.

    The embedded AWS speaks plain HTTP, which the policies of our queues and topics refuse, as they should.
    """

    upstream_port: int
    calls: list[str] = field(default_factory=list)
    denials: list[str] = field(default_factory=list)

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str, bytes]:
        if headers.get("X-Amz-Target", "").startswith(GRANTED_OTHERWISE):
            owner = f"Credential={CREDENTIALS['AWS_ACCESS_KEY_ID']}/"
            headers = headers | {"Authorization": re.sub("Credential=[^/]+/", owner, headers["Authorization"])}
            headers.pop("X-Amz-Security-Token", None)
        connection = http.client.HTTPConnection(LOOPBACK, self.upstream_port, timeout=30)
        try:
            connection.request(method, path, body, headers | {"X-Forwarded-Proto": "https"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        call = headers.get("X-Amz-Target") or path
        self.calls.append(call)
        if answer.status == 403 or b"AccessDenied" in content:
            self.denials.append(f"{call}: {content.decode(errors='replace')}")
        return answer.status, answer.getheader("Content-Type", ""), content


class Forwarder(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, endpoint: Endpoint, *arguments: object) -> None:
        self._endpoint = endpoint
        super().__init__(*arguments)  # type: ignore[arg-type]  # socketserver passes its three arguments

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content_type, content = self._endpoint.forward(self.command, self.path, dict(self.headers), body)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815 - the name BaseHTTPRequestHandler looks up

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep the test output quiet."""


@dataclass(frozen=True)
class Enforced:
    """A deployment with IAM enforcement on and the endpoint its functions call."""

    aws: LocalAws
    endpoint: Endpoint


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthApi]:
    """Google, as far as consents go."""
    with serve_oauth() as google:
        yield google


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory, provider: OAuthApi) -> Iterator[Enforced]:
    ports = (free_port(), free_port(), free_port())
    state, settings = tmp_path_factory.mktemp("enforced"), {"GOOGLE_OAUTH_URL": f"{provider.url}/oauth"}
    layout = Layout(state, "standard", *ports, settings, claude_port=free_port())
    endpoint = Endpoint(layout.aws_port)
    with ThreadingHTTPServer((LOOPBACK, 0), partial(Forwarder, endpoint)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://{LOOPBACK}:{server.server_port}"
        with servers(layout, ensure_environment(), extra={"AUTH": "true", "AWS_ENDPOINT_URL": address}):
            aws = LocalAws(layout.aws_endpoint)
            deploy(layout, aws)
            store_provider_keys(aws, {"OAUTH_CLIENTS": json.dumps({"google": CLIENT})})
            yield Enforced(aws, endpoint)
        server.shutdown()


def _function_of(event: Path) -> str:
    return event.name.split(".")[0]


def test_every_function_has_an_event() -> None:
    assert {_function_of(event) for event in EVENTS} == {function.name for function in FUNCTIONS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name.removesuffix(".json"))
def test_no_call_is_denied(enforced: Enforced, event: Path) -> None:
    enforced.endpoint.denials.clear()

    answer = invoke(enforced.aws, _function_of(event), json.loads(event.read_text()))

    assert enforced.endpoint.denials == []
    if event.parent.name == "http":
        assert answer["statusCode"] < 500, answer


def test_no_call_of_a_deferred_mails_way_is_denied(enforced: Enforced) -> None:
    def run(event: str) -> dict[str, Any]:
        return dict(invoke(enforced.aws, event.partition(".")[0], json.loads(by_name[event].read_text())))

    by_name = {event.stem: event for event in EVENTS}
    enforced.endpoint.denials.clear()
    deferred = json.loads(run("triage_email.deferred")["body"])
    run("submit_claude_batches")
    eventually(lambda: run("collect_claude_batches")["decided"])

    assert deferred["deferred"] == ["email2"]
    assert enforced.endpoint.denials == []


def test_no_call_of_a_kept_tasks_way_is_denied(enforced: Enforced) -> None:
    by_name = {event.stem: json.loads(event.read_text()) for event in EVENTS}

    def run(event: str, **path: str) -> dict[str, Any]:
        given = by_name[f"manage_tasks.{event}"]
        task_path = {"rawPath": f"/api/v1/tasks/{path['task_id']}", "pathParameters": path} if path else {}
        return dict(invoke(enforced.aws, "manage_tasks", given | task_path))

    enforced.endpoint.denials.clear()
    task_id = json.loads(run("create")["body"])["task_id"]
    done = json.loads(run("complete", task_id=task_id)["body"])
    assert done["next_task_id"]
    assert run("delete", task_id=task_id)["statusCode"] == 204
    assert enforced.endpoint.denials == []


def test_no_call_of_a_confirmed_consents_way_is_denied(enforced: Enforced) -> None:
    by_name = {event.stem: json.loads(event.read_text()) for event in EVENTS}
    (name,) = enforced.aws.dynamodb.list_tables()["TableNames"]
    table = Table(name, enforced.aws.dynamodb)
    DynamoConnections(table).replace(google_connection("user456", "ann@example.com"), expected_version=0)
    consents = DynamoPendingConsents(table, SystemClock())
    state = by_name["complete_connection"]["queryStringParameters"]["state"]
    consents.keep(state, pending(Provider.GOOGLE, SystemClock()))

    enforced.endpoint.denials.clear()
    page = invoke(enforced.aws, "complete_connection", by_name["complete_connection"])["body"]
    body = json.dumps({"code": shown_code(page)})
    answer = invoke(enforced.aws, "manage_connections", by_name["manage_connections.confirm"] | {"body": body})

    assert enforced.endpoint.denials == []
    assert json.loads(answer["body"])["account"] == "ann@example.com"


def test_no_call_of_a_broken_accounts_way_is_denied(enforced: Enforced) -> None:
    (event,) = (event for event in EVENTS if event.stem == "reconcile_accounts")
    (name,) = enforced.aws.dynamodb.list_tables()["TableNames"]
    broken = {"status": ConnectionStatus.BROKEN, "broken_at": SystemClock().now()}
    connection = google_connection("ann").model_copy(update=broken)
    assert DynamoConnections(Table(name, enforced.aws.dynamodb)).replace(connection, expected_version=0)

    enforced.endpoint.denials.clear()
    answer = invoke(enforced.aws, "reconcile_accounts", json.loads(event.read_text()))

    assert enforced.endpoint.denials == []
    assert answer["told"] == 1


def test_claude_answers_under_enforcement(enforced: Enforced) -> None:
    (event,) = (event for event in EVENTS if event.stem == "triage_email.unsure")
    answer = json.loads(invoke(enforced.aws, "triage_email", json.loads(event.read_text()))["body"])
    assert (answer["degraded"], answer["triaged_emails"][0]["decided_by"]) == ([], "claude")


def test_a_wish_reaches_claude_under_enforcement(enforced: Enforced) -> None:
    (event,) = (event for event in EVENTS if event.stem == "optimize_calendar.odd_wish")
    enforced.endpoint.denials.clear()

    def planned() -> list[str]:
        answer = json.loads(invoke(enforced.aws, "optimize_calendar", json.loads(event.read_text()))["body"])
        return [] if answer["degraded"] else [wish["understood_by"] for wish in answer["understood"]]

    assert eventually(planned) == ["rules", "claude"]
    assert enforced.endpoint.denials == []


def test_the_functions_calls_were_seen(enforced: Enforced) -> None:
    """Without this, a function that calls some other endpoint would pass for one that is never denied."""
    for event in EVENTS:
        if event.stem in ("check_health", "triage_email"):
            invoke(enforced.aws, event.stem, json.loads(event.read_text()))

    operations = {call.rpartition(".")[2] for call in enforced.endpoint.calls}

    assert {"GetItem", "BatchGetItem", "BatchWriteItem", "SendMessage", "GetQueueAttributes"} <= operations


@pytest.fixture(scope="module")
def probe(enforced: Enforced) -> str:
    """A function that calls what its event says, with the role of ``record_audit``."""
    (audit,) = (name for name in physical_ids(enforced.aws, "AWS::Lambda::Function") if "record_audit" in name)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as output:
        output.writestr("handler.py", PROBE)
    created = enforced.aws.lambda_.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Handler="handler.lambda_handler",
        Role=enforced.aws.lambda_.get_function_configuration(FunctionName=audit)["Role"],
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )
    return created["FunctionName"]


def test_an_action_the_manifest_does_not_grant_is_denied(enforced: Enforced, probe: str) -> None:
    (table,) = enforced.aws.dynamodb.list_tables()["TableNames"]
    item = {"pk": {"S": "PROBE"}, "sk": {"S": "PROBE"}}

    def call(operation: str, **arguments: object) -> object:
        event = {"service": "dynamodb", "operation": operation, "arguments": {"TableName": table, **arguments}}
        answer = enforced.aws.lambda_.invoke(FunctionName=probe, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())

    (wishes,) = (name for name in physical_ids(enforced.aws, "AWS::Lambda::Function") if "understand_wishes" in name)
    invoke_wishes = {"service": "lambda", "operation": "invoke", "arguments": {"FunctionName": wishes}}
    answer = enforced.aws.lambda_.invoke(FunctionName=probe, Payload=json.dumps(invoke_wishes).encode())

    assert json.loads(answer["Payload"].read()) == "AccessDeniedException"
    assert call("put_item", Item=item) == "allowed"
    assert call("get_item", Key=item) == "AccessDeniedException"
    assert call("scan") == "AccessDeniedException"
    assert call("delete_item", Key=item) == "AccessDeniedException"
