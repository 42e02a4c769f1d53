"""Audit events, from the function that records one to the log."""

from tests.contract.recorded import deliver, http, recorded, run
from tests.fakes.wired import Wired


def test_an_audit_batch_is_recorded_once_and_names_its_failures(wired: Wired) -> None:
    batch = "sqs/record_audit.one_malformed"
    malformed = recorded(batch)["Records"][1]["messageId"]
    for _ in range(2):
        assert run(batch) == {"batchItemFailures": [{"itemIdentifier": malformed}]}
    assert len(wired.audit_log.events) == 1
    assert run("sqs/record_audit") == {"batchItemFailures": []}


def test_an_audit_message_returns_to_the_queue_while_the_store_is_down(wired: Wired) -> None:
    wired.store.down = True
    (failure,) = run("sqs/record_audit")["batchItemFailures"]
    wired.store.down = False
    assert failure["itemIdentifier"]
    assert run("sqs/record_audit") == {"batchItemFailures": []}


def test_every_audit_event_sent_is_one_its_consumer_takes(wired: Wired) -> None:
    for name in ("triage_email", "triage_email.feedback", "manage_preferences.replace", "manage_preferences.patch"):
        http(name)
    sent = wired.audit_trail.events
    assert len(sent) == 4
    deliver("record_audit", sent)
    assert list(wired.audit_log.events.values()) == sent
