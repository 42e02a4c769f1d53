"""Print a fresh access token of the demo user; ``make token``."""

from infra.local.aws import LocalAws
from infra.local.console import command
from infra.local.layout import running_layout
from infra.local.users import demo_token


@command
def main() -> None:
    """Print the token and nothing else."""
    layout = running_layout()
    print(demo_token(LocalAws(layout.aws_endpoint), layout.state))


if __name__ == "__main__":
    raise SystemExit(main())
