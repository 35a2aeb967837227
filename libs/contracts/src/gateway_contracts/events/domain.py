"""Facts about merchants' own checkout domains, written by svc-domains."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.envelope import EventData


class DomainChange(EventData):
    """Fields of every domain event."""

    BOTH_MODES: ClassVar[bool] = True

    domain_id: str
    name: str
    site_id: str
    occurred_at: datetime


class DomainRegisteredV1(DomainChange):
    TYPE: ClassVar[str] = "domain.registered.v1"


class DomainActivatedV1(DomainChange):
    TYPE: ClassVar[str] = "domain.activated.v1"


class DomainRemovedV1(DomainChange):
    TYPE: ClassVar[str] = "domain.removed.v1"
