"""What is forgotten is in no store any more: a token is looked for in the whole table, the copies and the audit."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import Binary

from assistant.adapters.dynamo import Table, dynamo_client, plain
from assistant.adapters.dynamo_derived_briefings import DynamoDerivedBriefings
from assistant.adapters.dynamo_meetings import DynamoBriefings, DynamoMeetings
from assistant.adapters.dynamo_memories import DynamoMemories
from assistant.adapters.dynamo_past_mails import DynamoPastMails
from assistant.adapters.dynamo_vectors import DynamoVectors
from assistant.adapters.potion import PotionEmbedder
from assistant.domain.audit import AuditAction
from assistant.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unavailable
from assistant.domain.meetings.basis import LATE
from assistant.domain.meetings.keeping import KeptBriefing
from assistant.domain.meetings.past_mail import PastMail
from assistant.domain.sources import SourceKind
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.ask_claude import ClaudePorts
from assistant.services.forget_memories import ForgetPorts, ForgetQuery, Forgotten, forget_memories, forget_memory
from assistant.services.index_memories import catch_up
from assistant.services.keep_meetings import MeetingPorts, keep_meeting
from assistant.services.keep_memories import MemoryCorrection, NewMemory, add_memory, correct_memory
from assistant.services.prepare_meeting import PreparePorts
from assistant.services.prepare_upcoming import TAKEN_FOR, Prepared, UpcomingPorts, prepare_upcoming
from assistant.services.search_memories import MemoryQuery, search_memories
from infra.build import model
from tests.fakes.aws import memory_aws
from tests.fakes.llm import MemorySpending, ScriptedLlm, sensible
from tests.fakes.meetings import MemoryBriefings, MemoryPastMails
from tests.fakes.memory import LetterEmbedder, MemoryMemories, MemoryVectors, kept_evidence_ports
from tests.fakes.notifications import MemoryNotifier
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, MemoryPreferences, MemoryTasks, Outage
from tests.fakes.tables import TABLE, create_table
from tests.unit.meetings.meetings import details, mail

USER = "user123"
CALLER = Identity(USER, "request1")
TOKEN = "xylophone"
EVE = "eve@company.com"


class Scene:
    """Two processes with the same table, the real model and both caches warm."""

    def __init__(self, clock: ManualClock) -> None:
        create_table()
        self.clock = clock
        self.audit = MemoryAuditTrail()
        self.table = Table(TABLE, dynamo_client())
        self.indexes = [DynamoVectors(self.table, clock) for _ in range(2)]
        self.processes = [
            ForgetPorts(
                DynamoMemories(self.table, clock),
                index,
                PotionEmbedder(model().path),
                self.audit,
                MemoryMeter(),
                clock,
                DynamoDerivedBriefings(self.table, clock),
                DynamoPastMails(self.table, clock),
            )
            for index in self.indexes
        ]
        self.meetings = DynamoMeetings(self.table, clock)
        self.briefings = DynamoBriefings(self.table, clock)

    def add(self, text: str, key: str | None = None, **fields: Any) -> str:
        self.clock.advance(1)
        new = NewMemory.model_validate({"kind": "fact", "subject": "music", "text": text} | fields)
        return add_memory(USER, new, CALLER, key=key, ports=self.processes[0])[0].memory.id

    def keep(self, name: str, title: str, **fields: Any) -> None:
        """A meeting that begins in half an hour."""
        ports = MeetingPorts(self.meetings, self.briefings, MemoryPreferences(), self.audit, self.clock)
        at = (self.clock.now() + timedelta(minutes=30)).isoformat()
        given = {"meeting_title": title, "context": "", "attendees": ["ann@company.com"], "scheduled_time": at}
        keep_meeting(CALLER, name, details(**given | fields), Preconditions(), ports=ports)

    def prepare(self) -> Prepared:
        """One run of the schedule, without Claude."""
        ports, meter = self.processes[0], MemoryMeter()
        kept = kept_evidence_ports(ports, MemoryTasks(self.clock), mails=ports.mails)
        claude = ClaudePorts(ScriptedLlm(sensible, has_key=False), MemorySpending(), meter, self.clock)
        prepare = PreparePorts(MemoryPreferences(), self.audit, meter, self.clock, kept, lambda: claude)
        notifier = MemoryNotifier()
        return prepare_upcoming(
            "tick1", seconds=200, ports=UpcomingPorts(self.meetings, self.briefings, notifier, prepare)
        )

    def prepared(self) -> set[str]:
        """The meetings that have a briefing."""
        keys = (item["sk"].split("#", 1) for item in self.everything())
        return {name for kind, name in keys if kind == "BRIEFING"}

    def found(self, query: str) -> list[Sequence[str]]:
        """What each process finds, by meaning."""
        answers = (search_memories(USER, MemoryQuery(q=query), CALLER, ports=ports) for ports in self.processes)
        return [[memory.text for memory in answer.memories] for answer in answers]

    def everything(self) -> list[dict[str, Any]]:
        items = [plain(item) for item in self.table.client.scan(TableName=TABLE)["Items"]]
        packed = ("meeting", "briefing", "mail")
        return [
            item | {name: zlib.decompress(bytes(item[name])) for name in packed if isinstance(item.get(name), Binary)}
            for item in items
        ]

    def left(self) -> str:
        """All that any store or copy still holds, as one text."""
        copies = [
            (copy._rows, copy._people, copy._matrix.any()) for one in self.indexes for copy in one._copies.values()
        ]
        return repr((self.everything(), copies)) + json.dumps([event.model_dump_json() for event in self.audit.events])


@pytest.fixture
def scene(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Any:
    # The table in memory takes one transaction at a time.
    monkeypatch.setattr("assistant.services.forget_memories._THREADS", 1)
    with memory_aws():
        yield Scene(clock)


def test_one_memory_with_its_vector_its_request_and_what_it_had_closed(scene: Scene) -> None:
    kept = scene.add("Ann plays the piano.", attribute="instrument")
    gone = scene.add(f"Ann plays the {TOKEN}.", key=TOKEN, attribute="instrument", people=[EVE])
    assert scene.found(TOKEN)[0] == scene.found(TOKEN)[1] != []
    assert forget_memory(USER, gone, CALLER, ports=scene.processes[0]) == Forgotten(forgotten=1)
    assert all(f"Ann plays the {TOKEN}." not in texts for texts in scene.found(TOKEN))
    left = scene.left()
    assert TOKEN not in left
    assert EVE not in left
    # The older one holds again, as if it had never been closed.
    (memory,) = scene.processes[0].store.find(USER, [kept]).values()
    assert (memory.memory.superseded_by, memory.memory.superseded_at) == (None, None)
    assert {item["sk"].split("#")[0] for item in scene.everything()} == {"MEMORY", "MEMORY_LINE", "VECTOR"}
    with pytest.raises(NotFound):
        forget_memory(USER, gone, CALLER, ports=scene.processes[0])


def test_a_correction_does_not_keep_what_it_corrected(scene: Scene) -> None:
    old = scene.add(f"Ann plays the {TOKEN}.")
    correct_memory(USER, old, MemoryCorrection(text="Ann sings."), CALLER, Preconditions(), ports=scene.processes[0])
    forget_memory(USER, old, CALLER, ports=scene.processes[0])
    assert TOKEN not in scene.left()
    assert scene.found("Ann sings") == [["Ann sings."]] * 2


def test_all_of_a_source(scene: Scene) -> None:
    mail = {"kind": "mail", "id": "email7", "quote": TOKEN}
    for number in range(30):
        scene.add(f"Piece {number}: {TOKEN}", source=mail, attribute="piece" if number % 2 else "")
    scene.add("Ann sings.", source={"kind": "event", "id": "email7"})
    scene.found(TOKEN)
    query = ForgetQuery.model_validate({"source_kind": "mail", "source_id": "email7"})
    assert forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0]) == Forgotten(forgotten=30)
    assert scene.found(TOKEN) == [[], []]
    assert TOKEN not in scene.left()
    assert "email7" in scene.left()
    (event,) = [event for event in scene.audit.events if event.counts]
    assert event.counts == {"memories": 30, "briefings": 0, "mails": 0}


def test_all_that_names_a_person(scene: Scene) -> None:
    scene.add("Plays the oboe.", subject="Eve", people=[EVE])
    scene.add(f"Dinner with {EVE.upper()} on Friday.")
    scene.add("Ann plays the piano.", people=["ann@company.com"])
    scene.add("Everybody sings on the eve of the concert.", people=["eve@company.com.example"])
    query = ForgetQuery(person=EVE)
    assert forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0]) == Forgotten(forgotten=2)
    assert EVE not in scene.left().lower().replace("eve@company.com.example", "")
    assert forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0]) == Forgotten(forgotten=0)


class TestPastMails:
    """Mails of connected mailboxes that were kept for meetings."""

    @pytest.fixture(autouse=True)
    def _kept(self, scene: Scene) -> None:
        past = {"connection_id": "google-1", "at": scene.clock.now(), "title": "Rehearsal", "author": "Ann Lee"}
        said = {"mail7": f"We rehearse with a {TOKEN} on Friday.", "mail8": "We rehearse on Monday at ten."}
        people = {"mail7": ("ann@company.com", EVE), "mail8": ("ann@company.com",)}
        mails = [PastMail(message_id=one, text=said[one], people=people[one], **past) for one in said]
        scene.processes[0].mails.keep(USER, mails)
        scene.keep("rehearsal", "Quartet rehearsal on Friday")
        assert scene.prepare() == Prepared(prepared=1)
        assert TOKEN in str(scene.briefings.find(USER, "rehearsal"))

    @pytest.mark.parametrize(
        "query", [ForgetQuery(person=EVE), ForgetQuery(source_kind=SourceKind.MAIL, source_id="mail7")]
    )
    def test_go_with_the_briefings_that_cite_them(self, scene: Scene, query: ForgetQuery) -> None:
        forgotten = forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0])
        assert forgotten == Forgotten(forgotten=0, briefings=1, mails=1)
        assert TOKEN not in scene.left()
        assert EVE not in scene.left()
        assert "mail8" in scene.left()
        (event,) = [event for event in scene.audit.events if event.action is AuditAction.MEMORIES_FORGOTTEN]
        assert event.counts == {"memories": 0, "briefings": 1, "mails": 1}


class TestBriefings:
    def test_one_that_cites_a_memory_goes_with_it(self, scene: Scene) -> None:
        gone = scene.add(f"The quartet rehearses with a {TOKEN}.")
        scene.add("The budget grows.", subject="money")
        scene.keep("rehearsal", "Quartet rehearsal")
        scene.keep("money", "Budget")
        assert scene.prepare() == Prepared(prepared=2)
        assert scene.prepared() == {"rehearsal", "money"}
        assert f"with a {TOKEN}." in str(scene.briefings.find(USER, "rehearsal"))
        forgotten = forget_memory(USER, gone, CALLER, ports=scene.processes[0])
        assert forgotten == Forgotten(forgotten=1, briefings=1)
        assert TOKEN not in scene.left()
        assert scene.prepared() == {"money"}
        (event,) = [event for event in scene.audit.events if event.action is AuditAction.MEMORIES_FORGOTTEN]
        assert event.counts == {"memories": 1, "briefings": 1, "mails": 0}

    def test_one_that_cited_a_memory_is_made_again_of_what_is_left(self, scene: Scene) -> None:
        gone = scene.add(f"The quartet rehearses with a {TOKEN}.")
        scene.add("The quartet rehearses in the old hall.")
        scene.keep("rehearsal", "Quartet rehearsal")
        assert scene.prepare() == Prepared(prepared=1)
        forget_memory(USER, gone, CALLER, ports=scene.processes[0])
        assert scene.prepared() == set()
        assert scene.prepare() == Prepared(prepared=1)
        assert TOKEN not in scene.left()
        assert "in the old hall." in str(scene.briefings.find(USER, "rehearsal"))
        assert scene.prepare() == Prepared()

    def test_one_of_a_meeting_that_is_over_is_not(self, scene: Scene) -> None:
        gone = scene.add(f"The quartet rehearses with a {TOKEN}.")
        scene.keep("rehearsal", "Quartet rehearsal")
        scene.prepare()
        scene.clock.advance((timedelta(minutes=30) + LATE).total_seconds() + 1)
        assert forget_memory(USER, gone, CALLER, ports=scene.processes[0]).briefings == 1
        assert "DUE#" not in scene.left()

    def test_those_that_cite_a_source_or_a_memory_of_it(self, scene: Scene) -> None:
        source = {"kind": "mail", "id": "mail7", "quote": TOKEN}
        scene.add(f"The quartet rehearses with a {TOKEN}.", source=source)
        scene.keep("rehearsal", "Quartet rehearsal")
        scene.keep("money", "Budget", documents=[mail(7, "The budget grows by half this year.", subject="Budget")])
        scene.keep("lunch", "Lunch", documents=[mail(8, "The lunch is at noon on Friday.", subject="Lunch")])
        assert scene.prepare() == Prepared(prepared=3)
        query = ForgetQuery.model_validate({"source_kind": "mail", "source_id": "mail7"})
        forgotten = forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0])
        assert forgotten == Forgotten(forgotten=1, briefings=2)
        assert TOKEN not in scene.left()
        assert scene.prepared() == {"lunch"}
        # What was sent with a meeting stays with it: no briefing quotes it again by itself.
        assert scene.prepare() == Prepared(prepared=1)
        assert scene.prepared() == {"lunch", "rehearsal"}
        assert TOKEN not in scene.left()

    @pytest.mark.parametrize("person", [EVE, "Eve Adams"])
    def test_those_with_a_person_or_that_name_them(self, scene: Scene, person: str) -> None:
        scene.keep("eve", "Coffee", attendees=[f"Eve Adams <{EVE}>"])
        scene.keep("named", "Budget", documents=[mail(7, f"Eve Adams ({EVE}) grows the budget.", subject="Budget")])
        scene.keep("other", "Dinner", attendees=["Eve Adamson <steve@company.com>"])
        assert scene.prepare() == Prepared(prepared=3)
        query = ForgetQuery(person=person)
        forgotten = forget_memories(USER, query, CALLER, seconds=10, ports=scene.processes[0])
        assert forgotten == Forgotten(forgotten=0, briefings=2)
        assert scene.prepare() == Prepared()
        assert scene.prepared() == {"other"}

    def test_those_of_another_user_stay(self, scene: Scene) -> None:
        scene.keep("eve", "Coffee", attendees=[EVE])
        scene.prepare()
        other = Identity("user124", "request1")
        query = ForgetQuery(person=EVE)
        assert forget_memories("user124", query, other, seconds=10, ports=scene.processes[0]) == Forgotten(forgotten=0)
        assert scene.prepared() == {"eve"}

    def test_one_made_of_a_memory_that_was_forgotten_meanwhile(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gone = scene.add(f"The quartet rehearses with a {TOKEN}.")
        scene.keep("rehearsal", "Quartet rehearsal")
        keep = scene.briefings.keep

        def overtaken(briefing: KeptBriefing) -> KeptBriefing:
            forget_memory(USER, gone, CALLER, ports=scene.processes[0])
            return keep(briefing)

        monkeypatch.setattr(scene.briefings, "keep", overtaken)
        assert scene.prepare() == Prepared(left=1)
        assert TOKEN not in scene.left()
        monkeypatch.undo()
        scene.clock.advance(TAKEN_FOR.total_seconds())
        assert scene.prepare() == Prepared(prepared=1)
        assert TOKEN not in scene.left()

    def test_one_made_while_its_memory_is_forgotten(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = scene.add(f"The quartet rehearses with a {TOKEN}.")
        scene.keep("rehearsal", "Quartet rehearsal")
        index = scene.indexes[0]
        delete = index.delete

        def overtaken(user_id: str, memory_ids: Any) -> None:
            monkeypatch.setattr(index, "delete", delete)
            delete(user_id, memory_ids)
            assert scene.prepare() == Prepared(prepared=1)

        monkeypatch.setattr(index, "delete", overtaken)
        assert forget_memory(USER, gone, CALLER, ports=scene.processes[0]).briefings == 1
        assert TOKEN not in scene.left()


def test_everything_can_go(scene: Scene) -> None:
    scene.add(f"Ann plays the {TOKEN}.")
    forget_memories(USER, ForgetQuery(person=TOKEN), CALLER, seconds=10, ports=scene.processes[0])
    assert {tuple(sorted(item)) for item in scene.everything()} == {("expires_at", "gone", "pk", "sk")}


class TestWithFakes:
    @pytest.fixture
    def outage(self) -> Outage:
        return Outage()

    @pytest.fixture
    def ports(self, clock: ManualClock, meter: MemoryMeter, outage: Outage) -> ForgetPorts:
        store, index = MemoryMemories(clock), MemoryVectors(outage)
        made = (MemoryBriefings(), MemoryPastMails(clock))
        return ForgetPorts(store, index, LetterEmbedder(), MemoryAuditTrail(), meter, clock, *made)

    def add(self, ports: ForgetPorts) -> str:
        new = NewMemory.model_validate({"kind": "fact", "subject": "music", "text": "Ann sings."})
        return add_memory(USER, new, CALLER, key=None, ports=ports)[0].memory.id

    def test_with_the_index_down_nothing_is_forgotten(self, ports: ForgetPorts, outage: Outage) -> None:
        memory_id = self.add(ports)
        outage.down = True
        with pytest.raises(Unavailable):
            forget_memory(USER, memory_id, CALLER, ports=ports)
        assert ports.store.find(USER, [memory_id])
        outage.down = False
        assert forget_memory(USER, memory_id, CALLER, ports=ports).forgotten == 1

    def waiting(self, ports: ForgetPorts, outage: Outage) -> str:
        """A memory whose vector is still to come."""
        outage.down = True
        memory_id = self.add(ports)
        outage.down = False
        return memory_id

    def test_a_vector_that_arrives_after_its_memory_was_forgotten_goes_too(
        self, ports: ForgetPorts, outage: Outage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index = MemoryVectors(outage)
        ports = replace(ports, index=index)
        memory_id = self.waiting(ports, outage)
        upsert = index.upsert

        def overtaken(user_id: str, memories: Any) -> None:
            forget_memory(USER, memory_id, CALLER, ports=ports)
            upsert(user_id, memories)

        monkeypatch.setattr(index, "upsert", overtaken)
        catch_up(USER, ports)
        assert index.kept == {}

    def test_a_vector_that_arrives_while_its_memory_is_forgotten_goes_too(
        self, ports: ForgetPorts, outage: Outage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index = MemoryVectors(outage)
        ports = replace(ports, index=index)
        memory_id = self.waiting(ports, outage)
        delete = index.delete

        def overtaken(user_id: str, memory_ids: Any) -> None:
            monkeypatch.setattr(index, "delete", delete)
            delete(user_id, memory_ids)
            catch_up(USER, ports)
            assert index.kept

        monkeypatch.setattr(index, "delete", overtaken)
        forget_memory(USER, memory_id, CALLER, ports=ports)
        assert index.kept == {}

    def test_what_does_not_fit_into_the_time_is_left_for_another_request(
        self, ports: ForgetPorts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.services.forget_memories._CHUNK", 2)
        for _ in range(5):
            self.add(ports)
        query = ForgetQuery(person="ann")
        answers = [forget_memories(USER, query, CALLER, seconds=-1, ports=ports) for _ in range(3)]
        assert [(one.forgotten, one.more) for one in answers] == [(2, True), (2, True), (1, False)]

    def test_a_line_that_keeps_changing_is_a_conflict(
        self, ports: ForgetPorts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        memory_id = self.add(ports)
        monkeypatch.setattr(ports.store, "write", lambda *_: False)
        with pytest.raises(Conflict):
            forget_memory(USER, memory_id, CALLER, ports=ports)

    @pytest.mark.parametrize(
        ("person", "forgotten"), [("Ann", 1), ("an", 0), ("sings", 1), ("ann sings", 1), ("ing", 0), ("(.*)", 0)]
    )
    def test_a_person_is_a_whole_word(self, ports: ForgetPorts, person: str, forgotten: int) -> None:
        self.add(ports)
        query = ForgetQuery(person=person)
        assert forget_memories(USER, query, CALLER, seconds=1, ports=ports).forgotten == forgotten

    @pytest.mark.parametrize(
        "query",
        [
            ForgetQuery(),
            ForgetQuery(source_id="email7"),
            ForgetQuery.model_validate({"source_kind": "mail", "source_id": "email7", "person": "ann"}),
        ],
    )
    def test_one_thing_is_named(self, ports: ForgetPorts, query: ForgetQuery) -> None:
        with pytest.raises(InvalidRequest):
            forget_memories(USER, query, CALLER, seconds=1, ports=ports)

    def test_the_memories_of_another_are_out_of_reach(self, ports: ForgetPorts) -> None:
        with pytest.raises(Forbidden):
            forget_memories("user124", ForgetQuery(person="ann"), CALLER, seconds=1, ports=ports)
