"""Let a mail arrive in the running sandbox and show what becomes of it; ``make arrive MAIL=urgent``."""

import os
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Final

from infra.local.api_client import ApiClient
from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command
from infra.local.layout import running_layout
from infra.local.sandbox.arrival import Arrival
from infra.local.sandbox.seeds import arrival, written
from infra.local.triage_mailbox import printable
from infra.local.users import demo_token

# Seconds, unless WITHIN says more.
WITHIN: Final = 5.0


def _chosen(mail: str) -> bytes:
    now = datetime.now(UTC)
    subject = os.environ.get("SUBJECT")
    return written(subject, os.environ.get("BODY", ""), now) if subject else arrival(mail, now)


@command
def main() -> None:
    """Let a mail of SUBJECT and BODY arrive, else the named one of arrivals.toml, and print what becomes of it."""
    layout = running_layout()
    if layout.sandbox is None:
        raise LocalFailure("the assistant runs outside a sandbox: start it with make run SANDBOX=1")
    api = ApiClient(layout.port, partial(demo_token, LocalAws(layout.aws_endpoint), layout.state))
    arrived = Arrival(_chosen(sys.argv[1]), api, layout.sandbox)
    for seen in arrived.follow(float(os.environ.get("WITHIN") or WITHIN)):
        print(f"{seen.seconds:5.2f} s  {seen.what:9} {printable(seen.shown)}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
