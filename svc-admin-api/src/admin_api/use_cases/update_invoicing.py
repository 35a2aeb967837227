"""Change how an organization invoices."""

from typing import Any

from admin_api.domain.tenancy import Kept, next_version
from admin_api.errors import not_found
from admin_api.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.errors import Invalid
from gateway_contracts.events.tenancy import OrganizationUpdatedV1
from gateway_contracts.numbering import (
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    LayoutRefused,
    layout_from_settings,
)
from gateway_kit.crypto.config_secrets import seal_invoicing_value
from gateway_kit.mongo.unit_of_work import Tx

SEALED = ("bankIBAN", "companyEmail")
"""Settings that are published encrypted; see `gateway_kit.crypto.config_secrets.invoicing_value`."""
LAYOUTS = {"invoiceNumberLayout": DEFAULT_INVOICE_LAYOUT, "creditNoteNumberLayout": DEFAULT_CREDIT_NOTE_LAYOUT}


async def update_invoicing(changes: dict[str, Any], *, actor: Actor, tenancy: Tenancy) -> Kept[OrganizationConfig]:
    """Set the given fields; a field given as None is removed, one that is not given stays.

    Raises:
        NotFound: the organization is gone.
        Invalid: a number layout could print one number twice.
    """
    sealed = {
        name: seal_invoicing_value(tenancy.keyring, actor.organization_id, name, value)
        if name in SEALED and isinstance(value, str)
        else value
        for name, value in changes.items()
    }

    async def work(tx: Tx) -> Kept[OrganizationConfig]:
        before = await tenancy.organizations.find(actor.organization_id, actor.organization_id, tx)
        if before is None:
            raise not_found("organization")
        merged = {**before.record.invoicing, **sealed}
        _check_layouts(merged)
        after = next_version(
            before.record, invoicing={name: value for name, value in merged.items() if value is not None}
        )
        kept = await tenancy.organizations.replace(tx, before.record, after)
        tx.put_config(f"org.{after.id}", after, version=after.version)
        tx.emit(
            OrganizationUpdatedV1(object_id=after.id, occurred_at=tx.now),
            organization_id=after.id,
            livemode=actor.livemode,
            entity_id=after.id,
            sequence=after.version,
        )
        await tenancy.audit.note(tx, actor, "organization.update_invoicing", after.id)
        return kept

    return await tenancy.uow.run(work)


def _check_layouts(invoicing: dict[str, Any]) -> None:
    for name, default in LAYOUTS.items():
        try:
            layout_from_settings(invoicing.get(name), default)
        except LayoutRefused as exc:
            raise Invalid.field(f"{name}.{exc.field}", exc.reason, code="INVOICE_LAYOUT_REFUSED") from exc
