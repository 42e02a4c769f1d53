"""What an answer says about its request beside the answer."""

from pydantic import BaseModel


class Notice(BaseModel):
    """Something about a field that the user should know."""

    field: str
    detail: str
