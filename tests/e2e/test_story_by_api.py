"""One payment from the merchant's REST call to the signed notification and the invoice, as programs see it."""

import io

from pypdf import PdfReader
from standardwebhooks import Webhook

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import (
    confirm_card,
    create_checkout,
    credit_note_pdfs,
    invoice_pdf,
    start_payment,
    transaction,
    transaction_in,
)
from gateway_testkit.stack import Stack, fresh_address


async def test_a_card_payment_reaches_notification_and_invoice(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    started = await start_payment(stack, checkout)
    assert started.status in (-1, 0)
    assert started.next_action["type"] == "stripe"

    await confirm_card(stack, started)
    paid = await transaction_in(stack, started.transaction_id, "succeeded")

    assert paid["amount"] == paid["captured"] == 4900
    assert paid["externalReference"] == checkout.reference
    assert len(paid["traceId"]) == 32
    steps = [entry["type"] for entry in paid["timeline"]]
    assert "capture_confirmed" in steps

    notification = await merchant.notification(started.transaction_id, 1)
    secret = stack.descriptor["demo"]["ipnSecret"]
    assert notification.signed_with(secret)
    assert Webhook(secret).verify(notification.body.decode(), notification.headers)
    assert notification.json["externalReference"] == checkout.reference

    invoice, pdf = await invoice_pdf(stack, started.transaction_id)
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert invoice["number"].startswith("TEST-")
    assert invoice["number"] in text
    assert "49.00" in text or "49,00" in text
    assert "Annual plan" in text


async def test_the_customer_fetches_the_same_pdf(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    started = await start_payment(stack, checkout)
    await confirm_card(stack, started)
    _, merchants_copy = await invoice_pdf(stack, started.transaction_id)

    async with stack.checkout() as api:
        listed = await api.get(f"/api/v1/checkouts/{checkout.session_public_id}/documents")
        document = listed.json()["documents"][0]
        fetched = await api.get(f"/api/v1/checkouts/{checkout.session_public_id}/documents/{document['id']}/pdf")
        foreign = await api.get(f"/api/v1/checkouts/cs_{'x' * 32}/documents/{document['id']}/pdf")

    assert fetched.content == merchants_copy
    assert foreign.status_code == 404


async def test_an_invoice_has_electronic_forms(stack: Stack, merchant: Merchant) -> None:
    started = await start_payment(stack, await create_checkout(stack, merchant.url))
    await confirm_card(stack, started)
    invoice, pdf = await invoice_pdf(stack, started.transaction_id)

    async with stack.admin() as api:
        hybrid = await api.get(f"/api/v1/invoices/{invoice['id']}/pdf/zugferd")
        lacking = await api.get(f"/api/v1/invoices/{invoice['id']}/xml")

    assert hybrid.content == pdf
    [xml] = PdfReader(io.BytesIO(pdf)).attachments["factur-x.xml"]
    assert f"<ram:ID>{invoice['number']}</ram:ID>".encode() in xml
    assert (lacking.status_code, lacking.json()["code"]) == (422, "EINVOICE_READINESS_FAILED")
    assert [one["code"] for one in lacking.json()["missing"]] == ["BUYER_REFERENCE_MISSING"]


async def test_money_back_in_two_parts_has_two_credit_notes(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    started = await start_payment(stack, checkout)
    await confirm_card(stack, started)
    invoice, _ = await invoice_pdf(stack, started.transaction_id)

    for count, amount in enumerate((1900, None), start=1):
        async with stack.admin() as api:
            refunded = await api.post(
                f"/api/v1/transactions/{started.transaction_id}/refunds",
                json={"amount": amount, "reason": "requested_by_customer"},
                headers={"Idempotency-Key": f"{started.transaction_id}-{count}"},
            )
        assert refunded.is_success, refunded.text
        notes = await credit_note_pdfs(stack, started.transaction_id, count)

    (last, pdf), (first, _) = notes
    assert (first["total"], last["total"]) == (1900, 3000)
    assert first["invoiceId"] == last["invoiceId"] == invoice["id"]
    assert first["net"] + last["net"] == invoice["net"]
    text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "Credit note" in text
    assert last["number"] in text
    assert invoice["number"] in text
    async with stack.admin() as api:
        corrected = (await api.get(f"/api/v1/invoices/{invoice['id']}")).json()
    assert (corrected["state"], corrected["refunded"], corrected["credited"]) == ("refunded", 4900, 4900)
    async with stack.checkout() as api:
        listed = await api.get(f"/api/v1/checkouts/{checkout.session_public_id}/documents")
    assert [document["kind"] for document in listed.json()["documents"]] == ["invoice", "credit_note", "credit_note"]


async def test_a_decline_ends_the_attempt_and_not_the_checkout(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    first = await start_payment(stack, checkout)
    await confirm_card(stack, first, "pm_card_chargeDeclined")
    failed = await transaction_in(stack, first.transaction_id, "failed")
    assert failed["failure"]["code"]

    second = await start_payment(stack, checkout)
    assert second.transaction_id != first.transaction_id
    await confirm_card(stack, second)
    await transaction_in(stack, second.transaction_id, "succeeded")

    await merchant.notification(second.transaction_id, 1)
    await invoice_pdf(stack, second.transaction_id)
    assert (await transaction(stack, first.transaction_id))["status"] == "failed"


async def test_ownership_is_proven_by_the_session(stack: Stack) -> None:
    checkout = await create_checkout(stack)
    started = await start_payment(stack, checkout)
    path = f"/api/v1/transactions/{started.transaction_id}/status"

    async with stack.checkout(address=fresh_address()) as api:
        own = await api.get(path, headers={"X-Checkout-Session": checkout.session_public_id})
        foreign = await api.get(path, headers={"X-Checkout-Session": "cs_" + "x" * 32})
        unknown = await api.get(path)

    assert own.json()["id"] == started.transaction_id
    assert (foreign.status_code, unknown.status_code) == (404, 404)


async def test_cancel_and_the_checkout_can_be_paid_again(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    started = await start_payment(stack, checkout)

    async with stack.checkout() as api:
        canceled = await api.post(
            f"/api/v1/transactions/{started.transaction_id}/cancel",
            headers={"X-Checkout-Session": checkout.session_public_id},
        )
    assert canceled.status_code == 200, canceled.text
    assert canceled.json()["status"] == "canceled"
    await merchant.notification(started.transaction_id, -2)

    again = await start_payment(stack, checkout)
    await confirm_card(stack, again)
    await transaction_in(stack, again.transaction_id, "succeeded")


async def test_a_wire_transfer_waits_for_the_money(stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url)
    started = await start_payment(stack, checkout, "wire")
    details = started.next_action["bankDetails"]

    assert started.next_action["type"] == "bank_transfer"
    assert details["iban"]
    assert details["reference"].startswith("RF")
    assert details["epcQr"].startswith("BCD\n002\n")

    async with stack.checkout() as api:
        marked = await api.post(
            f"/api/v1/transactions/{started.transaction_id}/mark-pending",
            headers={"X-Checkout-Session": checkout.session_public_id},
        )
    assert marked.json()["status"] == "pending_provider"
    await merchant.notification(started.transaction_id, 0)

    receipt = {
        "amount": 4900,
        "currency": "EUR",
        "receivedAt": "2026-01-05T09:00:00Z",
        "bankReference": checkout.reference,
    }
    async with stack.admin() as api:
        booked = await api.post(f"/api/v1/transactions/{started.transaction_id}/receipts", json=receipt)
    assert booked.status_code == 201, booked.text
    await transaction_in(stack, started.transaction_id, "succeeded")
    await merchant.notification(started.transaction_id, 1)
    await invoice_pdf(stack, started.transaction_id)
