"""Who may call: a Cognito user pool, or any OIDC issuer of the deployer's choice."""

from dataclasses import dataclass

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.constructs.suppressions import suppress


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """What a valid access token looks like; ``user_id_claim`` is the claim that names the user."""

    issuer: str
    audience: tuple[str, ...]
    user_id_claim: str


class UserPool(cognito.UserPool):
    """Users are invited by an administrator and sign in with a strong password and a one-time code.

    ``local`` pools let a script sign in with the password alone.
    """

    def __init__(self, scope: Construct, construct_id: str, *, name: str, local: bool) -> None:
        super().__init__(
            scope,
            construct_id,
            user_pool_name=name,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            standard_attributes=cognito.StandardAttributes(
                email=cognito.StandardAttribute(required=True, mutable=True)
            ),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            mfa=cognito.Mfa.OPTIONAL if local else cognito.Mfa.REQUIRED,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.client = self.add_client(
            "Client",
            auth_flows=cognito.AuthFlow(user_srp=True, admin_user_password=True, user_password=local),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.days(30),
        )
        suppress(
            self,
            {"AwsSolutions-COG8": "The Plus plan costs $0.02 per user and month; one-time codes are required instead."}
            | ({"AwsSolutions-COG2": "The embedded AWS signs a demo user in without a phone."} if local else {}),
        )

    @property
    def token_issuer(self) -> TokenIssuer:
        """Cognito's access tokens carry the user name in ``username`` and the client in ``client_id``."""
        return TokenIssuer(
            issuer=f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{self.user_pool_id}",
            audience=(self.client.user_pool_client_id,),
            user_id_claim="username",
        )
