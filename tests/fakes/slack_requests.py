"""Requests as Slack makes them, signed by its own SDK."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from slack_sdk.signature import SignatureVerifier

from assistant.domain.connections import Connection
from assistant.domain.providers import Provider
from assistant.services.receive_slack_event import SignedRequest
from tests.fakes.connections import CONNECTED_AT

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class KnownSecret:
    """Implements ``ports.SigningSecrets``."""

    def __init__(self, secret: str | None = SECRET) -> None:
        self.secret = secret

    def signing_secret(self, provider: Provider) -> str | None:
        return self.secret if provider is Provider.SLACK else None


def slack_connection(user_id: str = "user123", member: str = "U1") -> Connection:
    """A member of the workspace T1."""
    return Connection(
        user_id=user_id,
        id="slack-1",
        provider=Provider.SLACK,
        account="T1",
        member=member,
        name="Company",
        scopes=frozenset({"chat:write"}),
        connected_at=CONNECTED_AT,
    )


def signed(body: bytes, now: datetime, secret: str = SECRET) -> SignedRequest:
    """The request with the headers of Slack."""
    timestamp = str(int(now.timestamp()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    assert signature
    return SignedRequest(timestamp, signature, body)


def written(words: str, *, event_id: str = "Ev1", **event: Any) -> bytes:
    """The event of a direct message to the assistant."""
    fields = {"type": "message", "channel_type": "im", "channel": "DU1", "user": "U1", "text": words}
    document = {
        "token": "deprecated",
        "type": "event_callback",
        "event_id": event_id,
        "event_time": 1736935200,
        "team_id": "T1",
        "api_app_id": "A1",
        "event": fields | {"ts": "1736935200.000200", "event_ts": "1736935200.000200"} | event,
        "authorizations": [{"enterprise_id": None, "team_id": "T1", "user_id": "UBOT", "is_bot": True}],
    }
    return json.dumps(document).encode()


def pressed(action: str, value: str | None, **document: Any) -> bytes:
    """The interaction of a button that U1 pressed."""
    button = {"type": "button", "block_id": "b1", "action_id": action, "action_ts": "1736935260.112233"}
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "username": "ann", "team_id": "T1"},
        "api_app_id": "A1",
        "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "team": {"id": "T1", "domain": "company"},
        "container": {"type": "message", "message_ts": "1736935200.000100", "channel_id": "DU1", "is_ephemeral": False},
        "channel": {"id": "DU1", "name": "directmessage"},
        "response_url": "https://hooks.slack.com/actions/T1/1/x",
        "actions": [button | ({"value": value} if value is not None else {"url": "https://example.com"})],
    }
    return urlencode({"payload": json.dumps(payload | document)}).encode()
