"""An invoice from its draft to its payment, its correction and its reversal, as a merchant's program sees it."""

from typing import Any

import httpx
import pytest

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import Checkout, confirm_card, start_payment
from gateway_testkit.stack import Stack
from gateway_testkit.waiting import eventually

CLIENT = {
    "email": {"plaintext": "buyer@example.com"},
    "company": {"plaintext": "Example GmbH"},
    "address": {"line1": {"plaintext": "Main Street 1"}, "city": {"plaintext": "Berlin"}, "country": "DE"},
    "taxInfo": {
        "taxId": {"plaintext": "DE123456789"},
        "peppolRoutingAddress": {"schemeId": "9930", "value": {"plaintext": "DE123456789"}},
    },
}
ITEM = {"description": "Consulting", "quantity": 2.5, "unitPrice": 10000, "amountType": "net", "taxRate": "19"}


async def ask(stack: Stack, verb: str, path: str, body: Any = None, status: int = 200, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    async with stack.admin() as api:
        answer: httpx.Response = await api.request(verb, f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def new_draft(stack: Stack, **changes: Any) -> Any:
    body = {"siteId": stack.descriptor["demo"]["siteId"], "currency": "EUR", "items": [ITEM]}
    return await ask(stack, "POST", "/invoices", body | changes, 201)


@pytest.fixture(scope="module")
async def client_id(stack: Stack) -> str:
    made = await ask(stack, "POST", "/clients", CLIENT, 201)
    return str(made["id"])


async def test_a_draft_is_completed_issued_and_paid_by_its_link(
    stack: Stack, merchant: Merchant, client_id: str
) -> None:
    draft = await new_draft(stack, items=[])
    assert (draft["status"], draft["draftReasons"]) == ("draft", ["ITEMS_REQUIRED", "BUYER_REQUIRED"])
    refused = await ask(stack, "POST", f"/invoices/{draft['id']}/issue", None, 409)
    assert refused["code"] == "INVOICE_INCOMPLETE"

    body = {"currency": "EUR", "clientId": client_id, "items": [ITEM], "externalReference": "PROJECT-7"}
    written = await ask(stack, "PUT", f"/invoices/{draft['id']}", body)
    assert (written["net"], written["vat"], written["total"]) == (25000, 4750, 29750)
    assert written["buyer"]["vatId"] == "DE123456789"
    assert written["buyer"]["routingScheme"] == "9930"

    issued = await ask(stack, "POST", f"/invoices/{draft['id']}/issue", None, key="issue-once")
    again = await ask(stack, "POST", f"/invoices/{draft['id']}/issue", None, key="issue-once")
    assert issued["number"] == again["number"]
    assert (issued["state"], issued["outstanding"]) == ("open", 29750)

    link = await ask(stack, "POST", f"/invoices/{draft['id']}/payment-checkout", {"expireInHours": 2}, 201)
    checkout = Checkout(link["id"], link["sessionPublicId"], link["shortCode"], link["paymentUrl"], "PROJECT-7")
    await confirm_card(stack, await start_payment(stack, checkout))

    async def settled() -> Any:
        found = await ask(stack, "GET", f"/invoices/{draft['id']}")
        return found if found["state"] == "settled" else None

    paid = await eventually(settled)
    assert (paid["settled"], paid["outstanding"], len(paid["settlements"])) == (29750, 0, 1)
    refused = await ask(stack, "POST", f"/invoices/{draft['id']}/void", {}, 409)
    assert refused["code"] == "REFUND_REQUIRED"
    for query in ("state=settled", "text=project-7", f"clientId={client_id}", "externalReference=PROJECT-7"):
        listed = await ask(stack, "GET", f"/invoices?{query}&currency=EUR")
        assert draft["id"] in [row["id"] for row in listed["invoices"]], query
    listed = await ask(stack, "GET", f"/invoices?state=open&clientId={client_id}")
    assert draft["id"] not in [row["id"] for row in listed["invoices"]]


async def test_an_invoice_is_corrected_credited_and_reversed(stack: Stack, client_id: str) -> None:
    draft = await new_draft(stack, clientId=client_id)
    path = f"/invoices/{draft['id']}"
    await ask(stack, "POST", f"{path}/issue")

    changes = {"client": {"company": "Example AG"}, "buyerReference": "04011000-12345-03"}
    corrected = await ask(stack, "POST", f"{path}/correct", {"reason": "a wrong name", "changes": changes})
    assert (corrected["buyer"]["company"], corrected["total"]) == ("Example AG", draft["total"])
    assert [entry["reason"] for entry in corrected["corrections"]] == ["a wrong name"]
    stored = await ask(stack, "GET", f"/clients/{client_id}")
    assert stored["company"] == {"plaintext": "Example GmbH"}

    lines = [{"line": 0, "amount": 1000}]
    note = await ask(stack, "POST", "/credit-notes", {"invoiceId": draft["id"], "reason": "late", "lines": lines}, 201)
    assert (note["reason"], note["note"], note["total"]) == ("manual", "late", 1000)
    voided = await ask(stack, "POST", f"{path}/void", {"reason": "ordered twice"})
    assert (voided["state"], voided["credited"]) == ("voided", draft["total"])
    notes = await ask(stack, "GET", f"/credit-notes?invoiceId={draft['id']}")
    assert [row["reason"] for row in notes["creditNotes"]] == ["void", "manual"]

    async def rendered() -> Any:
        async with stack.admin() as api:
            answer = await api.get(f"/api/v1{path}/pdf")
        return answer if answer.status_code == 200 else None

    assert (await eventually(rendered)).content.startswith(b"%PDF")
    refused = await ask(stack, "POST", f"{path}/regenerate-pdf")
    assert refused["pdfObject"] is None


async def test_a_draft_goes_without_a_trace(stack: Stack) -> None:
    draft = await new_draft(stack)
    path = f"/invoices/{draft['id']}"

    changed = await ask(stack, "PATCH", f"{path}/notes", {"notes": "Thank you"})
    assert changed["notes"] == "Thank you"
    await ask(stack, "DELETE", path, None, 204)

    await ask(stack, "GET", path, None, 404)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"items": [{**ITEM, "quantity": 0}]}, "QUANTITY_INVALID"),
        ({"items": [{**ITEM, "quantity": "1.00001"}]}, "QUANTITY_INVALID"),
        ({"items": [{**ITEM, "unit": "QQQ"}]}, "UNIT_UNKNOWN"),
        ({"items": [{**ITEM, "unitPrice": -1}]}, "AMOUNT_INVALID"),
        ({"items": [{**ITEM, "taxRate": "101"}]}, "VAT_RATE_INVALID"),
        ({"items": [ITEM, {**ITEM, "amountType": "gross"}]}, "AMOUNT_TYPES_DIFFER"),
        ({"currency": "ZZZ"}, "CURRENCY_UNKNOWN"),
        ({"clientId": "65f0c0ffee65f0c0ffee65f0"}, "UNKNOWN_CLIENT"),
        ({"dueDate": "2026-02-30"}, "VALIDATION_FAILED"),
        ({"color": "red"}, "UNKNOWN_FIELD"),
    ],
)
async def test_bad_input_is_refused(stack: Stack, changes: dict[str, Any], code: str) -> None:
    body = {"siteId": stack.descriptor["demo"]["siteId"], "currency": "EUR", "items": [ITEM]}

    refused = await ask(stack, "POST", "/invoices", body | changes, 422)

    assert refused["code"] == code


async def test_unknown_objects_are_not_found(stack: Stack) -> None:
    unknown = "65f0c0ffee65f0c0ffee65f0"

    for verb, path, body in (
        ("POST", f"/invoices/{unknown}/issue", None),
        ("POST", f"/invoices/{unknown}/void", {}),
        ("DELETE", f"/invoices/{unknown}", None),
        ("POST", f"/invoices/from-transaction/{unknown}", None),
        ("POST", "/credit-notes", {"invoiceId": unknown, "reason": "x"}),
    ):
        await ask(stack, verb, path, body, 404)
