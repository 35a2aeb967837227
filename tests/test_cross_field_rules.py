"""Each rule across fields: a request just inside, one just outside with its code, and its place in the reference."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from public_apis import merchants
from pydantic import ValidationError

from admin_api.payments.web.schemas.checkout import CheckoutIn
from admin_api.payments.web.schemas.invoices import InvoiceIn
from admin_api.tenancy.use_cases.check_assignment import check_assignment
from admin_api.tenancy.use_cases.update_invoicing import _check_layouts
from gateway_contracts.cross_field_rules import RULES, check_draft
from gateway_contracts.errors import Invalid
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.rules import refusal
from gateway_testkit.openapi import operations
from transaction.domain.checkout import check
from transaction.domain.refund import requested_amount

ID = "65f0c0ffee65f0c0ffee65f0"
ITEM = {"name": "x", "quantity": 1, "unitPrice": 100}
ORDER = {"amount": 100, "currency": "EUR", "externalReference": "1"}
MOST = {**ITEM, "unitPrice": AMOUNT_MINOR_MAX}
SOLD = {"description": "x", "unitPrice": 100}
LESS = {**ITEM, "unitPrice": -AMOUNT_MINOR_MAX, "itemType": "discount"}


async def checkout(**changes: Any) -> None:
    try:
        body = CheckoutIn.model_validate({**ORDER, **changes})
    except ValidationError as exc:
        raise refusal(exc) from None
    check(body.command(ID, ID))


async def refund(amount: int | None, *lines: int) -> None:
    sale = cast(Any, SimpleNamespace(refundable=100, lines=(), written=str))
    requested_amount(amount, tuple(RefundLine(line=0, amount=line) for line in lines), sale)


async def draft(*items: dict[str, Any], **changes: Any) -> None:
    body = InvoiceIn.model_validate({"siteId": ID, "currency": "EUR", "items": list(items), **changes})
    check_draft(body.command(ID, None))


async def layout(**settings: Any) -> None:
    _check_layouts({"invoiceNumberLayout": settings})


async def default_provider(default: str | None) -> None:
    kept = SimpleNamespace(record=SimpleNamespace(livemode=False))

    async def existing(_organization_id: str, _provider_id: str) -> Any:
        return kept

    tenancy = cast(Any, SimpleNamespace(providers=SimpleNamespace(existing=existing)))
    actor = cast(Any, SimpleNamespace(organization_id=ID, kind="member", livemode=True))
    await check_assignment([ID], default, actor=actor, tenancy=tenancy)


Case = tuple[str, Callable[[], Any], Callable[[], Any]]
"""How the rule's sentence begins; a request that keeps it, and one that breaks it."""
CASES: list[Case] = [
    (
        "At least one of externalReference",
        lambda: checkout(externalReference=None, invoiceNumber="1"),
        lambda: checkout(externalReference=None),
    ),
    (
        "An item has a name",
        lambda: checkout(items=[{**ITEM, "name": "", "description": "x"}]),
        lambda: checkout(items=[{**ITEM, "name": " "}]),
    ),
    (
        "If there are items",
        lambda: checkout(items=[{**ITEM, "quantity": 2, "unitPrice": 50}]),
        lambda: checkout(items=[{**ITEM, "unitPrice": 99}]),
    ),
    (
        "A unitPrice is negative",
        lambda: checkout(items=[{**ITEM, "unitPrice": 200}, {**ITEM, "unitPrice": -100, "itemType": "discount"}]),
        lambda: checkout(items=[{**ITEM, "unitPrice": 200}, {**ITEM, "unitPrice": -100}]),
    ),
    (
        "quantity × unitPrice",
        lambda: checkout(items=[MOST], amount=AMOUNT_MINOR_MAX),
        lambda: checkout(items=[MOST, MOST, LESS], amount=AMOUNT_MINOR_MAX),
    ),
    ("If there are lines", lambda: refund(70, 50, 20), lambda: refund(70, 50, 21)),
    (
        "All items of an invoice",
        lambda: draft({**SOLD, "amountType": "net"}, {**SOLD, "amountType": "net"}),
        lambda: draft({**SOLD, "amountType": "net"}, SOLD),
    ),
    (
        "The items of an invoice",
        lambda: draft({**SOLD, "unitPrice": AMOUNT_MINOR_MAX // 2}),
        lambda: draft({**SOLD, "unitPrice": AMOUNT_MINOR_MAX // 2}, shipping={"amount": 1}),
    ),
    (
        "A discount is at most",
        lambda: draft(SOLD, discount={"amount": 100}),
        lambda: draft(SOLD, discount={"amount": 101}),
    ),
    (
        "A resetPolicy other than never",
        lambda: layout(resetPolicy="never", periodType="none"),
        lambda: layout(resetPolicy="calendar_year", periodType="none"),
    ),
    ("defaultProviderId", lambda: default_provider(ID), lambda: default_provider("65f0c0ffee65f0c0ffee65f1")),
]


def test_every_rule_has_its_case() -> None:
    assert len(CASES) == len(RULES)
    assert all(rule.text.startswith(start) for rule, (start, _, _) in zip(RULES, CASES, strict=True))


@pytest.mark.parametrize(("rule", "case"), list(zip(RULES, CASES, strict=True)))
async def test_a_rule_across_fields(rule: Any, case: Case) -> None:
    _, kept, broken = case
    await kept()
    with pytest.raises(Invalid) as refused:
        await broken()
    assert refused.value.code == rule.code


def test_every_rule_stands_in_the_reference() -> None:
    shown = {f"{method} {path}": found["description"] for method, path, found in operations(merchants().openapi())}
    for rule in RULES:
        for operation in rule.operations:
            assert rule.text in shown[operation]
            assert f"`{rule.code}`" in shown[operation]
