"""Ids of users, as the access token names them."""

from typing import Annotated

from pydantic import Field

type UserId = Annotated[str, Field(min_length=1, max_length=128, examples=["user123"])]
