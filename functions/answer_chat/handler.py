"""Queue chats: do what users ask for in a chat and answer there, once however often it is delivered."""

from typing import Any

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from assistant.domain.chat_jobs import read_job
from assistant.runtime.observability import logger
from assistant.runtime.sqs import work_through
from assistant.services.answer_chat import answer_chat
from assistant.wiring import deps


def work(record: SQSRecord) -> None:
    """Do one job; one that fails returns to the queue, and after six times goes to its dead letters."""
    job = read_job(record.body)
    answer_chat(job, ports=deps.chat_answer_ports)
    logger.info("chat answered", extra={"kind": job.kind})


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Work on one batch; the answer names the messages that failed."""
    return work_through(event, context, work, failed="chat not answered", again=deps.redelivery)
