"""A mailbox behind IMAP: connected at the company's OpenID provider, decided about, written from, disconnected.

The mail server and the OpenID provider are others': pymap, aiosmtpd, oidc-provider-mock.
"""

from typing import Any

from assistant.domain.mail import Mail
from infra.local.sandbox.consent import consent, follow
from tests.fakes.effects import USER
from tests.fakes.imap_server import ADDRESS, ImapServer
from tests.integration.assistant_process import Assistant, eventually

PATH = f"/api/v1/users/{USER}"
URGENT = Mail(id="", sender="ceo@company.com", subject="Urgent: Q4 Budget Review", body="We need to discuss it today.")
ANSWER = {"to": ["ceo@company.com"], "subject": "Re: Q4 Budget Review", "text": "Today at three."}


def test_a_mailbox_behind_imap_is_connected_and_worked_in(small_assistant: Assistant, imap_server: ImapServer) -> None:
    token = small_assistant.token()

    def called(method: str, path: str, document: Any = None) -> Any:
        answer = small_assistant.request(method, f"{PATH}{path}", document, token=token)
        assert answer.status < 300, answer.body
        return answer.json()

    def accounts() -> list[dict[str, Any]]:
        return [one for one in called("GET", "/connections")["connections"] if one["provider"] == "imap"]

    code = follow(consent(called("POST", "/connections/imap", {})["authorization_url"], ADDRESS))
    assert accounts() == []
    called("POST", "/connections/confirm", {"code": code})
    (account,) = accounts()
    assert (account["account"], account["access"]) == (
        ADDRESS,
        [{"part": "mail", "granted": True, "missing_scopes": []}],
    )

    message = imap_server.receive(URGENT)
    small_assistant.command("invoke", "reconcile_accounts", "events/schedule/reconcile_accounts.json")
    assert eventually(lambda: imap_server.labels(message)) == {"EA/Urgent"}

    proposal = {"kind": "send", "connection_id": account["connection_id"], **ANSWER}
    effect = called("POST", "/effects", proposal)
    assert imap_server.left == []
    called("POST", f"/effects/{effect['id']}/approve", {"action_hash": effect["action_hash"]})
    assert eventually(lambda: called("GET", f"/effects/{effect['id']}")["state"] == "done")
    (sent,) = imap_server.sent()
    assert (sent.to, sent.subject) == (("ceo@company.com",), ANSWER["subject"])

    called("DELETE", f"/connections/imap/{account['connection_id']}")
    assert accounts() == []
