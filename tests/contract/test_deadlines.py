"""Whatever stays down, a function gives up before its Lambda does."""

import importlib
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from assistant.adapters import (
    anthropic_batches,
    google_http,
    google_push,
    graph_api,
    imap_mail,
    oauth_http,
    pinecone_vectors,
)
from assistant.adapters.cloudwatch import cloudwatch_client
from assistant.adapters.dynamo import Table, admission_client, dynamo_client
from assistant.adapters.dynamo_effects import DynamoEffects
from assistant.adapters.dynamo_plans import DynamoPlans
from assistant.adapters.kms_envelope import kms_client
from assistant.adapters.lambda_wishes import lambda_client
from assistant.adapters.notion_calls import USER, WORKER
from assistant.adapters.probes import TIMEOUT
from assistant.adapters.redis_client import CONNECT_TIMEOUT, READ_TIMEOUT
from assistant.adapters.secrets import secrets_client
from assistant.adapters.slack_calls import CALL_SECONDS
from assistant.adapters.sqs_audit import sqs_client
from assistant.domain.effects.effect import LEASE
from assistant.domain.providers import Provider
from assistant.runtime.http import LAST_CALL_SECONDS
from assistant.services import (
    access_tokens,
    each_account,
    manage_connections,
    sync_calendar,
    sync_mailbox,
    tell_of_broken,
)
from assistant.services.access_tokens import LEASED_FOR
from assistant.services.ask_claude import LONGEST
from assistant.services.prepare_upcoming import TAKEN_FOR
from assistant.wiring import deps
from infra.manifest import FUNCTIONS, Function
from infra.manifest.queues import EFFECTS
from tests.contract.recorded import recorded
from tests.fakes.wired import Context

LONGEST_BACKOFF = 1.0
BATCH_PAUSES = 0.75
GOOGLE_CALL = google_http.CALL_SECONDS + google_http.TRY_SECONDS
# A mail server that is silent to each attempt.
IMAP_CALL = imap_mail.ATTEMPTS * imap_mail.SECONDS


def slowest(client: Any) -> float:
    """Seconds until a call to a silent server is given up, with all its attempts."""
    given = vars(client.meta.config)
    attempts: int = given["retries"]["total_max_attempts"]
    each: float = given["connect_timeout"] + given["read_timeout"]
    return attempts * each + (attempts - 1) * LONGEST_BACKOFF


def limits() -> float:
    return max(slowest(admission_client()), CONNECT_TIMEOUT + READ_TIMEOUT)


def admitted() -> float:
    """Seconds until both the limits and whether the caller is a delegate were asked for."""
    return limits() + slowest(admission_client())


def store() -> float:
    return slowest(dynamo_client())


def secret() -> float:
    return slowest(secrets_client())


def provider() -> float:
    assert isinstance(TIMEOUT.connect_timeout, float)
    assert isinstance(TIMEOUT.read_timeout, float)
    return secret() + TIMEOUT.connect_timeout + TIMEOUT.read_timeout


def memory_index() -> float:
    return secret() + pinecone_vectors.CALL_SECONDS


def oauth() -> float:
    """Seconds until a provider that fails fast once and then is silent is given up."""
    return oauth_http.FAST_SECONDS + oauth_http.LONGEST_PAUSE + oauth_read()


def oauth_read() -> float:
    """Seconds to read what an OpenID provider publishes, or whose account it is."""
    return oauth_http.CONNECT_SECONDS + oauth_http.READ_SECONDS


def consent_ended(provider: Provider) -> float:
    """Seconds to end a consent, which may take a renewal first, and have each part of the account forgotten."""
    revoked = {
        Provider.GOOGLE: oauth(),
        Provider.MICROSOFT: 0.0,
        Provider.SLACK: secret() + oauth() + 2 * oauth_read(),
        Provider.NOTION: secret() + oauth(),
    }
    ended = revoked.get(provider, secret() + 2 * oauth_read())
    return ended + len(provider.row.parts.keys() & manage_connections._KEPT) * slowest(sqs_client(attempts=1))


def account_closing() -> float:
    """Seconds to forget an account and hand over the audit event."""
    return slowest(dynamo_client(attempts=1)) + slowest(sqs_client())


def test_ending_a_consent_fits_into_the_time_it_is_begun_with() -> None:
    assert max(map(consent_ended, Provider)) + account_closing() < manage_connections.LEAST_SECONDS


def test_a_token_is_renewed_within_its_lease() -> None:
    assert oauth_read() + oauth() + slowest(kms_client()) + slowest(dynamo_client(attempts=1)) < LEASED_FOR.seconds


def closing() -> float:
    """Seconds to book the money, keep the decisions and hand over the audit event."""
    return 2 * store() + BATCH_PAUSES + slowest(sqs_client())


def plan_closing() -> float:
    """Seconds to keep the plan, queue its proof and hand over the audit event."""
    return store() + BATCH_PAUSES + slowest(sqs_client(attempts=1)) + slowest(sqs_client())


def renewed_elsewhere() -> float:
    """Seconds until a token that another worker renews is given up."""
    return access_tokens._LOOKS * access_tokens._LOOK_AGAIN_SECONDS


def mailbox_call() -> float:
    """Seconds until a mailbox is given up: a token that another worker renews, then the call with all its tries."""
    return LEASED_FOR.total_seconds() + max(GOOGLE_CALL, IMAP_CALL)


def told() -> float:
    """Seconds to find what was told of a thing, plan, read the user's meetings, keep the news and hand them over."""
    return 5 * store() + slowest(sqs_client(attempts=1))


def mail_sent() -> float:
    """Seconds to look for a mail among those sent, look for its draft, make it, send it, and look for it again.

    Looking includes the comparison of all that Gmail finds, in the time of one call. Graph is asked where folders are,
    too.
    """
    return LEASED_FOR.total_seconds() + max(5 * GOOGLE_CALL, 6 * graph_api.CALL_SECONDS, IMAP_CALL)


def one_effect() -> float:
    """Seconds to look at what it needs and a mail, note it, find the label, make it, find it there, and put it on.

    Then to note that, and tell of a conflict.

    As many calls look where an event is, read its version, move it, and look again where it had another by then; or
    look for one of ours, what stands at its time, enter it, and read it where it was entered before; or
    look for a draft, read the mail it answers, and make it, where Graph is asked for its folders and looks again, too.
    In Notion twice the data source and the task, again after an edit, then three writes and what became of each.
    """
    notion = 12 * (USER.call + USER.attempt)
    account = LEASED_FOR.total_seconds() + max(5 * GOOGLE_CALL, 6 * graph_api.CALL_SECONDS, 3 * IMAP_CALL, notion)
    # A message is looked for and written: the conversation, its last messages, the message.
    calls = max(account, renewed_elsewhere() + 6 * CALL_SECONDS)
    return calls + 7 * store() + 2 * BATCH_PAUSES


WORST: dict[str, Callable[[], float]] = {
    "triage_email": lambda: admitted() + store() + BATCH_PAUSES + slowest(sqs_client()),
    "find_availability": lambda: admitted() + store() + slowest(dynamo_client(attempts=1)),
    # Nothing but this is asked; the search takes what is left.
    "optimize_team": admitted,
    # A kept plan is looked for where nothing was slow before. The search leaves the time the last three need, which
    # another test holds against what they take.
    "optimize_calendar": lambda: (
        admitted() + store() + slowest(dynamo_client(attempts=1)) + slowest(lambda_client()) + plan_closing()
    ),
    # Claude is asked in the time that booking its money leaves.
    "understand_wishes": lambda: provider() + admitted() + 2 * store(),
    # The preferences, the calendars, the kept tasks, then Claude in the time that booking its money and the audit event
    # leave.
    "prioritize_tasks": lambda: (
        provider() + admitted() + 2 * store() + slowest(dynamo_client(attempts=1)) + slowest(sqs_client())
    ),
    # What is down stops a request at once; until then each step may have been slow.
    "manage_tasks": lambda: admitted() + 2 * store() + BATCH_PAUSES + slowest(sqs_client()),
    # Preferences, then memories, then Claude in the time that booking its money and the audit event leave: what the
    # index of memories takes longer, Claude has less.
    "prepare_meeting": lambda: (
        max(provider(), memory_index())
        + admitted()
        + 2 * store()
        + slowest(dynamo_client(attempts=1))
        + slowest(sqs_client())
    ),
    # The preferences, the meeting as it was, the meeting as it is.
    "manage_meetings": lambda: admitted() + 3 * store() + slowest(sqs_client()),
    # Until the table answers no more each step may have been slow; what is left is due again.
    "release_notifications": lambda: 2 * store() + slowest(sqs_client(attempts=1)),
    # The account, who else has it, its tokens, its mails and its calendar, and the account's end, where the provider is
    # asked with time for it only; or what was given, and the account with its tokens, where so is what follows. By the
    # user alone.
    "manage_connections": lambda: (
        limits()
        + 4 * slowest(dynamo_client(attempts=1))
        + slowest(kms_client())
        + max(2 * slowest(sqs_client(attempts=1)) + account_closing(), slowest(kms_client()) + slowest(sqs_client()))
    ),
    # What was asked for, the provider twice, and what was given.
    "complete_connection": lambda: (
        2 * slowest(dynamo_client(attempts=1)) + slowest(kms_client()) + secret() + oauth() + oauth_read()
    ),
    # A store that is down stops a job at once.
    "deliver_notifications": lambda: (
        secret() + 7 * store() + BATCH_PAUSES + slowest(sqs_client(attempts=1)) + max(4 * CALL_SECONDS, mail_sent())
    ),
    "manage_notifications": lambda: admitted() + 2 * store(),
    # The connection, the data source after a renewal that another worker has under way, the choice, and the queue.
    "manage_task_sources": lambda: (
        admitted() + 2 * store() + renewed_elsewhere() + max(USER.attempt, USER.call) + slowest(sqs_client(attempts=1))
    ),
    # What is down stops a run at once; until then each step may have been slow. Pages are begun until the time kept.
    "sync_notion": lambda: (
        renewed_elsewhere()
        + 3 * (WORKER.call + WORKER.attempt)
        + 12 * store()
        + 2 * BATCH_PAUSES
        + slowest(sqs_client())
        + told()
    ),
    "receive_notion_event": lambda: 2 * store() + slowest(sqs_client(attempts=1)),
    "reconcile_notion": lambda: 3 * store() + BATCH_PAUSES + slowest(sqs_client(attempts=1)),
    # The effect, the head of the ledger, the transaction, the audit event and the queue. What is asked of a mail before
    # that ends the request where the store is down; what an approved effect needs is read in the time for calls, and in
    # it its question is closed. A rejection closes its question instead of handing the effect over.
    "manage_effects": lambda: admitted() + 3 * store() + BATCH_PAUSES + 2 * slowest(sqs_client()),
    # The last effect is begun when this much is left.
    "execute_effects": one_effect,
    # What is down fails the meetings under way, each on a thread of its own.
    "prepare_upcoming_meetings": lambda: (
        provider() + memory_index() + 17 * store() + LONGEST + slowest(sqs_client()) + slowest(sqs_client(attempts=1))
    ),
    # The second of three reads and the writes of what is kept are tried once.
    "summarize_plan": lambda: provider() + admitted() + 2 * store() + 3 * slowest(dynamo_client(attempts=1)),
    "prove_calendar_plan": lambda: 2 * store() + slowest(sqs_client()),
    # The preferences, then the audit event and the place of the daily briefing.
    "manage_preferences": lambda: admitted() + store() + slowest(sqs_client()),
    # What is down stops the request at once, or, after the memory is kept, leaves its vector for another.
    # Those that hold, the new one, and the audit event.
    "manage_delegates": lambda: limits() + 2 * slowest(admission_client()) + BATCH_PAUSES + slowest(sqs_client()),
    # What is down stops the request at once, or, after the memory is kept, leaves its vector for another.
    "manage_memory": lambda: admitted() + memory_index() + 2 * store() + BATCH_PAUSES + slowest(sqs_client()),
    "forget_memory": lambda: limits() + memory_index() + 2 * store() + BATCH_PAUSES + slowest(sqs_client()),
    "manage_learned": lambda: admitted() + store() + slowest(sqs_client()),
    "report_usage": lambda: admitted() + 2 * store(),
    # What is down stops a run at once; until then each step may have been slow.
    "submit_claude_batches": lambda: (
        provider() + limits() + 8 * store() + 2 * BATCH_PAUSES + anthropic_batches._SECONDS
    ),
    "collect_claude_batches": lambda: (
        8 * store() + BATCH_PAUSES + 2 * anthropic_batches._SECONDS + slowest(sqs_client())
    ),
    # Fetching the keys, finding the connections, queueing them.
    "receive_gmail_push": lambda: google_push.FETCH_SECONDS + 2 * store() + BATCH_PAUSES + slowest(sqs_client()),
    # Finding the subscriptions, queueing their mailboxes.
    "receive_graph_notification": lambda: store() + BATCH_PAUSES + slowest(sqs_client()),
    # What is down stops a run at once; until then each step may have been slow, and a token under renewal.
    "sync_mailbox": lambda: mailbox_call() + 6 * store() + 2 * BATCH_PAUSES + 2 * slowest(sqs_client()) + told(),
    # Reading the signing secret, queueing what was done.
    "receive_slack_event": lambda: secret() + slowest(sqs_client(attempts=1)),
    # What is down stops a job at once; until then each step may have been slow. The registration and a token under
    # renewal, who pressed, the effect and what it needs, its approval with audit event and queue, the question that was
    # read, and the message of the button; or what is asked for, and its answer as any message.
    "answer_chat": lambda: (
        secret()
        + renewed_elsewhere()
        + 12 * store()
        + 2 * BATCH_PAUSES
        + 2 * slowest(sqs_client())
        + slowest(sqs_client(attempts=1))
        + 4 * CALL_SECONDS
    ),
    "receive_calendar_notification": lambda: store() + slowest(sqs_client(attempts=1)),
    "sync_calendar": lambda: mailbox_call() + 6 * store() + 2 * BATCH_PAUSES + slowest(sqs_client()),
    # Of Graph two lists of changes, then those that left the inbox, twenty at a time, which takes long only once. Users
    # are told in a time of its own, the last of them in what it takes. Of mail and of calendars it is read whose turn
    # it is, and kept.
    "reconcile_accounts": lambda: (
        tell_of_broken.LONGEST_SECONDS
        + told()
        + mailbox_call()
        + 2 * graph_api.CALL_SECONDS
        + 9 * store()
        + BATCH_PAUSES
        + slowest(sqs_client())
    ),
    "renew_watches": lambda: mailbox_call() + graph_api.CALL_SECONDS + 7 * store(),
    "record_audit": lambda: 10 * slowest(dynamo_client(attempts=1)),
    "check_health": provider,
    "export_metrics": lambda: slowest(cloudwatch_client()),
    "serve_docs": lambda: 0.0,
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_a_function_gives_up_in_time(function: Function) -> None:
    # Messages that failed are put off: their queue is asked for, then told of each.
    put_off = (1 + function.batch_size) * slowest(sqs_client(attempts=1)) if function.consumes else 0
    assert WORST[function.name]() + put_off < function.timeout


def test_what_follows_claude_fits_into_the_time_kept_for_it() -> None:
    kept = importlib.import_module("functions.triage_email.handler").CLOSING_SECONDS
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "triage_email")
    assert closing() < kept
    # A healthy store leaves Claude this much.
    assert timeout - kept >= 12


def test_what_follows_wishes_fits_into_the_time_kept_for_it() -> None:
    assert store() + BATCH_PAUSES < importlib.import_module("functions.understand_wishes.handler").CLOSING_SECONDS


@pytest.mark.parametrize(("name", "least"), [("prepare_meeting", 16), ("prioritize_tasks", 16)])
def test_what_follows_a_question_fits_into_the_time_kept_for_it(name: str, least: int) -> None:
    kept = importlib.import_module(f"functions.{name}.handler").CLOSING_SECONDS
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == name)
    assert store() + BATCH_PAUSES + slowest(sqs_client()) < kept
    assert timeout - kept >= least


def test_a_run_that_prepares_meetings_ends_before_another_may_take_them() -> None:
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "prepare_upcoming_meetings")
    assert timeout < TAKEN_FOR.total_seconds()


def test_what_follows_a_summary_fits_into_the_time_kept_for_it() -> None:
    closing_seconds = importlib.import_module("functions.summarize_plan.handler").CLOSING_SECONDS
    assert store() + BATCH_PAUSES + 2 * slowest(dynamo_client(attempts=1)) < closing_seconds


def test_what_follows_a_search_fits_into_the_time_kept_for_it() -> None:
    optimize = importlib.import_module("functions.optimize_calendar.handler")
    prove = importlib.import_module("functions.prove_calendar_plan.handler")
    assert plan_closing() < optimize.CLOSING_SECONDS
    assert store() + slowest(sqs_client()) < prove.CLOSING_SECONDS
    timeouts = {function.name: function.timeout for function in FUNCTIONS}
    assert timeouts["optimize_calendar"] - optimize.CLOSING_SECONDS >= 15
    assert timeouts["prove_calendar_plan"] - prove.CLOSING_SECONDS >= 240


def test_the_last_call_fits_into_the_time_kept_for_it() -> None:
    assert max(store(), slowest(sqs_client()), slowest(dynamo_client(attempts=1))) < LAST_CALL_SECONDS


@pytest.mark.parametrize(
    "name",
    [
        "optimize_calendar.plan_accept",
        "manage_effects.approve",
        "manage_effects.undo",
        "manage_effects.verify",
    ],
)
def test_no_call_begins_when_the_time_for_them_is_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    handler = importlib.import_module(f"functions.{name.partition('.')[0]}.handler").lambda_handler
    table = Table("table", dynamo_client())
    monkeypatch.setitem(deps.__dict__, "plans", DynamoPlans(table, deps.clock))
    monkeypatch.setitem(deps.__dict__, "effects", DynamoEffects(table, deps.clock))
    # With time left the table is called, which no test is allowed to.
    for left, error in ((0, "TimeIsUp"), (1, "HTTPClientError")):
        caplog.clear()
        answer = handler(recorded(f"http/{name}"), Context(timeout=int(LAST_CALL_SECONDS) + left))
        assert caplog.messages == [f"dynamodb did not answer: {error}"]
        assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "5")


def test_a_search_keeps_its_time_beside_wishes() -> None:
    kept = importlib.import_module("functions.optimize_calendar.handler").CLOSING_SECONDS
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "optimize_calendar")
    assert timeout - kept - slowest(lambda_client()) >= 10


def test_what_an_effect_takes_fits_into_the_time_kept_for_it() -> None:
    kept = importlib.import_module("functions.execute_effects.handler").CLOSING_SECONDS
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "execute_effects")
    assert one_effect() < kept <= timeout - 20
    assert timeout < LEASE.total_seconds() < EFFECTS.visibility_timeout


def test_a_batch_of_audit_events_is_as_large_as_assumed() -> None:
    assert [function.batch_size for function in FUNCTIONS if function.name == "record_audit"] == [10]


def test_the_last_page_of_a_workspace_fits_into_the_time_kept_for_it() -> None:
    kept = importlib.import_module("functions.sync_notion.handler").CLOSING_SECONDS
    # Its head and its text, each with all attempts, then it is kept.
    assert 2 * (WORKER.call + WORKER.attempt) + store() + BATCH_PAUSES + renewed_elsewhere() < kept


def test_what_follows_the_last_mail_fits_into_the_time_kept_for_it() -> None:
    kept = importlib.import_module("functions.sync_mailbox.handler").CLOSING_SECONDS
    # Decisions, effects with their ledger and receipts are kept, effects and another run queued, users told.
    closing_seconds = 3 * store() + 2 * BATCH_PAUSES + 2 * slowest(sqs_client()) + told()
    assert closing_seconds < kept + sync_mailbox.LEAST_SECONDS / 2
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "sync_mailbox")
    assert timeout - kept - sync_mailbox.LEAST_SECONDS >= 60


def test_a_mailbox_is_not_begun_without_the_time_it_may_take() -> None:
    # Graph is asked for two lists of changes, or for more time and then for a subscription anew.
    assert max(GOOGLE_CALL, 2 * graph_api.CALL_SECONDS, IMAP_CALL) + 2 * store() < each_account.LEAST_SECONDS


def test_the_last_page_of_a_calendar_fits_into_the_time_kept_for_it() -> None:
    kept = importlib.import_module("functions.sync_calendar.handler").CLOSING_SECONDS
    # What is kept of meetings and of events, the cursor, and another run.
    keeping = 3 * store() + BATCH_PAUSES + slowest(sqs_client(attempts=1))
    assert max(GOOGLE_CALL, 2 * graph_api.CALL_SECONDS) + keeping < kept + sync_calendar.LEAST_SECONDS
    (timeout,) = (function.timeout for function in FUNCTIONS if function.name == "sync_calendar")
    assert timeout - kept - sync_calendar.LEAST_SECONDS >= 50
