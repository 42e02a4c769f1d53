"""Summaries of calendar plans on DynamoDB, in the user's partition, encrypted at rest with the key of the table."""

from datetime import UTC, datetime

from assistant.adapters.dynamo import EXPIRES_AT, Table, attributes, epoch, user_partition, write_if
from assistant.domain.calendar.prose.summary import Author, Summary
from assistant.domain.languages import WrittenLanguage
from assistant.ports.runtime import Clock


class DynamoSummaries:
    """Implements ``ports.calendar.SummaryStore``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def find(self, user_id: str, plan_id: str, revision: int, language: WrittenLanguage) -> Summary | None:
        """Return the summary unless there is none, or it is expired; raises Unavailable."""
        key = _key(plan_id, revision, language)
        item = self._table.get(user_partition(user_id), key, consistent=True)
        if item is None or item[EXPIRES_AT] <= epoch(self._clock.now()):
            return None
        expires_at = datetime.fromtimestamp(int(item[EXPIRES_AT]), UTC)
        return Summary(user_id, plan_id, revision, language, item["text"], Author(item["author"]), expires_at)

    def keep(self, summary: Summary) -> Summary:
        """Keep the summary where there is none; return the one that is kept. Raises Unavailable."""
        item = {
            "pk": user_partition(summary.user_id),
            "sk": _key(summary.plan_id, summary.revision, summary.language),
            "text": summary.text,
            "author": summary.author.value,
            EXPIRES_AT: epoch(summary.expires_at),
        }
        answer = write_if(
            lambda: self._table.client.put_item(
                TableName=self._table.name, Item=attributes(item), ConditionExpression="attribute_not_exists(pk)"
            )
        )
        if answer is not None:
            return summary
        return self.find(summary.user_id, summary.plan_id, summary.revision, summary.language) or summary


def _key(plan_id: str, revision: int, language: WrittenLanguage) -> str:
    return f"SUMMARY#{plan_id}#{revision}#{language}"
