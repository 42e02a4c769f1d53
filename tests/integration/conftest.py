"""The product on embedded AWS instances of its own: free ports, state in a temporary folder, every process stopped."""

import json
from collections.abc import Iterator

import pytest

from assistant.runtime.clock import SystemClock
from infra.local import ministack
from infra.local.aws import LocalAws
from infra.local.environment import ensure_environment
from infra.local.layout import Layout, free_port
from tests.fakes.gmail_api import GmailApi, serve_gmail
from tests.fakes.google_calendar_api import GoogleCalendarApi, serve_calendar
from tests.fakes.graph_api import GraphServer
from tests.fakes.graph_api import serve as serve_graph
from tests.fakes.graph_mail_api import GraphMail
from tests.fakes.slack_api import SlackApi, serve_slack
from tests.fakes.slack_requests import SECRET
from tests.integration.assistant_process import Assistant


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    yield from _started(Assistant("standard", tmp_path_factory.mktemp("standard")))


@pytest.fixture(scope="session")
def gmail_server() -> Iterator[GmailApi]:
    """The fake Gmail that the functions of ``small_assistant`` reach."""
    with serve_gmail(SystemClock()) as server:
        yield server


@pytest.fixture(scope="session")
def google_calendar_server() -> Iterator[GoogleCalendarApi]:
    """The fake Google Calendar that the functions of ``small_assistant`` reach."""
    with serve_calendar(SystemClock()) as server:
        yield server


@pytest.fixture(scope="session")
def slack_server() -> Iterator[SlackApi]:
    """The fake Slack that the functions of ``small_assistant`` reach."""
    with serve_slack() as server:
        yield server


@pytest.fixture(scope="session")
def graph_server() -> Iterator[GraphServer]:
    """The fake Graph that the functions of ``small_assistant`` reach; it calls back."""
    with serve_graph() as server:
        server.calls_back = True
        yield server


@pytest.fixture(scope="session")
def outlook(graph_server: GraphServer) -> GraphMail:
    """The mailbox there, as its user sees it."""
    return GraphMail(graph_server, SystemClock())


@pytest.fixture(scope="session")
def small_assistant(
    tmp_path_factory: pytest.TempPathFactory,
    gmail_server: GmailApi,
    google_calendar_server: GoogleCalendarApi,
    graph_server: GraphServer,
    slack_server: SlackApi,
) -> Iterator[Assistant]:
    """Profile small, with doubles of the providers and a setting of the functions changed as a user changes it."""
    app = {"client_id": "1.2", "client_secret": "of-the-app", "signing_secret": SECRET}
    settings = {
        "CLAUDE": "double",
        "EMAIL_BATCH_SIZE": "2",
        "GMAIL_BASE_URL": gmail_server.url,
        "GOOGLE_CALENDAR_BASE_URL": google_calendar_server.url,
        "MICROSOFT_GRAPH_URL": graph_server.address,
        "OAUTH_CLIENTS": json.dumps({"slack": app}),
        "SLACK_URL": slack_server.url,
    }
    yield from _started(Assistant("small", tmp_path_factory.mktemp("small"), settings=settings))


@pytest.fixture(scope="session")
def empty_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """An embedded AWS with nothing deployed."""
    layout = Layout(tmp_path_factory.mktemp("empty"), "small", free_port(), free_port(), free_port())
    server = ministack.start(layout, ensure_environment())
    try:
        yield LocalAws(layout.aws_endpoint)
    finally:
        server.stop()


@pytest.fixture
def token(assistant: Assistant) -> str:
    return assistant.token()


def _started(assistant: Assistant) -> Iterator[Assistant]:
    try:
        assistant.start()
        yield assistant
    finally:
        if assistant.process and assistant.process.poll() is None:
            assistant.stop()
