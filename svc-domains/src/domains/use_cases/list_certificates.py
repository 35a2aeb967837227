"""Certificates of all organizations, for operators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from domains.domain.certificate import Certificate
from domains.domain.domain import Domain
from gateway_contracts.requests.domains import CertificateRecord, DomainCertificate, DomainCertificates
from gateway_kit.mongo.store import Store

READ_MAX: Final = 500
COUNTED_MAX: Final = 10_000
_ACTIVE: Final = {"state": "active", "removed": False}
_UNTIL: Final = "certificate.valid_until"
_FAILURE: Final = "certificate.failure"


async def list_certificates(*, store: Store[Domain], now: datetime) -> DomainCertificates:
    """Of active domains, those that have none, or whose certificate ends first, before all others."""
    found = await store.across_tenants.find(None, _ACTIVE, sort=[(_UNTIL, 1), ("_id", 1)], limit=READ_MAX + 1)
    rows = tuple(
        DomainCertificate(name=domain.name, certificate=record_of(domain.certificate, now))
        for domain in found[:READ_MAX]
    )
    return DomainCertificates(domains=rows, is_complete=len(found) <= READ_MAX)


async def count_missing(*, store: Store[Domain], now: datetime) -> int:
    """Active domains of which customers get no valid certificate."""
    none = {_UNTIL: None, _FAILURE: {"$nin": [None, "edge_unreachable"]}}
    return await _count({"$or": [{_UNTIL: {"$lte": now}}, none]}, store)


async def count_late(*, store: Store[Domain], now: datetime) -> int:
    """Active domains whose certificate is still valid and should have been renewed."""
    return await _count({_UNTIL: {"$gt": now}, "certificate.late_at": {"$lte": now}}, store)


async def count_unchecked(*, store: Store[Domain]) -> int:
    """Active domains for which the edge took no connection at the last look."""
    return await _count({_FAILURE: "edge_unreachable"}, store)


async def _count(condition: Mapping[str, Any], store: Store[Domain]) -> int:
    return await store.across_tenants.count(None, {**_ACTIVE, **condition}, limit=COUNTED_MAX)


def record_of(certificate: Certificate | None, now: datetime) -> CertificateRecord | None:
    """As it is answered."""
    if certificate is None:
        return None
    return CertificateRecord(
        state=certificate.state_at(now),
        valid_until=certificate.valid_until,
        issuer=certificate.issuer,
        checked_at=certificate.checked_at,
        failure=certificate.failure,
    )
