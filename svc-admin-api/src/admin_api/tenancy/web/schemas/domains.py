"""Checkout domains of sites."""

from pydantic import Field

from gateway_contracts.bodies import Body
from gateway_contracts.fields import DomainName, ObjectId


class DomainIn(Body):
    """A merchant's own checkout domain."""

    site_id: ObjectId = Field(description="The site whose payment pages it shows.")
    name: DomainName = Field(
        description="Host name without scheme, port, path and wildcard; one that you own.",
        examples=["pay.example.com"],
    )
