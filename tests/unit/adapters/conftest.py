"""Adapters against moto's DynamoDB and SQS, and fakeredis."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.dynamo import Table, dynamo_client
from assistant.adapters.google_calendar import GoogleCalendar
from assistant.adapters.google_channels import GoogleChannels
from assistant.adapters.google_http import GoogleCalls
from assistant.adapters.graph_api import GraphApi
from assistant.adapters.graph_calendar import GraphCalendars
from assistant.adapters.graph_mail import GraphMailBoxes
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from infra.build import model as build_model
from tests.fakes.access_tokens import NumberedTokens, ScriptedTokens, connection
from tests.fakes.accounts import CALENDAR_WEBHOOK, MICROSOFT, WEBHOOK
from tests.fakes.aws import memory_aws
from tests.fakes.google_calendar_api import GoogleCalendarApi, serve_calendar
from tests.fakes.graph_api import GraphServer
from tests.fakes.graph_api import serve as serve_graph
from tests.fakes.graph_calendar_api import GraphCalendarSide
from tests.fakes.graph_mail_api import GraphMail
from tests.fakes.runtime import ManualClock
from tests.fakes.sides import BothSides
from tests.fakes.subscriptions import MemorySubscriptions
from tests.fakes.tables import TABLE, create_table


@pytest.fixture
def aws() -> Iterator[None]:
    with memory_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    create_table()
    return Table(TABLE, dynamo_client())


@pytest.fixture
def missing_table(aws: None) -> Table:  # noqa: ARG001 needs AWS to be there
    """A table every call to fails."""
    return Table("gone", dynamo_client())


@pytest.fixture
def graph_server() -> Iterator[GraphServer]:
    with serve_graph() as server:
        yield server


@pytest.fixture
def graph(graph_server: GraphServer, clock: ManualClock) -> Iterator[GraphApi]:
    """Calls of the server; a pause moves the clock."""
    api = GraphApi(graph_server.url, ScriptedTokens(graph_server.token), clock, pause=clock.advance)
    yield api
    api.close()


@pytest.fixture
def graph_mailbox(graph: GraphApi, graph_server: GraphServer, clock: ManualClock) -> BothSides:
    boxes = GraphMailBoxes(graph, lambda: GraphSubscriptions(MemorySubscriptions(), WEBHOOK), clock)
    return BothSides(boxes.open(MICROSOFT), GraphMail(graph_server, clock))


@pytest.fixture
def graph_calendar(graph: GraphApi, graph_server: GraphServer, clock: ManualClock) -> BothSides:
    subscriptions = GraphSubscriptions(MemorySubscriptions(), WEBHOOK)
    calendars = GraphCalendars(graph, lambda: subscriptions, clock)
    return BothSides(calendars.open(MICROSOFT), GraphCalendarSide(graph_server))


@pytest.fixture
def google_calendar_api(clock: ManualClock) -> Iterator[GoogleCalendarApi]:
    with serve_calendar(clock) as api:
        yield api


@pytest.fixture
def google_calendar(google_calendar_api: GoogleCalendarApi, clock: ManualClock) -> Iterator[BothSides]:
    account = connection()
    calls = GoogleCalls(account, NumberedTokens(), clock, pause=clock.advance)
    channels = GoogleChannels(MemorySubscriptions(), CALENDAR_WEBHOOK)
    calendar = GoogleCalendar(google_calendar_api.url, calls, account, lambda: channels, clock)
    yield BothSides(calendar, google_calendar_api)
    calls.close()


@pytest.fixture(scope="session")
def model() -> Path:
    """The embedding model as the functions get it."""
    return build_model().path
