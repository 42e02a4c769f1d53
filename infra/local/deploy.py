"""Bring the synthesized template into the embedded AWS; ``make deploy-local``."""

import json
import time
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from infra.build import BuildFailed, build
from infra.local.assembly import Stack, read_stacks, synthesize
from infra.local.aws import LocalAws
from infra.local.console import LocalFailure, command, step
from infra.local.layout import REGION, Layout, running_layout
from infra.local.ministack import ACCOUNT

TEMPLATE_BUCKET = "executive-assistant-templates"
POLL_SECONDS = 0.1
OPERATION_SECONDS = 300.0
_UNUSABLE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
_COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def deploy(layout: Layout, aws: LocalAws) -> bool:
    """Deploy the present code and infrastructure; False when nothing changed.

    Raises:
        LocalFailure: the build, the synthesis or a stack operation failed.

    """
    # Of its own: another assistant on this machine has other addresses in its template.
    folder = layout.state / "assembly"
    synthesize(layout.profile, layout.functions_settings, folder)
    try:
        build(dependencies=False)
    except BuildFailed as error:
        raise LocalFailure(str(error)) from error
    return deploy_assembly(folder, aws, {"RedisUrl": layout.redis_url})


def deploy_assembly(folder: Path, aws: LocalAws, parameters: Mapping[str, str]) -> bool:
    """Deploy the stacks of a cloud assembly with those ``parameters`` they declare; False when nothing changed.

    Raises:
        LocalFailure: a stack operation failed; names the first failed resource.

    """
    changed = False
    for stack in read_stacks(folder, ACCOUNT, REGION):
        _upload(aws, stack)
        with step(f"deploying {stack.name}"):
            changed |= _apply(aws, stack, parameters)
        _enable_time_to_live(aws, stack)
    return changed


def physical_ids(aws: LocalAws, resource_type: str) -> list[str]:
    """Return the physical IDs of all deployed resources of a CloudFormation type."""
    return [
        resource["PhysicalResourceId"]
        for stack in aws.cloudformation.describe_stacks()["Stacks"]
        for resource in aws.cloudformation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
        if resource["ResourceType"] == resource_type
    ]


def _upload(aws: LocalAws, stack: Stack) -> None:
    buckets = {bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]}
    for bucket in {TEMPLATE_BUCKET, *(asset.bucket for asset in stack.assets)} - buckets:
        aws.s3.create_bucket(Bucket=bucket)
    # A request may carry a template of 51,200 bytes, S3 one of a megabyte.
    aws.s3.put_object(Bucket=TEMPLATE_BUCKET, Key=f"{stack.name}.json", Body=json.dumps(stack.template).encode())
    for asset in stack.assets:
        if not aws.s3.list_objects_v2(Bucket=asset.bucket, Prefix=asset.key)["KeyCount"]:
            aws.s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.content())


def _apply(aws: LocalAws, stack: Stack, parameters: Mapping[str, str]) -> bool:
    status = _status(aws, stack.name)
    if status in _UNUSABLE:
        aws.cloudformation.delete_stack(StackName=stack.name)
        status = _wait(aws, stack.name)
    operation = aws.cloudformation.update_stack if status else aws.cloudformation.create_stack
    try:
        operation(
            StackName=stack.name,
            TemplateURL=f"https://s3.{REGION}.amazonaws.com/{TEMPLATE_BUCKET}/{stack.name}.json",
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in parameters.items()
                if key in stack.template.get("Parameters", {})
            ],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return False
        raise LocalFailure(f"{stack.name}: {str(error)[:500]}") from error
    if (status := _wait(aws, stack.name)) not in _COMPLETE:
        reason = _first_failure(aws, stack.name)
        raise LocalFailure(f"{stack.name} is {status}: {reason} (make clean starts afresh, without the data)")
    return True


def _wait(aws: LocalAws, name: str) -> str | None:
    deadline = time.monotonic() + OPERATION_SECONDS
    while (status := _status(aws, name)) and status.endswith("_IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise LocalFailure(f"{name} is still {status} after {OPERATION_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    return status


def _status(aws: LocalAws, name: str) -> str | None:
    stacks = aws.cloudformation.describe_stacks()["Stacks"]
    return next((stack["StackStatus"] for stack in stacks if stack["StackName"] == name), None)


def _first_failure(aws: LocalAws, name: str) -> str:
    reason = "no resource says why"
    for event in aws.cloudformation.describe_stack_events(StackName=name)["StackEvents"]:
        status = event.get("ResourceStatus", "")
        if event.get("LogicalResourceId") == name and status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
            # Newest first: here the operation began, older failures are of earlier ones.
            break
        if status.endswith("_FAILED"):
            reason = f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason')}"
    return reason


def _enable_time_to_live(aws: LocalAws, stack: Stack) -> None:
    """Switch TTL on by its API: the embedded CloudFormation leaves the table's setting out."""
    resources = stack.template["Resources"]
    for deployed in aws.cloudformation.describe_stack_resources(StackName=stack.name)["StackResources"]:
        properties = resources.get(deployed["LogicalResourceId"], {}).get("Properties", {})
        if "TimeToLiveSpecification" not in properties:
            continue
        table = deployed["PhysicalResourceId"]
        current = aws.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if current.get("TimeToLiveStatus") != "ENABLED":
            aws.dynamodb.update_time_to_live(
                TableName=table, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
            )


@command
def main() -> None:
    """Deploy into the assistant that ``make run`` started."""
    layout = running_layout()
    started = time.monotonic()
    changed = deploy(layout, LocalAws(layout.aws_endpoint))
    print(f"{'live' if changed else 'nothing changed'} after {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    raise SystemExit(main())
