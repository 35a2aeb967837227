"""Checkout domains of sites."""

from typing import Annotated

from pydantic import Field, StringConstraints

from admin_api.shared.web.schemas.base import ObjectId
from gateway_contracts.bodies import Body


class DomainIn(Body):
    """A merchant's own checkout domain."""

    site_id: ObjectId
    name: Annotated[str, StringConstraints(min_length=4, max_length=253, strip_whitespace=True, to_lower=True)] = Field(
        examples=["pay.example.com"]
    )
