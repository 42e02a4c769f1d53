"""Followed workspaces, their pages and the notifications worked on, on DynamoDB.

All workspaces stand in one partition: there is one of each user at most a few, and the schedule reads them together.
"""

import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from assistant.adapters.dynamo import EXPIRES_AT, Item, Table, epoch, plain, user_partition
from assistant.domain.notes.followed import FollowedWorkspace
from assistant.domain.notes.note import NotesPage, PageHead
from assistant.domain.notes.webhook import WebhookSecret
from assistant.ports.notes import KeptPage
from assistant.ports.runtime import Clock

_WORKSPACES: Final = "NOTES"
_WEBHOOK: Final = "WEBHOOK"
_PAGE: Final = "NOTE#"
_NOTICE_KEPT_FOR: Final = timedelta(days=2)


class DynamoFollowed:
    """Implements ``ports.FollowedStore``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, user_id: str, connection_id: str) -> FollowedWorkspace | None:
        """Return it, read consistently."""
        item = self._table.get(_WORKSPACES, _workspace_key(user_id, connection_id), consistent=True)
        return FollowedWorkspace.model_validate_json(item["document"]) if item else None

    def everything(self) -> Sequence[FollowedWorkspace]:
        """Return all of them."""
        items = map(plain, self._table.query(_WORKSPACES, "WORKSPACE#"))
        return tuple(FollowedWorkspace.model_validate_json(item["document"]) for item in items)

    def replace(self, workspace: FollowedWorkspace) -> bool:
        """Keep it as the next version."""
        following = workspace.model_copy(update={"version": workspace.version + 1})
        item = _key(workspace) | {"version": following.version, "document": following.model_dump_json()}
        if workspace.version == 0:
            return self._table.transact([self._table.put(item, "attribute_not_exists(pk)")])
        same = {":version": workspace.version}
        return self._table.transact([self._table.put(item, "version = :version", same)])

    def remove(self, workspace: FollowedWorkspace) -> None:
        """Forget it, whatever its version."""
        self._table.transact([self._table.delete(_key(workspace))])


class DynamoPages:
    """Implements ``ports.PageStore``; texts are compressed."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def of_user(self, user_id: str, *, limit: int) -> Sequence[NotesPage]:
        """Return kept pages by workspace and id."""
        return tuple(_read(plain(item)) for item in self._table.query(user_partition(user_id), _PAGE, limit=limit))

    def kept(self, user_id: str, connection_id: str) -> Mapping[str, KeptPage]:
        """Return what is kept of a workspace, read consistently."""
        prefix = _page_key(connection_id, "")
        items = map(plain, self._table.query(user_partition(user_id), prefix, consistent=True))
        return {item["page_id"]: KeptPage(_moment(item["edited_at"]), _moment(item["read_at"])) for item in items}

    def put(self, user_id: str, connection_id: str, page: NotesPage) -> None:
        """Keep the page."""
        head = page.head
        item = {
            "pk": user_partition(user_id),
            "sk": _page_key(connection_id, head.page_id),
            "page_id": head.page_id,
            "title": head.title,
            "url": head.url,
            "source_id": head.source_id,
            "edited_at": head.edited_at.isoformat(),
            "read_at": self._clock.now().isoformat(),
            "text": zlib.compress(page.text.encode("utf-8", "replace")),
        }
        self._table.batch_put([item])

    def remove(self, user_id: str, connection_id: str, page_ids: Collection[str]) -> None:
        """Forget the pages."""
        self._table.batch_delete((user_partition(user_id), _page_key(connection_id, page_id)) for page_id in page_ids)


class DynamoNotices:
    """Implements ``ports.NoticeLog``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def has(self, event_id: str) -> bool:
        """Whether it stands there, read consistently."""
        item = self._table.get(_notice(event_id), "DONE", consistent=True)
        return item is not None and bool(item[EXPIRES_AT] > epoch(self._clock.now()))

    def add(self, event_id: str) -> None:
        """Note it for two days: the provider tries for one."""
        expires_at = epoch(self._clock.now() + _NOTICE_KEPT_FOR)
        self._table.batch_put([{"pk": _notice(event_id), "sk": "DONE", EXPIRES_AT: expires_at}])


class DynamoWebhookSecrets:
    """Implements ``ports.WebhookSecrets``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> WebhookSecret:
        """Return it, read consistently."""
        item = self._table.get(_WORKSPACES, _WEBHOOK, consistent=True)
        return WebhookSecret.model_validate_json(item["document"]) if item else WebhookSecret()

    def replace(self, secret: WebhookSecret) -> bool:
        """Keep it as the next version."""
        following = secret.model_copy(update={"version": secret.version + 1})
        item = {"pk": _WORKSPACES, "sk": _WEBHOOK, "version": following.version}
        put = self._table.put(
            item | {"document": following.model_dump_json()},
            "version = :version" if secret.version else "attribute_not_exists(pk)",
            {":version": secret.version} if secret.version else None,
        )
        return self._table.transact([put])


def _workspace_key(user_id: str, connection_id: str) -> str:
    return f"WORKSPACE#{user_id}#{connection_id}"


def _key(workspace: FollowedWorkspace) -> Item:
    return {"pk": _WORKSPACES, "sk": _workspace_key(workspace.user_id, workspace.connection_id)}


def _page_key(connection_id: str, page_id: str) -> str:
    return f"{_PAGE}{connection_id}#{page_id}"


def _notice(event_id: str) -> str:
    return f"NOTICE#{event_id}"


def _read(item: Item) -> NotesPage:
    head = PageHead(item["page_id"], item["title"], _moment(item["edited_at"]), item["url"], item.get("source_id"))
    return NotesPage(head, zlib.decompress(bytes(item["text"])).decode())


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
