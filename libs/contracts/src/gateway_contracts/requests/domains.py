"""Requests to svc-domains."""

from datetime import datetime
from typing import Literal

from gateway_contracts.base import Contract
from gateway_contracts.config import DomainState
from gateway_contracts.fields import DomainName, ObjectId, Open
from gateway_contracts.list_filters import PeriodFields
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Method


class RegisterDomain(Contract):
    domain_id: str
    site_id: ObjectId
    name: DomainName


class DomainRef(Contract):
    domain_id: str


class DomainQuery(PeriodFields, Contract):
    pass


class DomainRecord(Contract):
    """A checkout domain that the merchant owns, with its state and the remaining problem."""

    id: str
    name: str
    site_id: str
    state: Open[DomainState | Literal["removed"]]
    cname_target: str
    problem: str | None = None
    created_at: datetime
    checked_at: datetime | None = None


class DomainPage(PageReply):
    domains: tuple[DomainRecord, ...]


REGISTER_DOMAIN = Method("rpc.domains.register", RegisterDomain, DomainRecord)
VERIFY_DOMAIN = Method("rpc.domains.verify", DomainRef, DomainRecord, timeout_s=10)
GET_DOMAIN = Method("rpc.domains.get", DomainRef, DomainRecord)
LIST_DOMAINS = Method("rpc.domains.list", DomainQuery, DomainPage)
REMOVE_DOMAIN = Method("rpc.domains.remove", DomainRef, DomainRecord)
