"""Decisions, corrections and what was learned from them on DynamoDB."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zlib import crc32

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, plain, user_partition
from assistant.domain.decisions import KEPT_FOR, Correction, Decision
from assistant.domain.learning import (
    REPLIES,
    Behaviour,
    LearnedRecord,
    Lesson,
    faded,
    grown,
    lesson_of_behaviour,
    lesson_of_correction,
)
from assistant.domain.topics import SOURCES_NEEDED, TOPICS_KEPT_FOR, topic_key
from assistant.domain.triage.decision import Category
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_COUNT = "count_"
_WEIGHT = "weight_"
_SENDER = "SENDER#"
_SOURCES = "sources"
_CATEGORIES = frozenset(category.value for category in Category)


def decision_key(email_id: str) -> str:
    """Return the sort key of a decision."""
    return f"DECISION#{email_id}"


def decision_item(user_id: str, decision: Decision) -> Item:
    """Return a decision as the table keeps it; DynamoDB has no floating point."""
    fields = decision.model_dump(mode="json", exclude={"email_id", "confidence"})
    confidence = None if decision.confidence is None else Decimal(str(decision.confidence))
    return fields | {
        "pk": user_partition(user_id),
        "sk": decision_key(decision.email_id),
        "confidence": confidence,
        EXPIRES_AT: epoch(decision.expires_at),
    }


def feedback_key(email_id: str) -> str:
    """Return the sort key of a correction."""
    return f"FEEDBACK#{email_id}"


def _behaviour_key(email_id: str) -> str:
    return f"BEHAVIOUR#{email_id}"


class DynamoDecisions:
    """Implements ``ports.DecisionStore``, ``ports.BehaviourStore`` and ``ports.LearnedHistory``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def save(self, user_id: str, decisions: Sequence[Decision]) -> None:
        """Store decisions; a later one about the same mail replaces the earlier."""
        self._table.batch_put([decision_item(user_id, decision) for decision in decisions])

    def find(self, user_id: str, email_id: str) -> Decision | None:
        """Return the decision unless it is unknown or expired."""
        item = self._live(user_id, decision_key(email_id))
        return Decision(email_id=email_id, **_known(item, Decision)) if item else None

    def correction(self, user_id: str, email_id: str) -> Category | None:
        """Return the category the user last chose for this mail, if any."""
        item = self._live(user_id, feedback_key(email_id))
        return Category(item["category"]) if item else None

    def correct(self, user_id: str, decision: Decision, correction: Correction, *, earlier: Category | None) -> bool:
        """Store the correction and count it for what the mail teaches about in one transaction."""
        key = feedback_key(correction.email_id)
        lesson = lesson_of_correction(correction.category, correction.corrected_at)
        undone = self._lesson(user_id, key, "category", earlier, lesson_of_correction)
        return self._learn(user_id, decision, _Note(key, "category", lesson, undone))

    def behaviour(self, user_id: str, email_id: str) -> Behaviour | None:
        """Return the behaviour that counts for this mail, if any."""
        item = self._live(user_id, _behaviour_key(email_id))
        return Behaviour(item["behaviour"]) if item else None

    def behave(
        self, user_id: str, decision: Decision, behaviour: Behaviour, *, at: datetime, earlier: Behaviour | None
    ) -> bool:
        """Store the behaviour and count it for what the mail teaches about in one transaction."""
        key = _behaviour_key(decision.email_id)
        undone = self._lesson(user_id, key, "behaviour", earlier, lesson_of_behaviour)
        return self._learn(user_id, decision, _Note(key, "behaviour", lesson_of_behaviour(behaviour, at), undone))

    def records(self, user_id: str, keys: Iterable[str]) -> Mapping[str, LearnedRecord]:
        """Return the records that exist among ``keys``."""
        now = self._clock.now()
        records = (_record(item, now) for item in self._items(user_id, keys) if _is_kept(item, now))
        return {record.key: record for record in records}

    def every_record(self, user_id: str) -> Sequence[LearnedRecord]:
        """Return all records of the user."""
        now = self._clock.now()
        items = map(plain, self._table.query(user_partition(user_id), _SENDER))
        return [_record(item, now) for item in items if _is_kept(item, now)]

    def forget_record(self, user_id: str, key: str) -> bool:
        """Forget all that was learned for this key; False when nothing was."""
        there = "attribute_exists(pk)"
        return self._table.transact([self._table.delete(_record_key(user_id, key), there)])

    def _items(self, user_id: str, keys: Iterable[str], *, consistent: bool = False) -> Sequence[Item]:
        partition = user_partition(user_id)
        wanted = ((partition, _SENDER + key) for key in sorted(set(keys)))
        return self._table.batch_get(wanted, consistent=consistent)

    def _live(self, user_id: str, sort_key: str) -> Item | None:
        item = self._table.get(user_partition(user_id), sort_key, consistent=True)
        return item if item and item[EXPIRES_AT] > epoch(self._clock.now()) else None

    def _lesson[Taught: (Category, Behaviour)](
        self, user_id: str, key: str, field: str, earlier: Taught | None, make: Callable[[Taught, datetime], Lesson]
    ) -> Lesson | None:
        """Return the lesson the stored note of ``earlier`` taught, as it was added."""
        item = self._live(user_id, key) if earlier else None
        if item is None or earlier is None or item[field] != earlier.value:
            return None
        # A correction from before lessons were learned says when it was made, which is the same.
        return make(earlier, datetime.fromisoformat(item.get("learned_at") or item["corrected_at"]))

    def _learn(self, user_id: str, decision: Decision, note: "_Note") -> bool:
        """Write the note of a lesson and move the sums of what it is about, all or nothing."""
        taught: dict[str, Item] = {key: {} for key in decision.sender_keys} | _about_topics(decision, note.lesson)
        known = {item["sk"]: item for item in self._items(user_id, taught, consistent=True)}
        moves = [self._move(user_id, key, note, known.get(_SENDER + key), more) for key, more in taught.items()]
        return self._table.transact([self._put_note(user_id, decision, note), *moves])

    def _put_note(self, user_id: str, decision: Decision, note: "_Note") -> "TransactWriteItemTypeDef":
        item = {
            "pk": user_partition(user_id),
            "sk": note.key,
            note.field: note.lesson.counted.value,
            "learned_at": note.lesson.at.isoformat(),
            EXPIRES_AT: epoch(decision.expires_at),
        }
        if note.undone:
            values = {":earlier": note.undone.counted.value, ":at": note.undone.at.isoformat()}
            same = f"{note.field} = :earlier AND (learned_at = :at OR corrected_at = :at)"
            return self._table.put(item, same, values)
        none = "attribute_not_exists(pk) OR expires_at <= :now"
        return self._table.put(item, none, {":now": epoch(self._clock.now())})

    def _move(
        self, user_id: str, key: str, note: "_Note", known: Item | None, about: Item
    ) -> "TransactWriteItemTypeDef":
        """Move the sums of one key by the lesson and what it undoes; ``about`` is what else is kept of a topic."""
        change = _change(note, known)
        added: Item = dict(change.sums)
        kept = {"last_at": note.lesson.at.isoformat()} | about
        if (source := kept.pop(_SOURCES, None)) and len((known or {}).get(_SOURCES, ())) < SOURCES_NEEDED:
            added[_SOURCES] = source
        names = {f"#{place}": name for place, name in enumerate((*added, *kept))}
        values = {f":{place}": value for place, value in enumerate((*added.values(), *kept.values()))}
        pairs = [f"#{place} :{place}" for place in range(len(added))]
        put = [f"#{place} = :{place}" for place in range(len(added), len(names))]
        update = f"SET since = if_not_exists(since, :begins), {', '.join(put)} ADD {', '.join(pairs)}"
        move: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table.name,
                "Key": attributes(_record_key(user_id, key)),
                "UpdateExpression": update,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": attributes(
                    {**values, ":begins": change.begins.isoformat(), **change.guard}
                ),
            }
        }
        if change.condition:
            move["Update"]["ConditionExpression"] = change.condition
        return move


@dataclass(frozen=True, slots=True)
class _Note:
    """What is written down of a lesson: under which key, in which field, and the lesson it takes the place of."""

    key: str
    field: str
    lesson: Lesson
    undone: Lesson | None


@dataclass(frozen=True, slots=True)
class _Change:
    """What is added to the sums of a key that ``begins`` then if it is new; ``guard`` are values of the condition."""

    sums: Counter[str]
    begins: datetime
    condition: str | None = None
    guard: Mapping[str, str] = field(default_factory=dict)


def _change(note: _Note, known: Item | None) -> _Change:
    """Add the lesson; take the undone one out unless the sums were forgotten since."""
    sums, at = Counter(_sums(note.lesson)), note.lesson.at
    if known is None:
        return _Change(sums, at)
    since = known.get("since")
    begins = at if since else at - KEPT_FOR
    undone = note.undone if note.undone and (since or begins.isoformat()) <= note.undone.at.isoformat() else None
    if undone:
        sums.subtract(_sums(undone))
    if since is None:
        # From before lessons had weights: its corrections count in full up to now, and fade from now on. Those that
        # can still be changed are among them.
        sums.update(_weighed(known, at))
        return _Change(sums, begins, "attribute_exists(pk) AND attribute_not_exists(since)")
    # What is taken out has to be there still.
    return _Change(sums, begins, "since = :since", {":since": since}) if undone else _Change(sums, begins)


def _record_key(user_id: str, key: str) -> Item:
    return {"pk": user_partition(user_id), "sk": _SENDER + key}


def _about_topics(decision: Decision, lesson: Lesson) -> dict[str, Item]:
    """Return by key what is kept of the mail's topics beside sums: the word as written, who taught it, how long."""
    if not decision.sender_keys:
        return {}
    about = {
        # Enough to tell one sender from another, and no address.
        _SOURCES: {f"{crc32(decision.sender_keys[0].encode()):08x}"},
        EXPIRES_AT: epoch(lesson.at + TOPICS_KEPT_FOR),
    }
    return {topic_key(word): about | {"word": word} for word in decision.topics}


def _sums(lesson: Lesson) -> Mapping[str, Decimal]:
    return {_COUNT + lesson.counted.value: Decimal(1), _WEIGHT + lesson.speaks_for: grown(lesson)}


def _weighed(record: Item, at: datetime) -> Mapping[str, Decimal]:
    """Return the weights that the corrections counted in a record without any have at this time."""
    counts = ((Category(name.removeprefix(_COUNT)), count) for name, count in _of(record, _COUNT))
    return {_WEIGHT + category.value: count * grown(lesson_of_correction(category, at)) for category, count in counts}


def _known(item: Item, model: type[Decision]) -> Item:
    return {name: value for name, value in item.items() if name in model.model_fields}


def _record(item: Item, now: datetime) -> LearnedRecord:
    counts = {name.removeprefix(_COUNT): int(value) for name, value in _of(item, _COUNT)}
    weights = {name.removeprefix(_WEIGHT): faded(value, now) for name, value in _of(item, _WEIGHT)}
    return LearnedRecord(
        key=item["sk"].removeprefix(_SENDER),
        corrections={Category(name): count for name, count in counts.items() if name in _CATEGORIES},
        behaviours={Behaviour(name): count for name, count in counts.items() if name not in _CATEGORIES},
        # A record from before lessons had weights counts in full.
        weights={Category(name): weight for name, weight in weights.items() if name in _CATEGORIES}
        if weights
        else None,
        replies=weights.get(REPLIES, 0.0),
        last_at=item.get("last_at"),
        word=item.get("word", ""),
        sources=len(item.get(_SOURCES, ())),
    )


def _is_kept(item: Item, now: datetime) -> bool:
    return EXPIRES_AT not in item or item[EXPIRES_AT] > epoch(now)


def _of(item: Item, prefix: str) -> Iterator[tuple[str, Decimal]]:
    return ((name, value) for name, value in item.items() if name.startswith(prefix) and value > 0)
