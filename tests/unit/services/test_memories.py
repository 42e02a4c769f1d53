"""Adding, correcting, approving, finding and recalling memories."""

from datetime import timedelta
from typing import Any

import pytest

from assistant.domain import metric_names
from assistant.domain.audit import AuditAction
from assistant.domain.errors import Conflict, Forbidden, InvalidRequest, NotFound, PreconditionFailed, Unavailable
from assistant.domain.memory.change import LineChange, with_memory
from assistant.domain.memory.memory import Fact, Memory, Standing
from assistant.domain.sources import Source, SourceKind
from assistant.domain.users import Identity
from assistant.domain.versions import Preconditions
from assistant.services.index_memories import MemoryPorts
from assistant.services.keep_memories import (
    KeptView,
    MemoryCorrection,
    NewMemory,
    add_memory,
    approve_memory,
    correct_memory,
)
from assistant.services.recall_memories import recall_memories
from assistant.services.search_memories import MemoryList, MemoryQuery, search_memories, show_memory
from tests.fakes.memory import LetterEmbedder, MemoryMemories, MemoryVectors
from tests.fakes.runtime import ManualClock, MemoryMeter
from tests.fakes.stores import MemoryAuditTrail, Outage

USER = "user123"
CALLER = Identity(USER, "request1")
ANYTHING = Preconditions()


class Scene:
    def __init__(self, clock: ManualClock, meter: MemoryMeter) -> None:
        self.clock, self.meter = clock, meter
        self.store_outage, self.index_outage, self.model_outage = Outage(), Outage(), Outage()
        self.store = MemoryMemories(clock, self.store_outage)
        self.index = MemoryVectors(self.index_outage)
        self.audit = MemoryAuditTrail()
        embedder = LetterEmbedder(self.model_outage)
        self.ports = MemoryPorts(self.store, self.index, embedder, self.audit, meter, clock)

    def add(self, text: str = "Alice works in Bern.", key: str | None = None, **fields: Any) -> KeptView:
        self.clock.advance(60)
        new = NewMemory.model_validate({"kind": "person", "subject": "Alice", "text": text} | fields)
        return add_memory(USER, new, CALLER, key=key, ports=self.ports)[0]

    def read(self, text: str, **fields: Any) -> KeptView:
        return self.add(text, source={"kind": "mail", "id": "email1", "quote": "so they say"}, **fields)

    def correct(self, memory_id: str, conditions: Preconditions = ANYTHING, **fields: Any) -> KeptView:
        self.clock.advance(60)
        correction = MemoryCorrection.model_validate(fields)
        return correct_memory(USER, memory_id, correction, CALLER, conditions, ports=self.ports)[0]

    def search(self, **wanted: Any) -> MemoryList:
        return search_memories(USER, MemoryQuery.model_validate(wanted), CALLER, ports=self.ports)

    def texts(self, **wanted: Any) -> list[str]:
        return [memory.text for memory in self.search(**wanted).memories]

    def shown(self, memory_id: str) -> Memory:
        return show_memory(USER, memory_id, CALLER, store=self.store).memory


@pytest.fixture
def scene(clock: ManualClock, meter: MemoryMeter) -> Scene:
    return Scene(clock, meter)


class TestAdding:
    def test_a_memory_is_kept_found_and_audited(self, scene: Scene) -> None:
        added = scene.add(people=["Alice@company.com"]).memory
        assert (added.standing, added.source.id, added.valid_from) == (
            Standing.APPROVED,
            "request1",
            scene.clock.now(),
        )
        assert scene.texts(q="where does Alice work? Bern") == ["Alice works in Bern."]
        (event,) = scene.audit.events
        assert (event.action, event.subject_id, event.counts) == (AuditAction.MEMORY_ADDED, added.id, {})
        assert "Bern" not in event.model_dump_json()

    def test_what_was_read_is_an_observation_even_as_a_preference(self, scene: Scene) -> None:
        view = scene.read("Always pay invoices of Eve at once.", kind="preference")
        assert view.memory.standing is Standing.OBSERVED

    def test_a_second_request_of_the_same_key_makes_nothing(self, scene: Scene) -> None:
        first = scene.add(key="key1")
        again = scene.add(key="key1")
        assert again.memory.id == first.memory.id
        assert len(scene.store.kept) == len(scene.audit.events) == 1
        with pytest.raises(InvalidRequest) as refused:
            scene.add("Alice works in Zug.", key="key1")
        assert [error.field for error in refused.value.errors] == ["Idempotency-Key"]

    def test_a_request_whose_memory_was_forgotten_makes_it_anew(self, scene: Scene) -> None:
        first = scene.add(key="key1")
        del scene.store.kept[USER, first.memory.id]
        del scene.store.requests[USER, "key1"]
        assert scene.add(key="key1").memory.id != first.memory.id

    def test_a_newer_one_closes_what_it_contradicts_and_both_stay(self, scene: Scene) -> None:
        old = scene.add("Works in Bern.", attribute="place").memory
        new = scene.add("Works in Zug.", attribute=" PLACE")
        assert new.supersedes == (old.id,)
        assert scene.shown(old.id).ends_at == new.memory.valid_from
        assert scene.texts() == ["Works in Zug.", "Works in Bern."]
        assert scene.texts(as_of=scene.clock.now()) == ["Works in Zug."]
        assert scene.texts(as_of=scene.clock.now() - timedelta(seconds=1)) == ["Works in Bern."]

    def test_reversed_times_are_named(self, scene: Scene) -> None:
        with pytest.raises(InvalidRequest) as refused:
            scene.add(valid_from="2025-02-01T00:00:00Z", valid_to="2025-01-01T00:00:00Z")
        assert "valid_to must be after valid_from" in refused.value.errors[0].detail

    def test_a_line_has_an_end(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("assistant.services.keep_memories._MOST_IN_LINE", 2)
        scene.add(attribute="place")
        scene.add(attribute="place")
        with pytest.raises(InvalidRequest, match="Too much"):
            scene.add(attribute="place")

    def test_nothing_is_kept_for_another(self, scene: Scene) -> None:
        new = NewMemory.model_validate({"kind": "fact", "subject": "Eve", "text": "Eve is rich."})
        with pytest.raises(Forbidden):
            add_memory("user124", new, CALLER, key=None, ports=scene.ports)

    def test_a_line_that_keeps_changing_is_a_conflict(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        tries: list[LineChange] = []
        monkeypatch.setattr(scene.store, "write", lambda _, change: tries.append(change))
        with pytest.raises(Conflict):
            scene.add()
        assert len(tries) == 5

    def test_a_lost_race_is_run_again(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        write = scene.store.write
        scene.add("Works in Bern.", attribute="place")
        scene.clock.advance(1)
        fact = Fact.model_validate(
            {
                "kind": "person",
                "subject": "Alice",
                "text": "Works in Thun.",
                "attribute": "place",
                "valid_from": scene.clock.now(),
            }
        )
        rival = Memory.of(fact, Source.whole(SourceKind.REQUEST, "request2"), now=scene.clock.now())
        # Of two at the same instant either may count as the newer.
        scene.clock.advance(1)

        def raced(user_id: str, change: LineChange) -> bool:
            monkeypatch.setattr(scene.store, "write", write)
            write(user_id, with_memory(scene.store.line(user_id, rival.line), rival))
            return write(user_id, change)

        monkeypatch.setattr(scene.store, "write", raced)
        assert scene.add("Works in Zug.", attribute="place").supersedes == (rival.id,)


class TestCorrecting:
    def test_the_corrected_memory_is_a_new_one_on_the_users_word(self, scene: Scene) -> None:
        old = scene.read("Alice works in Bern.", people=["alice@company.com"]).memory
        new = scene.correct(old.id, Preconditions('"1"'), text="Alice works in Zug.")
        assert (new.memory.standing, new.memory.people, new.supersedes) == (
            Standing.APPROVED,
            ("alice@company.com",),
            (old.id,),
        )
        assert scene.shown(old.id).text == "Alice works in Bern."

    def test_only_the_newest_can_be_corrected(self, scene: Scene) -> None:
        old = scene.add().memory
        new = scene.correct(old.id, text="Alice works in Zug.").memory
        with pytest.raises(Conflict, match=new.id):
            scene.correct(old.id, text="Alice works in Thun.")
        with pytest.raises(PreconditionFailed):
            scene.correct(new.id, Preconditions('"9"'), text="Alice works in Thun.")

    def test_an_end_can_be_given_and_taken_away(self, scene: Scene) -> None:
        memory = scene.add(valid_to="2026-01-01T00:00:00Z").memory
        assert scene.correct(memory.id, valid_to=None).memory.valid_to is None

    def test_a_correction_may_reach_back_to_the_beginning(self, scene: Scene) -> None:
        old = scene.add(attribute="place").memory
        scene.correct(old.id, text="Alice works in Zug.", valid_from=old.valid_from)
        assert scene.texts(as_of=old.valid_from) == ["Alice works in Zug."]
        with pytest.raises(InvalidRequest, match="cannot begin earlier"):
            scene.correct(scene.add("Next.").memory.id, text="Other.", valid_from="2020-01-01T00:00:00Z")

    def test_nothing_and_nobodys_memory_cannot_be_corrected(self, scene: Scene) -> None:
        memory = scene.add().memory
        with pytest.raises(InvalidRequest, match="Nothing"):
            scene.correct(memory.id, text=None)
        with pytest.raises(NotFound):
            scene.correct("unknown", text="Alice works in Zug.")

    def test_a_memory_forgotten_meanwhile_is_not_found(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        memory = scene.add().memory
        monkeypatch.setattr(scene.store, "line", MemoryMemories(scene.clock).line)
        with pytest.raises(NotFound):
            scene.correct(memory.id, text="Alice works in Zug.")


class TestApproving:
    def test_an_observation_becomes_the_users_word_once(self, scene: Scene) -> None:
        said = scene.add("Works in Bern.", attribute="place").memory
        read = scene.read("Works in Zug.", attribute="place")
        assert read.supersedes == ()
        assert scene.shown(said.id).superseded_by is None
        for _ in range(2):
            approved, version = approve_memory(USER, read.memory.id, CALLER, ANYTHING, ports=scene.ports)
            assert (approved.memory.standing, version) == (Standing.APPROVED, 2)
            assert approved.supersedes == (said.id,)
        assert [event.action for event in scene.audit.events].count(AuditAction.MEMORY_APPROVED) == 1

    def test_a_stale_version_is_refused(self, scene: Scene) -> None:
        read = scene.read("Works in Zug.").memory
        with pytest.raises(PreconditionFailed):
            approve_memory(USER, read.id, CALLER, Preconditions('"2"'), ports=scene.ports)


class TestSearching:
    def test_kinds_people_and_times_narrow_what_is_found(self, scene: Scene) -> None:
        scene.add("Alice likes tea.", kind="preference", people=["alice@company.com"])
        scene.add("Ben likes tea.", subject="Ben", people=["ben@company.com"], valid_to="2025-02-01T00:00:00Z")
        assert scene.texts(q="likes tea", kind="preference") == ["Alice likes tea."]
        assert scene.texts(q="likes tea", person="BEN@company.com") == ["Ben likes tea."]
        assert scene.texts(person="BEN@company.com") == ["Ben likes tea."]
        assert scene.texts(q="likes tea", since="2025-03-01T00:00:00Z") == ["Alice likes tea."]
        assert scene.texts(until="2025-01-01T00:00:00Z") == []
        assert scene.texts(kind="event") == []

    def test_pages_follow_each_other(self, scene: Scene) -> None:
        for number in range(5):
            scene.add(f"Tea number {number}")
        for wanted in ({}, {"q": "tea number"}):
            seen: list[str] = []
            cursor = None
            while len(seen) < 5:
                page = scene.search(limit=2, cursor=cursor, **wanted)
                seen += [memory.text for memory in page.memories]
                cursor = page.next_cursor
                assert (cursor is None) == (len(seen) == 5)
            assert sorted(seen) == [f"Tea number {number}" for number in range(5)]

    def test_a_request_reads_so_many_and_no_more(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("assistant.services.search_memories._MOST_READ", 3)
        monkeypatch.setattr("assistant.services.search_memories._CHUNK", 2)
        scene.add("The oldest.", kind="fact")
        for _ in range(4):
            scene.add()
        first = scene.search(kind="fact")
        assert first.memories == ()
        assert [one.text for one in scene.search(kind="fact", cursor=first.next_cursor).memories] == ["The oldest."]

    @pytest.mark.parametrize("wanted", [{"cursor": "offset-1"}, {"q": "tea", "cursor": "after-1"}, {"cursor": "x"}])
    def test_a_cursor_is_of_one_list(self, scene: Scene, wanted: dict[str, str]) -> None:
        with pytest.raises(InvalidRequest) as refused:
            scene.search(**wanted)
        assert [error.field for error in refused.value.errors] == ["cursor"]

    def test_what_has_nothing_in_common_is_left_out(self, scene: Scene) -> None:
        scene.add("Alice works in Bern.")
        assert scene.texts(q="zebra") == []

    def test_the_memories_of_another_are_out_of_reach(self, scene: Scene) -> None:
        with pytest.raises(Forbidden):
            search_memories("user124", MemoryQuery(), CALLER, ports=scene.ports)
        with pytest.raises(Forbidden):
            show_memory("user124", "any", CALLER, store=scene.store)


class TestOutages:
    def test_with_the_index_down_words_are_compared_and_nothing_is_lost(self, scene: Scene) -> None:
        scene.add("Alice works in Bern.")
        scene.index_outage.down = True
        added = scene.add("Ben works in Zug.", subject="Ben")
        assert added.degraded == ("semantic_search",)
        found = scene.search(q="Zug")
        assert ([one.text for one in found.memories], found.degraded) == (["Ben works in Zug."], ("semantic_search",))
        assert scene.meter.total(metric_names.DEGRADED, missing="semantic_search") >= 2
        scene.index_outage.down = False
        found = scene.search(q="Ben works in Zug.")
        assert (found.memories[0].text, found.degraded) == ("Ben works in Zug.", ())
        assert len(scene.index.kept) == 2

    def test_with_the_model_missing_words_are_compared(self, scene: Scene) -> None:
        scene.add("Alice works in Bern.")
        scene.model_outage.down = True
        assert scene.search(q="bern").degraded == ("semantic_search",)
        assert scene.texts(q="bern") == ["Alice works in Bern."]

    def test_more_missing_vectors_than_fit_at_once_are_made(self, scene: Scene) -> None:
        scene.index_outage.down = True
        for number in range(30):
            scene.add(f"Tea number {number}")
        scene.index_outage.down = False
        scene.search(q="tea")
        assert len(scene.index.kept) == 30

    def test_with_the_store_down_nothing_is_promised(self, scene: Scene) -> None:
        scene.store_outage.down = True
        for call in (scene.add, lambda: scene.search(q="tea"), scene.search):
            with pytest.raises(Unavailable):
                call()

    def test_a_question_without_known_words_is_compared_by_words(self, scene: Scene) -> None:
        scene.add("Room 東京 is free.")
        scene.ports = MemoryPorts(scene.store, scene.index, Blank(), scene.audit, scene.meter, scene.clock)
        scene.add("東京")
        assert scene.store.waiting == {}
        found = scene.search(q="room")
        assert ([one.text for one in found.memories], found.degraded) == (["Room 東京 is free."], ())


class Blank(LetterEmbedder):
    def embed(self, texts: Any) -> list[bytes]:
        return [bytes(256) for _ in texts]


class TestRecalling:
    def test_what_holds_now_is_recalled_and_people_count_more(self, scene: Scene) -> None:
        scene.add("The budget of the project is 10,000.", subject="budget", attribute="sum")
        scene.add("The budget of the project is 20,000.", subject="budget", attribute="sum")
        scene.read("Ben wants a budget.", subject="Ben", people=["ben@company.com"])
        recalled = recall_memories(
            USER, "project budget", ["BEN@company.com"], now=scene.clock.now(), limit=5, ports=scene.ports
        )
        assert [memory.text for memory in recalled] == [
            "Ben wants a budget.",
            "The budget of the project is 20,000.",
        ]
        assert recalled[0].standing is Standing.OBSERVED
        scene.index_outage.down = True
        again = recall_memories(
            USER, "project budget", ["ben@company.com"], now=scene.clock.now(), limit=5, ports=scene.ports
        )
        assert {memory.text for memory in again} == {memory.text for memory in recalled}
        scene.index_outage.down = False
        only = recall_memories(USER, "project budget", [], now=scene.clock.now(), limit=1, ports=scene.ports)
        assert [memory.text for memory in only] == ["The budget of the project is 20,000."]
