"""A mailbox of Microsoft 365 through the front door, API Gateway, Lambda, DynamoDB and SQS, with Graph calling back."""

from collections.abc import Iterator

import pytest

from assistant.adapters.dynamo import Table
from assistant.adapters.dynamo_decisions import DynamoDecisions
from assistant.adapters.dynamo_mailboxes import DynamoMailboxPlaces, DynamoReceipts
from assistant.adapters.graph_api import GraphApi
from assistant.adapters.graph_mail import GraphMailBox, GraphMailBoxes
from assistant.adapters.sqs_mailboxes import SqsMailboxes
from assistant.domain.connections import Connection
from assistant.domain.mail import Mail
from assistant.domain.mailbox import Folder
from assistant.domain.mailbox_sync import SyncReason
from assistant.domain.triage.decision import Category
from assistant.runtime.clock import SystemClock
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import MICROSOFT
from tests.fakes.effects import USER
from tests.fakes.graph_api import GraphServer, notify
from tests.fakes.graph_mail_api import GraphMail
from tests.integration.accounts import connected, function_environment, to_look_at
from tests.integration.assistant_process import Assistant, eventually

URGENT = Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="We need to discuss it today.")
TENANT = str(MICROSOFT.tenant)


@pytest.fixture
def connection(small_assistant: Assistant, graph_server: GraphServer) -> Iterator[tuple[Connection, Table]]:
    """The demo user's account, which was just connected."""
    connection = MICROSOFT.model_copy(update={"user_id": USER})
    environment = function_environment(small_assistant, "manage_connections")
    job = to_look_at(connection, SyncReason.CONNECTED)
    with connected(small_assistant, connection, graph_server.token) as table:
        SqsMailboxes(environment["MAILBOXES_QUEUE_URL"], small_assistant.aws.sqs).request([job])
        yield connection, table


@pytest.fixture
def box(graph_server: GraphServer, outlook: GraphMail, connection: tuple[Connection, Table]) -> Iterator[GraphMailBox]:
    """The same mailbox, as the test looks into it."""
    assert outlook
    api = GraphApi(graph_server.url, ScriptedTokens(graph_server.token), SystemClock())
    yield GraphMailBoxes(api, lambda: None, SystemClock()).open(connection[0])
    api.close()


def test_a_mail_that_graph_tells_of_ends_as_a_category(
    graph_server: GraphServer,
    outlook: GraphMail,
    connection: tuple[Connection, Table],
    box: GraphMailBox,
) -> None:
    account, table = connection
    places = DynamoMailboxPlaces(table, SystemClock())
    assert eventually(lambda: places.read(account).cursor)
    (subscription,) = graph_server.subscriptions.values()
    assert places.read(account).watched_until

    message = outlook.receive(URGENT)
    news = {"changeType": "created", "resource": f"Users/1/Messages/{message}"}
    assert notify(subscription, TENANT, **news, clientState="guessed") == 401
    assert notify(subscription, TENANT, **news) == 202
    assert eventually(lambda: box.state(message).labels) == {"EA/Urgent"}
    assert box.state(message).folder is Folder.INBOX
    receipts = DynamoReceipts(table, SystemClock())
    assert eventually(lambda: receipts.known(account, [message])) == {message}
    decision = DynamoDecisions(table, SystemClock()).find(USER, message)
    assert decision
    assert decision.category is Category.URGENT_ACTION

    graph_server.subscriptions.clear()
    assert notify(subscription, TENANT, lifecycleEvent="subscriptionRemoved") == 202
    (again,) = eventually(lambda: list(graph_server.subscriptions.values()))
    assert again["clientState"] != subscription["clientState"]
