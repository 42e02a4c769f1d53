"""Synthesized templates as tests ask about them: resources by type, references by what they mean."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

type Json = dict[str, Any]


# How tests speak of a resource: its kind, then the property with its name.
NAMES = {
    "DynamoDB::Table": ("table", None),
    "Lambda::Function": ("function:", "FunctionName"),
    "KMS::Key": ("key", None),
    "SQS::Queue": ("queue:", "QueueName"),
    "SecretsManager::Secret": ("secret:", "Description"),
    "Logs::LogGroup": ("log:", "LogGroupName"),
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its logical id, its type without ``AWS::`` and its properties."""

    logical_id: str
    type: str
    properties: Json
    whole: Json


@dataclass(frozen=True, slots=True)
class Deployment:
    """The two templates of one profile."""

    profile: Literal["small", "standard"]
    data: Json
    app: Json

    def all(self, *types: str) -> list[Resource]:
        """All resources of these types, in both stacks."""
        return [resource for resource in self if resource.type in types]

    def one(self, resource_type: str) -> Resource:
        (found,) = self.all(resource_type)
        return found

    def types(self) -> set[str]:
        return {resource.type for resource in self}

    def function(self, name: str) -> Resource:
        return next(
            found for found in self.all("Lambda::Function") if found.properties["FunctionName"].endswith(f"-{name}")
        )

    def statements(self, name: str) -> list[Json]:
        """All IAM statements of the role of function ``name``."""
        (role,) = self.function(name).properties["Role"]["Fn::GetAtt"][:1]
        resource = self.app["Resources"][role]
        attached = [
            policy
            for policy in self.all("IAM::Policy", "IAM::ManagedPolicy")
            if {"Ref": role} in policy.properties.get("Roles", [])
        ]
        assert not attached, "a role's permissions stand in the role itself"
        assert "ManagedPolicyArns" not in resource["Properties"]
        return [
            statement
            for policy in resource["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def named(self, reference: Any) -> str:
        """What a reference means: ``table``, ``key``, ``<kind>:<name>``, ``*``."""
        resource = self.target(reference)
        if isinstance(resource, str):
            return resource
        kind, named_by = NAMES[resource.type]
        name = str(resource.properties[named_by]) if named_by else ""
        own = name.removeprefix(f"executive-assistant-{self.profile}-").partition(";")[0]
        return kind + own.removesuffix(".fifo")

    def target(self, reference: Any) -> Resource | str:
        """The resource a Ref, GetAtt or ImportValue leads to; a literal is returned as it is."""
        match reference:
            case {"Fn::ImportValue": export}:
                (value,) = (
                    output["Value"]
                    for output in self.data["Outputs"].values()
                    if output.get("Export", {}).get("Name") == export
                )
                return self.target(value)
            case {"Fn::GetAtt": [logical_id, _]} | {"Ref": logical_id}:
                return next(resource for resource in self if resource.logical_id == logical_id)
            case _:
                return str(reference)

    def __iter__(self) -> Iterator[Resource]:
        for template in (self.data, self.app):
            for logical_id, whole in template["Resources"].items():
                yield Resource(logical_id, whole["Type"].removeprefix("AWS::"), whole.get("Properties", {}), whole)


def read_deployment(assembly: Path, profile: Literal["small", "standard"]) -> Deployment:
    data, app = (
        json.loads((assembly / f"executive-assistant-{profile}-{stack}.template.json").read_text())
        for stack in ("data", "app")
    )
    return Deployment(profile, data, app)


def listed(value: Any) -> list[Any]:
    """CloudFormation writes a list of one as its element."""
    return value if isinstance(value, list) else [value]


def flattened(value: Any) -> str:
    """An ARN or URL of literals and references as one string, references in braces."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(flattened(part) for part in parts)
        case Mapping():
            return f"{{{next(iter(value.values()))}}}"
        case _:
            return str(value)
