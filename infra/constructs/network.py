"""Profile standard: a VPC for the functions that use the cache, and the cache itself."""

from aws_cdk import Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.function import Placement
from infra.constructs.log_group import EncryptedLogGroup
from infra.constructs.suppressions import suppress

# Written out, not read back from the VPC: the embedded AWS does not know that attribute.
VPC_CIDR = "10.0.0.0/16"
VALKEY_PORTS = ec2.Port.tcp_range(6379, 6380)


class Network(Construct):
    """Two zones, one NAT gateway, gateway endpoints for DynamoDB and S3.

    ``local`` leaves out what the embedded AWS has no handler for: the NAT gateway and flow logs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        log_retention: logs.RetentionDays,
        local: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        kind = ec2.SubnetType.PRIVATE_ISOLATED if local else ec2.SubnetType.PRIVATE_WITH_EGRESS
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=name,
            ip_addresses=ec2.IpAddresses.cidr(VPC_CIDR),
            max_azs=2,
            nat_gateways=0 if local else 1,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="functions", subnet_type=kind, cidr_mask=22),
            ],
            gateway_endpoints={
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            },
        )
        self.security_group = ec2.SecurityGroup(
            self,
            "Functions",
            vpc=self.vpc,
            description="Functions that use the cache: HTTPS out, the cache inside",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS and providers over HTTPS")
        self.security_group.add_egress_rule(ec2.Peer.ipv4(VPC_CIDR), VALKEY_PORTS, "The cache over TLS")
        if local:
            suppress(self.vpc, {"AwsSolutions-VPC7": "The embedded AWS has no flow logs and no packets."})
        else:
            self._log_rejected_flows(name, key, log_retention)

    @property
    def placement(self) -> Placement:
        """Where functions that use the cache run."""
        return Placement(self.vpc, ec2.SubnetSelection(subnet_group_name="functions"), self.security_group)

    def _log_rejected_flows(self, name: str, key: kms.IKey, log_retention: logs.RetentionDays) -> None:
        log_group = EncryptedLogGroup(self, "FlowLogs", name=f"/aws/vpc/{name}", key=key, retention=log_retention)
        self.vpc.add_flow_log(
            "Rejected",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(log_group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )


class ValkeyCache(Construct):
    """ElastiCache Serverless for Valkey: TLS only, reachable from the functions' security group alone."""

    def __init__(self, scope: Construct, construct_id: str, *, name: str, network: Network, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        security_group = ec2.SecurityGroup(
            self,
            "Access",
            vpc=network.vpc,
            description="Cache: Valkey from the functions only",
            allow_all_outbound=False,
        )
        security_group.add_ingress_rule(network.security_group, VALKEY_PORTS, "Functions that use the cache")
        cache = elasticache.CfnServerlessCache(
            self,
            "Valkey",
            engine="valkey",
            major_engine_version="8",
            serverless_cache_name=name,
            description="Rate limits, sessions and short caches; losing it loses no data",
            security_group_ids=[security_group.security_group_id],
            subnet_ids=network.vpc.select_subnets(subnet_group_name="functions").subnet_ids,
            kms_key_id=key.key_arn,
            cache_usage_limits=elasticache.CfnServerlessCache.CacheUsageLimitsProperty(
                data_storage=elasticache.CfnServerlessCache.DataStorageProperty(maximum=1, unit="GB"),
                ecpu_per_second=elasticache.CfnServerlessCache.ECPUPerSecondProperty(maximum=15000),
            ),
        )
        self.url = Fn.join("", ["rediss://", cache.attr_endpoint_address, ":", cache.attr_endpoint_port, "/0"])
