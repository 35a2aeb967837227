"""Every body of both public APIs, and the request on the bus that its operation makes of it: for several tests."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from fastapi import FastAPI
from public_apis import customers, merchants, routes
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from gateway_contracts.base import Contract
from gateway_contracts.bodies import Body, body_of, sifted
from gateway_contracts.errors import Rejected
from gateway_contracts.requests.customer import CREATE_TRANSACTION, CreateTransaction
from gateway_contracts.requests.domains import REGISTER_DOMAIN, RegisterDomain
from gateway_contracts.requests.invoice_changes import (
    CHANGE_NOTES,
    CORRECT_INVOICE,
    CREATE_CREDIT_NOTE,
    CREATE_DRAFT,
    CREATE_PAYMENT_LINK,
    LINK_TRANSACTION,
    PREVIEW_DRAFT,
    REPLACE_DRAFT,
    SCHEDULE_DRAFT,
    VOID_INVOICE,
    ChangeNotes,
    LinkTransaction,
    ScheduleDraft,
    VoidInvoice,
)
from gateway_contracts.requests.notify import (
    CHANGE_TEMPLATE,
    CREATE_TEMPLATE,
    PREVIEW_TEMPLATE,
    PUT_SETTINGS,
    SEND_DOCUMENT,
    SEND_TEST,
    SendDocument,
    SendTest,
)
from gateway_contracts.requests.operation import CREATE_MANUAL, MARK_TRANSACTION, MarkTransaction
from gateway_contracts.requests.refund import CREATE_REFUND, SETTLE_REFUND, SettleRefund
from gateway_contracts.requests.transaction import (
    CREATE_CHECKOUT,
    RECORD_RECEIPT,
    UPDATE_CHECKOUT,
    UPDATE_TRANSACTION,
    RecordReceipt,
    UpdateCheckout,
    UpdateTransaction,
)
from gateway_contracts.rpc import Method
from gateway_testkit.boundaries import NEEDED, smallest
from gateway_testkit.openapi import operations, resolved

ID = "65f0c0ffee65f0c0ffee65f0"
Command = Callable[[Any], Contract]
OWNERS: dict[str, tuple[Method[Any, Any], Command]] = {
    "POST /api/v1/checkouts/{site_id}/create": (CREATE_CHECKOUT, lambda body: body.command(ID, ID)),
    "PATCH /api/v1/checkouts/{checkout_id}": (
        UPDATE_CHECKOUT,
        lambda body: UpdateCheckout(checkout_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/manual": (CREATE_MANUAL, lambda body: body.command(ID, "minor")),
    "PUT /api/v1/transactions/{transaction_id}": (
        UPDATE_TRANSACTION,
        lambda body: UpdateTransaction(transaction_id=ID, **dict(body)),
    ),
    "PATCH /api/v1/transactions/{transaction_id}": (
        UPDATE_TRANSACTION,
        lambda body: UpdateTransaction(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/refunds": (CREATE_REFUND, lambda body: body.command(ID, ID)),
    "POST /api/v1/transactions/{transaction_id}/refunds/{refund_id}/settle": (
        SETTLE_REFUND,
        lambda body: SettleRefund(transaction_id=ID, refund_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/mark": (
        MARK_TRANSACTION,
        lambda body: MarkTransaction(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/receipts": (
        RECORD_RECEIPT,
        lambda body: RecordReceipt(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/invoices": (CREATE_DRAFT, lambda body: body.command(ID, None)),
    "POST /api/v1/invoices/preview": (PREVIEW_DRAFT, lambda body: body.preview(None)),
    "PUT /api/v1/invoices/{invoice_id}": (REPLACE_DRAFT, lambda body: body.command(ID, None)),
    "PATCH /api/v1/invoices/{invoice_id}/schedule": (
        SCHEDULE_DRAFT,
        lambda body: ScheduleDraft(invoice_id=ID, scheduled_finalize_at=body.scheduled_finalize_at),
    ),
    "PATCH /api/v1/invoices/{invoice_id}/notes": (
        CHANGE_NOTES,
        lambda body: ChangeNotes(invoice_id=ID, notes=body.notes),
    ),
    "PUT /api/v1/invoices/{invoice_id}/transaction": (
        LINK_TRANSACTION,
        lambda body: LinkTransaction(invoice_id=ID, transaction_id=body.transaction_id),
    ),
    "POST /api/v1/invoices/{invoice_id}/void": (
        VOID_INVOICE,
        lambda body: VoidInvoice(invoice_id=ID, credit_note_id=ID, reason=body.reason),
    ),
    "POST /api/v1/invoices/{invoice_id}/correct": (CORRECT_INVOICE, lambda body: body.command(ID)),
    "POST /api/v1/invoices/{invoice_id}/payment-checkout": (
        CREATE_PAYMENT_LINK,
        lambda body: body.command(ID, ID, "https://pay.example"),
    ),
    "POST /api/v1/credit-notes": (CREATE_CREDIT_NOTE, lambda body: body.command(ID)),
    "POST /api/v1/invoices/{invoice_id}/send-email": (
        SEND_DOCUMENT,
        lambda body: SendDocument(notification_id=ID, document="invoice", document_id=ID, **dict(body)),
    ),
    "PUT /api/v1/organizations/settings/notifications": (PUT_SETTINGS, lambda body: body.command()),
    "POST /api/v1/organizations/settings/notifications/test": (
        SEND_TEST,
        lambda body: SendTest(notification_id=ID, to=body.to),
    ),
    "POST /api/v1/notifications/templates": (CREATE_TEMPLATE, lambda body: body.command(ID)),
    "POST /api/v1/notifications/templates/preview": (PREVIEW_TEMPLATE, lambda body: body.preview()),
    "PUT /api/v1/notifications/templates/{message_template_id}": (CHANGE_TEMPLATE, lambda body: body.command(ID)),
    "POST /api/v1/domains": (REGISTER_DOMAIN, lambda body: RegisterDomain(domain_id=ID, **dict(body))),
}
"""Operations whose data another service owns: its request, made as the route makes it."""
OF_CUSTOMERS: dict[str, tuple[Method[Any, Any], Command]] = {
    "POST /api/v1/transactions/create": (
        CREATE_TRANSACTION,
        lambda body: CreateTransaction(
            transaction_id=ID,
            session_public_id="cs",
            provider_id=body.provider_id,
            billing=body.billing_address.party(),
            return_url="https://pay.example",
        ),
    )
}
ITEMS = {"ItemIn", "ShopItemIn"}
"""They need a name or a description."""


@cache
def document_of(app: FastAPI) -> dict[str, Any]:
    document = deepcopy(app.openapi())
    for name in ITEMS & document["components"]["schemas"].keys():
        document["components"]["schemas"][name][NEEDED] = {"name": "x"}
    return document


def bodies(app: FastAPI) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], type[Body]]]:
    """Every operation with a body: its name, schema, an allowed body, and its model."""
    models = {
        f"{method} {path}": body_of(route.dependant.body_params[0].field_info.annotation, is_change=method == "PATCH")
        for path, route in routes(app)
        for method in route.methods
        if route.dependant.body_params
    }
    document = document_of(app)
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            parts = [one for one in content["schema"].get("anyOf", [content["schema"]]) if one.get("type") != "null"]
            schema = resolved(document, parts[0])
            yield (
                f"{method} {path}",
                schema,
                content.get("example") or smallest(document, schema),
                models[f"{method} {path}"],
            )


def reads(model: type[Body], body: Any) -> Body | None:
    """The body as its route reads it; None if it is refused."""
    try:
        return model.model_validate(sifted(model, body)[0])
    except ValidationError:
        return None


def refusal_of(model: type[Body], body: Any) -> str:
    """The body and what its route says about it."""
    try:
        model.model_validate(sifted(model, body)[0])
    except ValidationError as exc:
        return f"{exc}\n{body}"
    return ""


def takes(method: Method[Any, Any], request: Any) -> bool:
    try:
        method.read(request)
    except Rejected:
        return False
    return True


def takes_command(owners: Any, name: str, read: Body) -> bool:
    """Whether the owner takes the request that the operation makes of a body; true where no other service owns it."""
    if name not in owners:
        return True
    method, command = owners[name]
    return takes(method, to_jsonable_python(command(read).wire()))


CASES = [
    pytest.param(app, owners, *case, id=f"{kind} {case[0]}")
    for kind, app, owners in (("merchants", merchants(), OWNERS), ("customers", customers(), OF_CUSTOMERS))
    for case in bodies(app)
]
