"""Synthesize the stacks into cdk.out: both profiles, or the one of PROFILE or context ``profile``. No credentials."""

import os
import sys

from infra.build import BuildFailed
from infra.deployment import ContextInvalid
from infra.stacks import synthesize

try:
    synthesize(os.environ.get("CDK_OUTDIR", "cdk.out"))
except (BuildFailed, ContextInvalid) as error:
    sys.exit(f"error: {error}")
