"""Run one function of the running assistant on one event file; ``make invoke F=<function> E=<event>``."""

import json
import sys
from pathlib import Path
from typing import Any

from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command
from infra.local.deploy import physical_ids
from infra.local.layout import running_layout
from infra.manifest import FUNCTIONS


def invoke(aws: LocalAws, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON the function returns
    """Invoke the deployed function of the manifest's name and return its answer.

    Raises:
        LocalFailure: the function is not deployed or raised an error.

    """
    deployed = [name for name in physical_ids(aws, "AWS::Lambda::Function") if name.endswith(f"-{function}")]
    if not deployed:
        names = ", ".join(spec.name for spec in FUNCTIONS)
        raise LocalFailure(f"no function {function!r} is deployed: choose one of {names}")
    answer = aws.lambda_.invoke(FunctionName=deployed[0], Payload=json.dumps(event).encode())
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise LocalFailure(f"{function} failed: {result.get('errorType', 'Error')}: {result.get('errorMessage')}")
    return result


def readable(result: Any) -> str:  # noqa: ANN401 - whatever JSON the function returned
    """Return an answer as indented JSON; the JSON text inside an HTTP answer's body is unfolded."""
    if isinstance(result, dict) and isinstance(body := result.get("body"), str):
        try:
            result = result | {"body": json.loads(body)}
        except ValueError:
            # Text that is no JSON is shown as it is.
            result = dict(result)
    return json.dumps(result, indent=2, ensure_ascii=False)


@command
def main() -> None:
    """Invoke and print."""
    if len(sys.argv) != 3:  # noqa: PLR2004 - the program, a function and a file
        raise LocalFailure("name a function and an event: make invoke F=check_health E=events/http/check_health.json")
    _, function, file = sys.argv
    try:
        event = json.loads(Path(file).read_text())
    except (OSError, ValueError) as error:
        raise LocalFailure(f"{file} cannot be read as an event: {error}") from error
    print(readable(invoke(LocalAws(running_layout().aws_endpoint), function, event)))


if __name__ == "__main__":
    raise SystemExit(main())
