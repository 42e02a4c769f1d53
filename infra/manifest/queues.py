"""The queues, and the grants to send to them."""

from infra.manifest.shapes import Grant, Queue

AUDIT = Queue("audit", visibility_timeout=270)
# A proof may take minutes; AWS wants six times the consumer's timeout before a message is seen again.
PROOFS = Queue("proofs", visibility_timeout=1800, max_receive_count=6, max_age=900)
# Longer than a worker's lease on an effect, which outlasts the worker.
EFFECTS = Queue("effects", visibility_timeout=1410, max_age=2700)
# Six times the timeout of the worker; what is released again after ten minutes is delivered once all the same.
NOTIFICATIONS = Queue("notifications", visibility_timeout=1320)
# A workspace is read page by page; the first time for minutes.
NOTES = Queue("notes", visibility_timeout=1800, max_age=1800)
# What cannot be read is left to the next reconciliation: a mailbox after an hour, a calendar after three quarters.
MAILBOXES = Queue("mailboxes", visibility_timeout=900, max_receive_count=7, max_age=900, fifo=True)
CALENDARS = Queue("calendars", visibility_timeout=720, max_receive_count=7, max_age=900, fifo=True)
# Six times the timeout of the worker. Who pressed a button waits for no more than six attempts.
CHATS = Queue("chats", visibility_timeout=930, max_receive_count=6, max_age=1200, fifo=True)
QUEUES = (AUDIT, PROOFS, EFFECTS, NOTIFICATIONS, NOTES, MAILBOXES, CALENDARS, CHATS)


def _sending_to(queue: Queue) -> Grant:
    return Grant(f"queue:{queue.name}", ("sqs:SendMessage",))


SEND_AUDIT = _sending_to(AUDIT)
SEND_PROOFS = _sending_to(PROOFS)
SEND_EFFECTS = _sending_to(EFFECTS)
SEND_NOTIFICATIONS = _sending_to(NOTIFICATIONS)
SEND_NOTES = _sending_to(NOTES)
SEND_MAILBOXES = _sending_to(MAILBOXES)
SEND_CALENDARS = _sending_to(CALENDARS)
SEND_CHATS = _sending_to(CHATS)
