"""Lambda layers of the dependency sets and of our own package."""

from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.build import SHARED, Artifact

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64


def code(artifact: Artifact) -> lambda_.AssetCode:
    """The artifact as an asset named by the hash of its inputs, so that equal inputs are never uploaded twice."""
    return lambda_.Code.from_asset(str(artifact.path), asset_hash=artifact.digest)


class Layers(Construct):
    """One layer version per artifact."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, artifacts: Mapping[str, Artifact]) -> None:
        super().__init__(scope, construct_id)
        self._versions = {
            layer: lambda_.LayerVersion(
                self,
                layer,
                layer_version_name=f"{name}-{layer}",
                code=code(artifact),
                compatible_runtimes=[RUNTIME],
                compatible_architectures=[ARCHITECTURE],
            )
            for layer, artifact in artifacts.items()
        }

    def of(self, dependencies: tuple[str, ...]) -> list[lambda_.ILayerVersion]:
        """Our own package over the dependency sets that were built."""
        return [self._versions[name] for name in (*dependencies, SHARED) if name in self._versions]
