"""The single DynamoDB table: keys, items and batches.

=====================  ===========================  =============================================  ====================
Access pattern         pk / sk                      Operation                                      Used by
=====================  ===========================  =============================================  ====================
Preferences of a user  USER#<id> / PREFERENCES      GetItem; PutItem if the version is expected    preferences, triage
Delegation of a user   USER#<id> / DELEGATE#<id>    GetItem; Query; PutItem, DeleteItem in a       every request for
                                                    transaction (TTL if it ends)                   another user
Whom a user acts for   USER#<id> / ACTS_FOR#<id>    PutItem, DeleteItem in the same; Query         delegates
Decision on a mail     USER#<id> / DECISION#<mail>  BatchWriteItem (TTL 90 days); GetItem          triage, feedback
Sender, list or topic  USER#<id> / SENDER#<key>     BatchGetItem; Query; UpdateItem ADD; DeleteItem triage, learned
                                                    (TTL 360 days for topics)
Correction of a mail   USER#<id> / FEEDBACK#<mail>  GetItem; PutItem in the same transaction       feedback
Behaviour with a mail  USER#<id> / BEHAVIOUR#<id>   GetItem; PutItem in the same transaction       behaviour
Audit event            USER#<id> / AUDIT#<at>#<id>  PutItem if it does not exist                   record_audit
Rate bucket            USER#<id> / RATE             UpdateItem if a token is left (TTL)            limits without Redis
Active user            SESSIONS / <id>              PutItem (TTL); Query, count only               limits without Redis
Money of a user's day  USER#<id> / SPENDING#<day>   UpdateItem in a transaction if the cap allows  Claude's budget
Money of all, by day   SPENDING / <day>             UpdateItem in the same transaction             Claude's budget
Settled reservation    USER#<id> / SETTLED#<id>     PutItem if it does not exist, transaction      Claude's budget
Usage of Claude        USER#<id> / USAGE#<day>#...  UpdateItem ADD by task and model; Query        usage (TTL 400 days)
Circuit of a provider  CIRCUIT / <name>             GetItem; PutItem, UpdateItem if as expected    Claude, Pinecone
Deferred mail          USER#<id> / BACKLOG#<mail>   BatchWriteItem (TTL 48 h); DeleteItem          backlog of Claude
Queue of the backlog   BACKLOG / WAITING#<at>#<id>  BatchWriteItem (TTL 48 h); Query; DeleteItem   backlog of Claude
Message Batch          BACKLOG / BATCH#<id>         PutItem in a transaction (TTL 48 h); Query     backlog of Claude
Calendar plan          USER#<id> / PLAN#<id>        BatchWriteItem (TTL 30 days); GetItem          calendar
Better calendar plan   USER#<id> / PLAN#<id>        PutItem if the kept one ranks higher           proofs
Memory                 USER#<id> / MEMORY#<id>      PutItem in a transaction; BatchGetItem; Query  memory
Line of memories       USER#<id> / MEMORY_LINE#...  GetItem; PutItem if the version is expected    memory
Request for a memory   USER#<id> / MEMORY_REQUEST#  PutItem in the transaction (TTL 1 d); GetItem  memory
Memory without vector  USER#<id> / UNINDEXED#<id>   PutItem in the transaction; Query; DeleteItem  memory
Vector of a memory     USER#<id> / VECTOR#<id>      BatchWriteItem; Query from the last one seen   memory
Forgotten vectors      USER#<id> / VECTOR#<at>      BatchWriteItem, ids only (TTL 7 days); Query   memory
Task of a user         USER#<id> / TASK#<task>      PutItem in a transaction if as expected;       tasks
                                                    GetItem; Query; DeleteItem (TTL if closed)
Key of a new task      USER#<id> / TASKKEY#<hash>   PutItem in the same transaction (TTL 24 h)     tasks
Kept meeting           USER#<id> / MEETING#<id>     PutItem if the version is expected; GetItem    meetings, schedule
Meetings by time       USER#<id> / SCHEDULE#<at>#   PutItem in the same transaction; Query         meetings
Meeting to prepare     DUE#<hour> / AT#<at>#<user>  PutItem in the same transaction (TTL); Query   schedule
Meeting under way      DUE#<hour> / AT#<at>#<user>  UpdateItem if free; DeleteItem if unchanged    schedule
Briefing of a meeting  USER#<id> / BRIEFING#<id>    PutItem if the version is newer; GetItem       schedule, meetings
Briefing made of ...   USER#<id> / BRIEFING#<id>    Query; DeleteItem if the same, in a transaction    forgetting
                                                    with PutItem of the meeting to prepare
Notification           USER#<id> / NOTIFICATION#    PutItem if as expected (TTL 90 days); Query    notifications
Notification by thing  USER#<id> / TOLD#<digest>    PutItem in the same transaction; GetItem       notifications
Read state             USER#<id> / NOTIFICATION#    UpdateItem if it exists                        dashboard
Due for a user         TELL#<day> / AT#<at>#<user># PutItem if new (TTL); Query; DeleteItem        notifications
Due and under way      TELL#<day> / AT#<at>#<user># UpdateItem if free                             notifications
Message in a chat      USER#<id> / POSTED#<digest>  GetItem; UpdateItem if free (TTL 90 days)      notifications
Summary of a plan      USER#<id> / SUMMARY#<id>#..  GetItem; PutItem if it does not exist          calendar
Connected account      USER#<id> / CONNECTION#<id>  PutItem in a transaction if as expected;       connections
                                                    GetItem; Query; BatchGetItem; DeleteItem
Accounts by address    ACCOUNT#<provider>#<address> PutItem, DeleteItem in the transaction; Query  webhooks
Accounts by provider   CONNECTIONS#<provider>       PutItem, DeleteItem in the transaction; Query  schedule
Tokens of an account   USER#<id> / TOKENS#<id>      GetItem; UpdateItem if the version is          connections, sync
                                                    expected; DeleteItem in the transaction
Consent asked for      CONSENT#<hash> / CONSENT     PutItem (TTL 10 min); DeleteItem, once         connections
Effect                 USER#<id> / EFFECT#<effect>  PutItem if the version is expected;            effects
                                                    BatchGetItem (TTL 90 days)
Effects by time        USER#<id> / EFFECT_AT#<at>-  PutItem in the same transaction; Query         effects
Entry of the ledger    USER#<id> / LEDGER#<number>  PutItem if new in the same (TTL 400 d); Query  effects
Effects to settle      TELL#<day> / AT#<at>#<user># PutItem in the same transaction (TTL)          effects
End of the ledger      USER#<id> / LEDGER_HEAD      PutItem if as expected, in the same; GetItem   effects
Place in a mailbox     USER#<id> / MAILBOX#<conn>   GetItem; PutItem if the version is expected    mailbox sync
Mail with a receipt    USER#<id> / RECEIPT#<conn>#  BatchGetItem; BatchWriteItem (TTL 90 days)     mailbox sync
Receipts by time       USER#<id> / RECEIPT_AT#<at>- BatchWriteItem (TTL 90 days); Query            mailbox sync
Webhook of a provider  USER#<id> / SUBSCRIPTION#<c> PutItem in a transaction if as expected;       mailbox sync
                                                    GetItem; DeleteItem
Webhook by its id      SUBSCRIPTION#<id> / ...      PutItem, DeleteItem in the transaction; GetItem webhooks
Place in a calendar    USER#<id> / CALENDAR#<conn> GetItem; PutItem if the version is expected    calendar sync
Event kept of it       USER#<id> / CALENDAR#<c>#E  BatchWriteItem; Query (TTL 28 days after it)   calendar sync,
                                                    of all calendars in one                        calendar, tasks
Followed workspace     NOTES / WORKSPACE#<user>#<c> PutItem if the version is expected; Query      notes
Page kept as evidence  USER#<id> / NOTE#<c>#<page>  BatchWriteItem; Query                          notes, meetings
Notification worked on NOTICE#<id> / DONE           BatchWriteItem (TTL 2 days); GetItem           notes
Mail for meetings      USER#<id> / PASTMAIL#<mail>  BatchWriteItem (TTL 180 days); BatchGetItem;   mailbox sync,
                                                    Query                                          meetings
Mails with somebody    USER#<id> / PASTMAIL_WITH#.. BatchWriteItem (TTL 180 days); Query           meetings
Secret of a webhook    NOTES / WEBHOOK              PutItem if the version is expected; GetItem    notes
Health                 HEALTH / PROBE               GetItem, consistent                            health
=====================  ===========================  =============================================  ====================

``expires_at`` (epoch seconds) is the TTL attribute; DynamoDB deletes late, so readers check it too.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from assistant.adapters.aws import client_config, condition_failed, session, unavailable
from assistant.domain.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

type Item = dict[str, Any]

EXPIRES_AT = "expires_at"
_LARGEST_GET = 100
_LARGEST_WRITE = 25
_BATCH_ATTEMPTS = 5
_FIRST_PAUSE = 0.05
_THREADS = 4

_to_attribute = TypeSerializer().serialize
_from_attribute = TypeDeserializer().deserialize


def user_partition(user_id: str) -> str:
    """Return the partition key of everything a user owns."""
    return f"USER#{user_id}"


def attributes(item: Mapping[str, Any]) -> Item:
    """Return a plain mapping as DynamoDB attributes; None is left out."""
    return {name: _to_attribute(value) for name, value in item.items() if value is not None}


def plain(item: Mapping[str, Any]) -> Item:
    """Return DynamoDB attributes as a plain mapping; numbers are Decimal."""
    return {name: _from_attribute(value) for name, value in item.items()}


def epoch(moment: datetime) -> int:
    """Return whole seconds since 1970, as the TTL attribute wants them."""
    return int(moment.timestamp())


def dynamo_client(*, attempts: int = 2) -> "DynamoDBClient":
    """Return a client whose slowest call stays far inside a Lambda's deadline."""
    return session().client("dynamodb", config=client_config(read_timeout=1.0, attempts=attempts))


def admission_client() -> "DynamoDBClient":
    """Return a client for what stands before each request: two calls of it leave the request its time."""
    return session().client("dynamodb", config=client_config(connect_timeout=0.5, read_timeout=0.9, attempts=1))


def write_if[Answer](write: Callable[[], Answer]) -> Answer | None:
    """Run a conditional write; None when its condition does not hold. Raises Unavailable."""
    with unavailable("dynamodb"):
        try:
            return write()
        except ClientError as error:
            if condition_failed(error):
                return None
            raise


class Table:
    """The table with its client; batches of any size, in parallel chunks, until nothing is left unprocessed."""

    def __init__(self, name: str, client: "DynamoDBClient") -> None:
        self.name = name
        self.client = client

    def get(self, pk: str, sk: str, *, consistent: bool = False) -> Item | None:
        """Return one item; raises Unavailable."""
        with unavailable("dynamodb"):
            answer = self.client.get_item(
                TableName=self.name, Key=attributes({"pk": pk, "sk": sk}), ConsistentRead=consistent
            )
        return plain(answer["Item"]) if "Item" in answer else None

    def query(
        self,
        pk: str,
        prefix: str,
        *,
        limit: int | None = None,
        after: str | None = None,
        through: str | None = None,
        newest_first: bool = False,
        consistent: bool = False,
    ) -> "list[dict[str, AttributeValueTypeDef]]":
        """Return the items whose sort key begins with ``prefix``, in order, past ``after``, as attributes.

        With ``through`` the key lies between the two instead. Who reads many takes what they need of them; ``plain``
        would take most of the time. Raises Unavailable.
        """
        start: dict[str, Any] = {"ExclusiveStartKey": attributes({"pk": pk, "sk": after})} if after else {}
        condition = "sk BETWEEN :prefix AND :through" if through else "begins_with(sk, :prefix)"
        with unavailable("dynamodb"):
            pages = self.client.get_paginator("query").paginate(
                TableName=self.name,
                KeyConditionExpression=f"pk = :pk AND {condition}",
                ExpressionAttributeValues=attributes({":pk": pk, ":prefix": prefix, ":through": through}),
                ScanIndexForward=not newest_first,
                ConsistentRead=consistent,
                PaginationConfig={"MaxItems": limit, "PageSize": limit} if limit else {},
                **start,
            )
            return [item for page in pages for item in page["Items"]]

    def query_each(self, pk: str, prefixes: Sequence[str], *, newest: int) -> "list[dict[str, AttributeValueTypeDef]]":
        """Return the ``newest`` items of each prefix, a query each, as attributes; raises Unavailable."""
        found = _in_parallel(partial(self.query, pk, limit=newest, newest_first=True), prefixes)
        return [item for items in found for item in items]

    def batch_get(self, keys: Iterable[tuple[str, str]], *, consistent: bool = False) -> list[Item]:
        """Return the items that exist, in any order; raises Unavailable."""
        read = {"ConsistentRead": True} if consistent else {}
        chunks = [
            {self.name: {"Keys": [attributes({"pk": pk, "sk": sk}) for pk, sk in chunk]} | read}
            for chunk in batched(keys, _LARGEST_GET, strict=False)
        ]
        return [item for items in _in_parallel(self._get_chunk, chunks) for item in items]

    def batch_put(self, items: Sequence[Item]) -> None:
        """Store the items, replacing those with the same keys; raises Unavailable."""
        chunks = [
            {self.name: [{"PutRequest": {"Item": attributes(item)}} for item in chunk]}
            for chunk in batched(items, _LARGEST_WRITE, strict=False)
        ]
        _in_parallel(self._write_chunk, chunks)

    def batch_delete(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remove the items; unknown ones are no error. Raises Unavailable."""
        chunks = [
            {self.name: [{"DeleteRequest": {"Key": attributes({"pk": pk, "sk": sk})}} for pk, sk in chunk]}
            for chunk in batched(keys, _LARGEST_WRITE, strict=False)
        ]
        _in_parallel(self._write_chunk, chunks)

    def transact(self, writes: "Sequence[TransactWriteItemTypeDef]") -> bool:
        """Write all or nothing; False when a condition does not hold. Raises Unavailable."""
        return write_if(lambda: self.client.transact_write_items(TransactItems=writes)) is not None

    def put(
        self, item: Item, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> "TransactWriteItemTypeDef":
        """Return a part of a transaction that stores the item."""
        put: dict[str, Any] = {"TableName": self.name, "Item": attributes(item)}
        return {"Put": put | _conditional(condition, values)}  # type: ignore[typeddict-item]  # built in two parts

    def delete(
        self, key: Item, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> "TransactWriteItemTypeDef":
        """Return a part of a transaction that removes the item."""
        delete: dict[str, Any] = {"TableName": self.name, "Key": attributes(key)}
        return {"Delete": delete | _conditional(condition, values)}  # type: ignore[typeddict-item]  # as above

    def take(self, key: Item, *, now: datetime, until: datetime, condition: str, values: Item | None = None) -> bool:
        """Note in ``taken_until`` until when somebody has an item; False when another has, or the condition fails."""
        answer = write_if(
            lambda: self.client.update_item(
                TableName=self.name,
                Key=attributes(key),
                UpdateExpression="SET taken_until = :until",
                ConditionExpression=f"{condition} AND (attribute_not_exists(taken_until) OR taken_until <= :now)",
                ExpressionAttributeValues=attributes({":now": epoch(now), ":until": epoch(until), **(values or {})}),
            )
        )
        return answer is not None

    def _get_chunk(self, request: Mapping[str, Any]) -> list[Item]:
        items: list[Item] = []
        for _ in attempts():
            with unavailable("dynamodb"):
                answer = self.client.batch_get_item(RequestItems=request)
            items += map(plain, answer["Responses"].get(self.name, []))
            request = answer["UnprocessedKeys"]
            if not request:
                return items
        raise Unavailable("The store is busy. Please try again shortly.")

    def _write_chunk(self, request: Mapping[str, Any]) -> None:
        for _ in attempts():
            with unavailable("dynamodb"):
                request = self.client.batch_write_item(RequestItems=request)["UnprocessedItems"]
            if not request:
                return
        raise Unavailable("The store is busy. Please try again shortly.")


def _conditional(condition: str | None, values: Mapping[str, Any] | None) -> Item:
    expression = {"ConditionExpression": condition} if condition else {}
    return expression | ({"ExpressionAttributeValues": attributes(values)} if values else {})


def attempts() -> Iterator[None]:
    """Yield before each try, pausing up to 50-400 ms with full jitter in between: 0.75 s at most in all."""
    yield
    for attempt in range(_BATCH_ATTEMPTS - 1):
        time.sleep(_FIRST_PAUSE * 2**attempt * secrets.randbelow(1000) / 1000)
        yield


def _in_parallel[Chunk, Result](work: Callable[[Chunk], Result], chunks: Sequence[Chunk]) -> list[Result]:
    if len(chunks) <= 1:
        return [work(chunk) for chunk in chunks]
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return list(pool.map(work, chunks))
