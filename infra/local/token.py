"""Print a fresh access token of the demo user, or of another, who is made; ``make token USER_ID=ann``."""

import sys

from infra.local.aws import LocalAws
from infra.local.console import command
from infra.local.layout import running_layout
from infra.local.users import DEMO_USER, demo_token, fresh_token


@command
def main() -> None:
    """Print the token and nothing else."""
    layout = running_layout()
    aws = LocalAws(layout.aws_endpoint)
    name = sys.argv[1] if len(sys.argv) > 1 else DEMO_USER
    print(demo_token(aws, layout.state) if name == DEMO_USER else fresh_token(aws, name))


if __name__ == "__main__":
    raise SystemExit(main())
