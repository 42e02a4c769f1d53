"""Mails that wait for a Message Batch, on DynamoDB.

The mail itself lies compressed in the user's partition, encrypted at rest with the key of the table; queue and
batches hold ids only. A conditional transaction stands behind each step, so each happens once however often it runs.
"""

import json
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, SupportsBytes
from uuid import UUID

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, attributes, epoch, plain, user_partition
from assistant.adapters.dynamo_decisions import decision_item, decision_key, feedback_key
from assistant.domain.backlog import BacklogBatch, DeferredMail
from assistant.domain.decisions import DEFERRED_FOR, Decision
from assistant.domain.mail import Mail
from assistant.domain.mail_html import HTML_LIMIT
from assistant.domain.spending import Reservation
from assistant.ports.runtime import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

logger = logging.getLogger(__name__)

_PARTITION = "BACKLOG"
_WAITING = "WAITING#"
_BATCH = "BATCH#"
# DynamoDB takes 400 KB an item, with its keys and numbers.
_LARGEST_MAIL = 380_000
_HOLDS_TICKET = "ticket = :ticket"
_THERE = "attribute_exists(pk)"


class DynamoBacklog:
    """Implements ``ports.Backlog``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def defer(self, user_id: str, mails: Mapping[str, Mail], *, now: datetime) -> frozenset[str]:
        """Keep the mails, then queue them: one that is queued can be read."""
        packed = {ticket: _packed(mail) for ticket, mail in mails.items()}
        taken = {ticket: blob for ticket, blob in packed.items() if len(blob) <= _LARGEST_MAIL}
        queued = [DeferredMail(ticket, user_id, mails[ticket].id, now) for ticket in taken]
        expires = {EXPIRES_AT: epoch(now + DEFERRED_FOR)}
        self._table.batch_put(
            [_mail_key(one) | expires | {"ticket": one.ticket, "tries": 0, "mail": taken[one.ticket]} for one in queued]
        )
        self._table.batch_put([_waiting_item(one) for one in queued])
        return frozenset(taken)

    def waiting(self, limit: int) -> Sequence[DeferredMail]:
        """Return the mails no batch has taken, oldest first."""
        now = epoch(self._clock.now())
        found = (
            item for item in map(plain, self._table.query(_PARTITION, _WAITING, limit=limit)) if item[EXPIRES_AT] > now
        )
        return [_deferred(item) for item in found]

    def mails(self, deferred: Sequence[DeferredMail]) -> Mapping[str, Mail]:
        """Return by ticket the mails that are still kept and can be read by this version."""
        now = epoch(self._clock.now())
        keys = {(user_partition(one.user_id), _backlog_key(one.email_id)) for one in deferred}
        items = [item for item in self._table.batch_get(keys) if item[EXPIRES_AT] > now]
        mails = {item["ticket"]: _unpacked(item["mail"]) for item in items}
        return {ticket: mail for ticket, mail in mails.items() if mail}

    def claim(self, batch: BacklogBatch) -> bool:
        """Store the batch and take its mails out of the queue in one transaction."""
        taken = [self._table.delete(_waiting_key(one), _THERE) for one in batch.mails]
        return self._table.transact([self._table.put(self._batch_item(batch)), *taken])

    def submitted(self, batch: BacklogBatch, provider_id: str) -> None:
        """Note under which id the provider works on the batch."""
        self._table.transact([self._table.put(self._batch_item(replace(batch, provider_id=provider_id)), _THERE)])

    def release(self, batch: BacklogBatch) -> None:
        """Undo a claim whose batch was never submitted."""
        queued = [self._table.put(_waiting_item(one)) for one in batch.mails]
        self._table.transact([self._table.delete(_batch_key(batch), _THERE), *queued])

    def batches(self) -> Sequence[BacklogBatch]:
        """Return the batches that are not closed."""
        return [_batch(json.loads(item["batch"])) for item in map(plain, self._table.query(_PARTITION, _BATCH))]

    def apply(self, deferred: DeferredMail, decision: Decision) -> bool:
        """Replace the decision the ticket stands for and forget the mail, unless the user corrected it."""
        feedback = {"pk": user_partition(deferred.user_id), "sk": feedback_key(deferred.email_id)}
        uncorrected: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": attributes(feedback),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        replaced = self._table.put(
            decision_item(deferred.user_id, decision), _HOLDS_TICKET, {":ticket": deferred.ticket}
        )
        return self._table.transact([replaced, uncorrected, self._forget(deferred)])

    def keep(self, deferred: DeferredMail) -> None:
        """Make the stored decision final and forget the mail."""
        ticket = {":ticket": deferred.ticket}
        decision = {"pk": user_partition(deferred.user_id), "sk": decision_key(deferred.email_id)}
        self._table.transact([self._update(decision, "REMOVE ticket", _HOLDS_TICKET, ticket)])
        self._table.transact([self._forget(deferred)])

    def again(self, deferred: DeferredMail) -> None:
        """Put the mail back into the queue; the number of tries makes that happen once."""
        values = {":ticket": deferred.ticket, ":tries": deferred.tries, ":next": deferred.tries + 1}
        counted = self._update(_mail_key(deferred), "SET tries = :next", f"{_HOLDS_TICKET} AND tries = :tries", values)
        self._table.transact([counted, self._table.put(_waiting_item(replace(deferred, tries=deferred.tries + 1)))])

    def close(self, batch: BacklogBatch) -> bool:
        """Forget the batch; True for the one caller that did."""
        return self._table.transact([self._table.delete(_batch_key(batch), _THERE)])

    def _update(
        self, key: Item, expression: str, condition: str, values: Mapping[str, Any]
    ) -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": attributes(key),
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": attributes(values),
            }
        }

    def _forget(self, deferred: DeferredMail) -> "TransactWriteItemTypeDef":
        return self._table.delete(_mail_key(deferred), _HOLDS_TICKET, {":ticket": deferred.ticket})

    def _batch_item(self, batch: BacklogBatch) -> Item:
        expires = {EXPIRES_AT: epoch(batch.created_at + DEFERRED_FOR)}
        return _batch_key(batch) | expires | {"batch": json.dumps(asdict(batch), default=_text)}


def _backlog_key(email_id: str) -> str:
    return f"BACKLOG#{email_id}"


def _mail_key(deferred: DeferredMail) -> Item:
    return {"pk": user_partition(deferred.user_id), "sk": _backlog_key(deferred.email_id)}


def _waiting_key(deferred: DeferredMail) -> Item:
    return {"pk": _PARTITION, "sk": f"{_WAITING}{deferred.deferred_at.isoformat()}#{deferred.ticket}"}


def _batch_key(batch: BacklogBatch) -> Item:
    return {"pk": _PARTITION, "sk": f"{_BATCH}{batch.id}"}


def _waiting_item(deferred: DeferredMail) -> Item:
    fields = asdict(deferred) | {"deferred_at": deferred.deferred_at.isoformat()}
    return _waiting_key(deferred) | fields | {EXPIRES_AT: epoch(deferred.deferred_at + DEFERRED_FOR)}


def _deferred(item: Mapping[str, Any]) -> DeferredMail:
    deferred_at = datetime.fromisoformat(item["deferred_at"])
    return DeferredMail(item["ticket"], item["user_id"], item["email_id"], deferred_at, int(item["tries"]))


def _batch(stored: Mapping[str, Any]) -> BacklogBatch:
    return BacklogBatch(
        id=stored["id"],
        created_at=datetime.fromisoformat(stored["created_at"]).astimezone(UTC),
        mails=tuple(map(_deferred, stored["mails"])),
        reservations=tuple(map(_reservation, stored["reservations"])),
        provider_id=stored["provider_id"],
    )


def _reservation(stored: Mapping[str, Any]) -> Reservation:
    return Reservation(**{**stored, "day": date.fromisoformat(stored["day"]), "id": UUID(stored["id"])})


def _text(value: object) -> str:
    match value:
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place in a batch")


def _packed(mail: Mail) -> bytes:
    # Triage reads no further into the HTML.
    shown = mail.model_copy(update={"html": mail.html[:HTML_LIMIT]}) if mail.html else mail
    return zlib.compress(shown.model_dump_json(by_alias=True).encode("utf-8", "replace"))


def _unpacked(blob: SupportsBytes) -> Mail | None:
    try:
        return Mail.model_validate_json(zlib.decompress(bytes(blob)))
    except (ValueError, zlib.error):
        logger.warning("a deferred mail cannot be read")
        return None
