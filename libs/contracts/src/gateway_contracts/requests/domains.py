"""Requests to svc-domains."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.config import DomainState
from gateway_contracts.domain_problems import DomainProblem
from gateway_contracts.fields import DomainName, ObjectId, Open
from gateway_contracts.list_filters import PeriodFields
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Empty, Method

CertificateState = Literal["valid", "expiring", "expired", "missing", "unchecked"]
CertificateFailure = Literal["refused", "no_answer", "other_name", "edge_unreachable"]
"""Why a look at the edge showed no certificate: it has none and could not get one; it presented none in time; it
presented one of another name; it took no connection."""


class RegisterDomain(Contract):
    domain_id: str
    site_id: ObjectId
    name: DomainName


class DomainRef(Contract):
    domain_id: str


class DomainQuery(PeriodFields, Contract):
    pass


class CertificateRecord(Contract):
    """The certificate of a domain, as the edge last presented it."""

    state: Open[CertificateState]
    valid_until: datetime | None = None
    issuer: str | None = None
    checked_at: datetime
    failure: Open[CertificateFailure] | None = None


class DomainRecord(Contract):
    """A checkout domain that the merchant owns, with its state and the remaining problem.

    ``problem`` is the sentence in English; ``problem_code`` and ``problem_values`` are for other languages, and absent
    where an earlier version found the problem.
    """

    id: str
    name: str
    site_id: str
    state: Open[DomainState | Literal["removed"]]
    cname_target: str
    problem: str | None = None
    problem_code: Open[DomainProblem] | None = None
    problem_values: dict[str, str] = Field(default_factory=dict)
    created_at: datetime
    checked_at: datetime | None = None
    certificate: CertificateRecord | None = None


class DomainCertificate(Contract):
    """An active domain; without a certificate before the first look."""

    name: str
    certificate: CertificateRecord | None = None


class DomainCertificates(Contract):
    """Those without a certificate, or whose certificate ends first, before all others."""

    domains: tuple[DomainCertificate, ...]
    is_complete: bool


class DomainPage(PageReply):
    domains: tuple[DomainRecord, ...]


REGISTER_DOMAIN = Method("rpc.domains.register", RegisterDomain, DomainRecord)
VERIFY_DOMAIN = Method("rpc.domains.verify", DomainRef, DomainRecord, timeout_s=10)
GET_DOMAIN = Method("rpc.domains.get", DomainRef, DomainRecord)
LIST_DOMAINS = Method("rpc.domains.list", DomainQuery, DomainPage)
REMOVE_DOMAIN = Method("rpc.domains.remove", DomainRef, DomainRecord)
LIST_CERTIFICATES = Method("rpc.domains.list_certificates", Empty, DomainCertificates)
"""Of all organizations: for operators."""
