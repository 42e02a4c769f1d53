"""Calls of Slack's Web API through its SDK: the token, the wait Slack asks for, and errors of our own.

The SDK's own retries are off: they know no deadline. Only what Slack refused for its rate is tried again here; whether
anything else was done is not known, and the caller's key decides.
"""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.client import WebClient

from assistant.domain.connections import Connection
from assistant.domain.errors import AssistantError, Forbidden, NotFound, Unavailable
from assistant.ports.connections import AccessTokens

logger = logging.getLogger(__name__)

# The SDK takes whole seconds, for connecting and for each read.
ATTEMPT_SECONDS: Final = 5
# No call waits longer than this for its turn.
LONGEST_WAIT: Final = 5.0
CALL_SECONDS: Final = LONGEST_WAIT + 2 * ATTEMPT_SECONDS
# https://docs.slack.dev/reference/methods/chat.postMessage and those of the other methods.
_TOKEN: Final = frozenset({"invalid_auth", "not_authed", "token_expired", "token_revoked", "account_inactive"})
_GONE: Final = frozenset(
    {
        "channel_not_found",
        "message_not_found",
        "user_not_found",
        "users_not_found",
        "user_disabled",
        "user_not_in_channel",
        "not_in_channel",
    }
)
_DOWN: Final = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "ratelimited"})
_SILENT: Final = "Slack does not answer right now. Please try again shortly."

type Json = dict[str, Any]


class SlackCalls:
    """The calls of one connection."""

    def __init__(
        self,
        connection: Connection,
        tokens: AccessTokens,
        base_url: str,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._tokens = tokens
        self._pause = pause
        self._client = WebClient(
            base_url=f"{base_url}/api/", timeout=ATTEMPT_SECONDS, retry_handlers=[], logger=_silent_logger()
        )

    def read(self, method: str, **arguments: object) -> Json:
        """Return the answer of a method that takes forms only; raises as ``call``."""
        return self._answered(method, form=arguments)

    def call(self, method: str, **arguments: object) -> Json:
        """Return the answer of a method of the Web API.

        Raises:
            Unavailable: Slack is down, or wants a longer wait; what was sent may have been done.
            ConnectionBroken: the consent is gone.
            Forbidden: a scope is missing.
            NotFound: the person, channel or message is gone.

        """
        return self._answered(method, document=arguments)

    def _answered(self, method: str, *, form: Json | None = None, document: Json | None = None) -> Json:
        token = self._tokens.token(self._connection)
        renewed = waited = False
        while True:
            try:
                return self._tried(method, token, form, document)
            except SlackApiError as error:
                wait = _wait(error)
                if _code(error) in _TOKEN:
                    if renewed:
                        self._tokens.give_up(self._connection, token)
                    token, renewed = self._tokens.renew(self._connection, token), True
                elif wait is not None and wait <= LONGEST_WAIT and not waited:
                    waited = True
                    self._pause(wait)
                else:
                    raise self._meaning(method, error) from error

    def _tried(self, method: str, token: str, form: Json | None, document: Json | None) -> Json:
        try:
            answer = self._client.api_call(
                method, headers={"Authorization": f"Bearer {token}"}, params=form, json=document
            )
        except SlackApiError:
            raise
        except (SlackClientError, HTTPException, OSError, ValueError) as error:
            # ValueError: the body ends before its JSON does.
            logger.warning("slack did not answer %s: %s", method, type(error).__name__)
            raise Unavailable(_SILENT) from error
        if not isinstance(answer.data, dict):
            raise Unavailable(_SILENT)
        return answer.data

    def _meaning(self, method: str, error: SlackApiError) -> AssistantError:
        code = _code(error)
        logger.warning("slack refused %s: %s", method, code)
        if code in _GONE:
            return NotFound("Slack does not know this person, channel or message.")
        if code in _DOWN or _status(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(_SILENT)
        if code == "missing_scope" or code.startswith(("not_allowed", "no_permission", "restricted_action")):
            return Forbidden("Slack does not allow this. Please connect it again with all permissions.")
        return Unavailable("Slack refuses this message.")


def _code(error: SlackApiError) -> str:
    data = error.response.data if hasattr(error.response, "data") else error.response
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", 0))


def _wait(error: SlackApiError) -> float | None:
    """Return the seconds Slack wants to be left alone; None where it was something else."""
    if _status(error) != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    told = headers.get("retry-after", "")
    return float(told) if told.isdecimal() else 1.0


def _silent_logger() -> logging.Logger:
    """Return a logger that says nothing: the SDK's messages hold what users are told."""
    silent = logging.getLogger("slack_sdk")
    silent.setLevel(logging.CRITICAL)
    return silent
