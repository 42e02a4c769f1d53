"""Mail of Microsoft 365 against an emulator that others wrote: reading, categories, folders and subscriptions.

It has no delta queries, takes no MIME and asks no address whether it answers: those are held to Microsoft's types and
documentation by the fake in tests/fakes/graph_api.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from assistant.adapters.graph_api import GraphApi
from assistant.adapters.graph_mail import GraphMailBox, GraphMailBoxes
from assistant.adapters.graph_subscriptions import GraphSubscriptions
from assistant.domain.errors import NotFound
from assistant.domain.mailbox import Folder, MailQuery, MessageState
from assistant.domain.subscriptions import Watched
from assistant.runtime.clock import SystemClock
from infra.local.emulators import emulating
from tests.fakes.access_tokens import ScriptedTokens
from tests.fakes.accounts import MICROSOFT, WEBHOOK
from tests.fakes.subscriptions import MemorySubscriptions
from tests.integration.graph_batches import with_batches

ADDRESS = MICROSOFT.account
BEGIN = datetime(2025, 1, 15, 10, tzinfo=UTC)
INVOICES = [
    {
        "id": f"invoice{number}",
        "user_email": ADDRESS,
        "parent_folder_id": "inbox",
        "conversation_id": "about-invoices",
        "from": {"address": "ann@supplier.com", "name": "Ann Smith"},
        "to_recipients": [{"address": ADDRESS}],
        "subject": f"Invoice {number}",
        "body_content": "<p>Please pay until <b>Friday</b>.</p>",
        "received_date_time": (BEGIN + timedelta(hours=number)).isoformat(),
    }
    for number in range(3)
]
NEWEST_FIRST = ["invoice2", "invoice1", "invoice0"]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GraphApi]:
    seed = {"users": [{"email": ADDRESS, "name": "User"}], "messages": INVOICES}
    with emulating("graph", seed, tmp_path_factory.mktemp("graph")) as emulator, with_batches(emulator) as address:
        api = GraphApi(f"{address}/v1.0", ScriptedTokens("any"), SystemClock())
        yield api
        api.close()


@pytest.fixture
def store() -> MemorySubscriptions:
    return MemorySubscriptions()


@pytest.fixture
def box(api: GraphApi, store: MemorySubscriptions) -> GraphMailBox:
    return GraphMailBoxes(api, lambda: GraphSubscriptions(store, WEBHOOK), SystemClock()).open(MICROSOFT)


def test_mails_are_found_page_after_page(box: GraphMailBox) -> None:
    found: list[str] = []
    page = None
    while True:
        answer = box.search(MailQuery(folder=Folder.INBOX), page=page, limit=2)
        found += answer.message_ids
        page = answer.next_page
        if page is None:
            break
    # The emulator has mails of its own beside the seeded ones.
    assert [one for one in found if one in NEWEST_FIRST] == NEWEST_FIRST
    assert len(found) == len(set(found)) > len(NEWEST_FIRST)
    assert sorted(box.search(MailQuery(words="invoice")).message_ids) == NEWEST_FIRST[::-1]
    since = MailQuery(folder=Folder.INBOX, since=BEGIN + timedelta(hours=1))
    assert [one for one in box.search(since).message_ids if one in NEWEST_FIRST] == NEWEST_FIRST[:2]


def test_a_mail_is_read_with_its_conversation(box: GraphMailBox) -> None:
    mail = box.get("invoice1").mail
    assert (mail.sender, mail.to, mail.subject) == ("Ann Smith <ann@supplier.com>", (ADDRESS,), "Invoice 1")
    assert (mail.html, mail.received_at) == ("<p>Please pay until <b>Friday</b>.</p>", BEGIN + timedelta(hours=1))
    assert [one.mail.id for one in box.thread(str(mail.thread_id))] == NEWEST_FIRST[::-1]
    with pytest.raises(NotFound):
        box.get("nothing")


def test_a_mail_is_labelled_moved_and_put_back(box: GraphMailBox) -> None:
    before = box.state("invoice0")
    box.label("invoice0", add={"EA/Routine"})
    assert box.move("invoice0", Folder.ARCHIVE) == "invoice0"
    assert box.state("invoice0") == MessageState(Folder.ARCHIVE, frozenset({"EA/Routine"}), unread=before.unread)
    box.move("invoice0", Folder.INBOX)
    box.label("invoice0", remove={"EA/Routine"})
    assert box.state("invoice0") == before


def test_a_subscription_is_made_and_ended(box: GraphMailBox, store: MemorySubscriptions) -> None:
    until = box.watch()
    kept = store.of_connection(MICROSOFT, Watched.MAIL)
    assert kept
    assert kept.expires_at == until
    box.unwatch()
    assert store.find(kept.id) is None
