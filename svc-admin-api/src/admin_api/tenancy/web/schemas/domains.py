"""Checkout domains of sites."""

from pydantic import Field

from gateway_contracts.bodies import Body
from gateway_contracts.fields import DomainName, ObjectId


class DomainIn(Body):
    """A checkout domain that the merchant owns."""

    site_id: ObjectId = Field(description="Id of the site whose payment pages the domain shows.")
    name: DomainName = Field(
        description="Host name that you own, without scheme, port, path or wildcard.",
        examples=["pay.example.com"],
    )
