"""Change how an organization invoices."""

from typing import Any

from admin_api.shared.domain.effects import is_test_key
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import ORGANIZATION, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import OrganizationConfig
from gateway_contracts.errors import Invalid
from gateway_contracts.numbering import (
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    LayoutRefused,
    layout_from_settings,
)
from gateway_kit.crypto.config_secrets import seal_invoicing_value

SEALED = ("bankIBAN", "companyContact", "companyEmail", "companyPhone", "companyRepresentatives")
"""Settings that are published encrypted; see `gateway_kit.crypto.config_secrets.invoicing_value`."""
OBJECTS = ("companyAddress", "eInvoice", "invoiceNumberLayout", "creditNoteNumberLayout")
"""Settings that are changed field by field."""
LAYOUTS = {"invoiceNumberLayout": DEFAULT_INVOICE_LAYOUT, "creditNoteNumberLayout": DEFAULT_CREDIT_NOTE_LAYOUT}


async def update_invoicing(
    organization_id: str, changes: dict[str, Any], *, merges: bool, actor: Actor, tenancy: Tenancy
) -> Kept[OrganizationConfig]:
    """Set the given fields; with ``merges`` one that is not given stays and None removes it.

    A test key sets what holds for test documents; every other caller what holds unless that says otherwise.

    Raises:
        NotFound: the organization is gone.
        Invalid: a number layout could print one number twice.
    """
    livemode = not is_test_key(actor)
    sealed = {
        name: seal_invoicing_value(tenancy.keyring, organization_id, name, value, livemode=livemode)
        if name in SEALED and isinstance(value, str)
        else value
        for name, value in changes.items()
    }

    def change(before: OrganizationConfig) -> OrganizationConfig:
        stored = (before.invoicing if livemode else before.invoicing_test) if merges else {}
        given = _merged(before.invoicing_of(livemode=livemode), sealed) if merges else sealed
        merged = {name: value for name, value in {**stored, **given}.items() if value is not None}
        after = next_version(before, **{"invoicing" if livemode else "invoicing_test": merged})
        _check_layouts(after.invoicing)
        _check_layouts(after.invoicing_of(livemode=False))
        return after

    return await change_record(
        ORGANIZATION, organization_id, change, actor=actor, action="organization.update_invoicing", tenancy=tenancy
    )


def _merged(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with whole objects: what they do not give is as before, what is None is gone."""
    merged = dict(changes)
    for name in OBJECTS:
        if changes.get(name) is not None:
            values = {**(before.get(name) or {}), **changes[name]}
            merged[name] = {key: value for key, value in values.items() if value is not None} or None
    return merged


def _check_layouts(invoicing: dict[str, Any]) -> None:
    for name, default in LAYOUTS.items():
        try:
            layout_from_settings(invoicing.get(name), default)
        except LayoutRefused as exc:
            raise Invalid.field(f"{name}.{exc.field}", exc.reason, code="INVOICE_LAYOUT_REFUSED") from exc
