"""The product on embedded AWS instances of its own: free ports, state in a temporary folder, every process stopped."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus

import oidc_provider_mock
import pytest
import urllib3

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
from tests.fakes.imap_server import ADDRESS, ImapServer, serve_imap
from tests.fakes.oauth_api import CLIENT
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
def company_login() -> Iterator[str]:
    """The issuer of a company's OpenID provider, where the user of ``imap_server`` signs in."""
    user = oidc_provider_mock.User(sub=ADDRESS, claims={"email": ADDRESS, "email_verified": True})
    with oidc_provider_mock.run_server_in_thread(user_claims=[user]) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="session")
def imap_server(company_login: str) -> Iterator[ImapServer]:
    """The company's mail server, which asks the OpenID provider whose a token is."""

    def issued(token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        answer = urllib3.request("GET", f"{company_login}/userinfo", headers=headers)
        return answer.status == HTTPStatus.OK and answer.json()["email"] == ADDRESS

    with serve_imap(SystemClock()) as server:
        server.issued_by_company = issued
        yield server


@pytest.fixture(scope="session")
def registrations(
    tmp_path_factory: pytest.TempPathFactory, imap_server: ImapServer, company_login: str
) -> Mapping[str, str]:
    """The assistant's registrations, and what the company's servers are trusted by."""
    at = imap_server.server
    addresses = {"issuer": company_login, "imap": at.imap_url, "smtp": at.smtp_url}
    slack = {"client_id": "1.2", "client_secret": "of-the-app", "signing_secret": SECRET}
    certificate = tmp_path_factory.mktemp("company") / "ca.pem"
    certificate.write_bytes(imap_server.certificate)
    clients = {"slack": slack, "imap": {**CLIENT, "addresses": addresses}}
    return {"OAUTH_CLIENTS": json.dumps(clients), "SSL_CERT_FILE": str(certificate)}


@pytest.fixture(scope="session")
def provider_settings(
    gmail_server: GmailApi,
    google_calendar_server: GoogleCalendarApi,
    graph_server: GraphServer,
    slack_server: SlackApi,
    registrations: Mapping[str, str],
) -> Mapping[str, str]:
    """What lets functions reach the doubles of the providers."""
    return {
        "GMAIL_BASE_URL": gmail_server.url,
        "GOOGLE_CALENDAR_BASE_URL": google_calendar_server.url,
        "MICROSOFT_GRAPH_URL": graph_server.address,
        "SLACK_URL": slack_server.url,
        **registrations,
    }


@pytest.fixture(scope="session")
def small_assistant(
    tmp_path_factory: pytest.TempPathFactory, provider_settings: Mapping[str, str]
) -> Iterator[Assistant]:
    """Profile small, with doubles of the providers and a setting of the functions changed as a user changes it."""
    settings = {"CLAUDE": "double", "EMAIL_BATCH_SIZE": "2", **provider_settings}
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
