"""Made-up mail of the shapes and sizes a mailbox holds; the same seed gives the same mails."""

import random
from typing import Any

_SENTENCES = (
    "The numbers for the quarter are in the shared folder.",
    "Could you confirm the delivery date with the supplier by Thursday?",
    "We had a good conversation with the team in Lisbon last week.",
    "Please find the minutes of the steering group below.",
    "The migration finished without incident and the old cluster is switched off.",
    "I would like your view on the second option before we go further.",
    "Nothing is needed from your side for now.",
    "Our spring catalogue is out, with free shipping on every order.",
    "The invoice is attached and due at the end of the month.",
    "Error rate on the payment service is above five percent since noon.",
)
_SUBJECTS = (
    "Budget review",
    "Re: contract draft",
    "Weekly digest",
    "Urgent: production incident",
    "Minutes of the steering group",
    "Your receipt",
    "Quick question",
    "Fwd: candidate for the finance role",
)
_BULK_HEADERS = {
    "list-id": "<news.shop.example>",
    "list-unsubscribe": "<mailto:out@shop.example>",
    "precedence": "bulk",
}


def make_mails(count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Return ``count`` mails as POST /api/v1/email/triage takes them.

    A third are bulk HTML, a third replies with quotes, a third notes.

    Body sizes are log-normal with a median near 1.2 kB and a tail of some tens of kB, as in business mailboxes.
    """
    rng = random.Random(seed)
    return [_make_mail(rng, number) for number in range(count)]


def _make_mail(rng: random.Random, number: int) -> dict[str, Any]:
    sentences = max(2, min(600, round(rng.lognormvariate(3.0, 0.9))))
    text = " ".join(rng.choice(_SENTENCES) for _ in range(sentences))
    mail: dict[str, Any] = {
        "id": f"mail-{number}",
        "from": f"Sender {number % 40} <sender{number % 40}@partner{number % 12}.example>",
        "to": ["user123@company.example"],
        "subject": rng.choice(_SUBJECTS),
        "body": text,
        "received_at": f"2026-03-{1 + number % 28:02}T{number % 24:02}:30:00Z",
        "headers": {"message-id": f"<{number}@partner.example>"},
    }
    match number % 3:
        case 0:
            rows = "".join(f"<tr><td style='color:#333'>{rng.choice(_SENTENCES)}</td></tr>" for _ in range(sentences))
            mail |= {
                "html": f"<html><body><table>{rows}</table></body></html>",
                "headers": mail["headers"] | _BULK_HEADERS,
            }
        case 1:
            quoted = "\n".join(f"> {rng.choice(_SENTENCES)}" for _ in range(sentences))
            mail["body"] = f"{text}\n\nOn Mon, 2 Mar 2026 at 10:00, a colleague wrote:\n{quoted}"
    return mail
