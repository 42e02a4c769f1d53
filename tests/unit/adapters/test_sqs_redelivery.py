"""A message that failed is delivered again when it was said, not when the queue would."""

import pytest

from assistant.adapters.sqs_audit import sqs_client
from assistant.adapters.sqs_redelivery import SqsRedelivery
from assistant.domain.errors import Unavailable

pytestmark = pytest.mark.usefixtures("aws")


@pytest.mark.parametrize("wait", [0, 300])
def test_it_comes_again_after_so_many_seconds(wait: int) -> None:
    sqs = sqs_client()
    url = sqs.create_queue(QueueName="effects", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    handle = message["ReceiptHandle"]
    SqsRedelivery(sqs_client).after("arn:aws:sqs:us-east-1:123456789012:effects", {handle: wait})
    assert len(sqs.receive_message(QueueUrl=url).get("Messages", [])) == (wait == 0)


def test_a_queue_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        SqsRedelivery(sqs_client).after("arn:aws:sqs:us-east-1:123456789012:gone", {"handle": 15})
