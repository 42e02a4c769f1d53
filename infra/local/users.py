"""The demo user in the deployed Cognito user pool, and access tokens for it."""

import json
import secrets
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import ClientError

from infra.local.aws import LocalAws
from infra.local.console import LocalFailure
from infra.local.deploy import physical_ids

DEMO_USER = "user123"
_PASSWORD_FILE = "demo-user.json"  # noqa: S105 - the name of a file


def ensure_demo_user(aws: LocalAws, state: Path) -> None:
    """Create the demo user with a random password, kept in the state folder for its owner only."""
    create_user(aws, DEMO_USER, _password(state))


def create_user(aws: LocalAws, name: str, password: str) -> None:
    """Create a user or give an existing one this password."""
    pool = _only(aws, "AWS::Cognito::UserPool")
    with suppress(aws.cognito.exceptions.UsernameExistsException):
        aws.cognito.admin_create_user(
            UserPoolId=pool,
            Username=name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
        )
    aws.cognito.admin_set_user_password(UserPoolId=pool, Username=name, Password=password, Permanent=True)


def demo_token(aws: LocalAws, state: Path) -> str:
    """Return a fresh access token of the demo user."""
    return access_token(aws, DEMO_USER, _password(state))


def fresh_token(aws: LocalAws, name: str) -> str:
    """Return an access token of a user, who is made where there is none; their password is forgotten at once."""
    password = random_password()
    create_user(aws, name, password)
    return access_token(aws, name, password)


def access_token(aws: LocalAws, name: str, password: str) -> str:
    """Sign in with the password and return the access token.

    Raises:
        LocalFailure: the user pool refuses.

    """
    try:
        answer = aws.cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=_only(aws, "AWS::Cognito::UserPoolClient"),
            AuthParameters={"USERNAME": name, "PASSWORD": password},
        )
    except ClientError as error:
        raise LocalFailure(f"no token for {name}: {error}") from error
    return answer["AuthenticationResult"]["AccessToken"]


def random_password() -> str:
    """Return a password every Cognito policy accepts."""
    return f"{secrets.token_urlsafe(24)}aA1!"


def _password(state: Path) -> str:
    file = state / _PASSWORD_FILE
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps({"username": DEMO_USER, "password": random_password()}))
    return str(json.loads(file.read_text())["password"])


def _only(aws: LocalAws, resource_type: str) -> str:
    deployed = physical_ids(aws, resource_type)
    if len(deployed) != 1:
        raise LocalFailure(f"{len(deployed)} resources of type {resource_type} are deployed, one is expected")
    return deployed[0]
