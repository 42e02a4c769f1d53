import logging

import boto3
import pytest

from assistant.adapters import sqs_audit
from assistant.adapters.sqs_audit import SqsAuditTrail, sqs_client
from assistant.domain import metric_names
from assistant.domain.audit import AuditAction, AuditEvent, audit_event
from assistant.domain.users import Identity
from tests.fakes.runtime import ManualClock, MemoryMeter


@pytest.fixture
def event(clock: ManualClock) -> AuditEvent:
    return audit_event(AuditAction.EMAILS_TRIAGED, Identity("user123", "request1"), clock.now(), counts={"routine": 1})


def test_what_is_queued_reads_back(aws: None, event: AuditEvent, meter: MemoryMeter) -> None:  # noqa: ARG001 AWS
    queue = boto3.client("sqs")
    url = queue.create_queue(QueueName="audit")["QueueUrl"]
    SqsAuditTrail(url, sqs_client(), meter).record(event)
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert AuditEvent.model_validate_json(message["Body"]) == event
    assert meter.counts == []


def test_without_the_queue_the_event_goes_to_the_log(
    aws: None,  # noqa: ARG001 AWS
    event: AuditEvent,
    meter: MemoryMeter,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqs_audit, "logger", logging.getLogger("tests"))
    SqsAuditTrail("https://sqs.eu-central-1.amazonaws.com/123456789012/gone", sqs_client(), meter).record(event)
    (line,) = caplog.records
    assert line.levelno == logging.ERROR
    assert AuditEvent.model_validate_json(line.__dict__["audit_event"]) == event
    assert meter.total(metric_names.DEGRADED, missing="audit_queue") == 1
