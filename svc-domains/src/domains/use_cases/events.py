"""Events about a domain, and its record in the configuration."""

from domains.domain.domain import Domain
from gateway_contracts.config import DomainConfig
from gateway_contracts.events.domain import DomainChange
from gateway_kit.mongo.unit_of_work import Tx


def config_key(name: str) -> str:
    """The domain's key in the configuration bucket."""
    return f"domain.{name}"


def config_record(domain: Domain) -> DomainConfig:
    """The record that the API services read."""
    return DomainConfig(
        name=domain.name,
        organization_id=domain.organization_id,
        site_id=domain.site_id,
        version=domain.version,
        state=domain.state,
    )


def publish_record(tx: Tx, domain: Domain) -> None:
    """Put the domain's record, or take it away if the domain is gone."""
    record = None if domain.removed else config_record(domain)
    tx.put_config(config_key(domain.name), record, version=domain.version, organization_id=domain.organization_id)


def emit_domain_event(tx: Tx, kind: type[DomainChange], domain: Domain) -> None:
    """Emit an event. Domains serve both modes; their facts count as live."""
    data = kind(domain_id=domain.id, name=domain.name, site_id=domain.site_id, occurred_at=tx.now)
    tx.emit(
        data,
        organization_id=domain.organization_id,
        livemode=True,
        entity_id=domain.id,
        sequence=domain.version,
    )
