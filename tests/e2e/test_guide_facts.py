"""Statements of docs/integration.md on checkouts, invoices, refunds, disputes, repetitions and errors, executed. Each
test quotes the sentences that it executes."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway_testkit.guide import Guide
from gateway_testkit.guide_shop import GuideShop, open_guide_shop
from gateway_testkit.stack import REPOSITORY, Stack
from gateway_testkit.waiting import eventually

GUIDE = Guide(REPOSITORY / "docs" / "integration.md")
PLAN = {"name": "Annual plan", "quantity": 1, "unitPrice": 4900, "vatRate": "19"}


@pytest_asyncio.fixture(scope="module")
async def shop(stack: Stack) -> AsyncIterator[GuideShop]:
    async with open_guide_shop(stack) as opened:
        yield opened


async def refused(shop: GuideShop, status: int, code: str, **changes: Any) -> dict[str, Any]:
    """A checkout that must be refused; the answer."""
    body = {"amount": 4900, "currency": "EUR", "externalReference": "order-1", "items": [PLAN]} | changes
    answer = await shop.ask("POST", f"/checkouts/{shop.site_id}/create", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def invoice_of(shop: GuideShop, *items: dict[str, Any]) -> dict[str, Any]:
    """The invoice of a sale of these items."""
    amount = sum(item["unitPrice"] * item["quantity"] for item in items)
    return await shop.invoice(await shop.pay(await shop.checkout(amount=amount, items=list(items))))


def item(price: int, rate: str | None = None, kind: str = "goods") -> dict[str, Any]:
    made = {"name": kind, "quantity": 1, "unitPrice": price, "itemType": kind}
    return made if rate is None else made | {"vatRate": rate}


async def test_each_id_is_where_the_table_says(shop: GuideShop) -> None:
    checkout = await shop.checkout(returnUrl=f"{shop.url}/thanks?transaction={{transactionId}}")
    started = await shop.start(checkout)
    transaction_id = started["transactionId"]
    await shop.confirm(started)
    await shop.invoice(transaction_id)
    notification = (await shop.notified(transaction_id, 1)).json
    body = {"amount": 100, "reason": "too much"}
    refund = (await shop.ask("POST", f"/transactions/{transaction_id}/refunds", body)).json()
    read = await shop.read(f"/transactions/{transaction_id}")
    shown = await shop.read(f"/checkouts/{checkout['id']}")
    invoice = await shop.read(f"/invoices/{read['invoiceId']}")
    rows = {
        "answer of `POST /checkouts/{siteId}/create`": checkout,
        "`GET /checkouts/{checkoutId}`": shown,
        "notification": notification,
        "`GET /transactions/{transactionId}`": read,
        "each of `ipn` in it": read["ipn"][0],
        "refund": refund,
        "invoice, credit note": invoice,
    }
    table = {where: cells for where, *cells in GUIDE.table("Where", "The checkout is", "The transaction is")}

    assert rows.keys() < table.keys()
    for where, answer in rows.items():
        for cell, expected in zip(table[where], (checkout["id"], transaction_id), strict=False):
            if cell.startswith("`"):
                assert answer[cell.strip("`")] == expected, f"{where}: {cell}"
    assert notification["sessionPublicId"] == checkout["sessionPublicId"]
    assert shown["transactionIds"] == [transaction_id]
    assert notification["deliveryId"] == read["ipn"][0]["id"]
    result = f"{checkout['paymentUrl']}/result/{transaction_id}"
    async with shop.tenant.stack.edge("mainFrontend") as page:
        shown_page = (await page.get(result, follow_redirects=True)).text
    assert f"/thanks?transaction={transaction_id}" in shown_page


async def test_a_checkout_is_refused_as_the_page_says(shop: GuideShop) -> None:
    GUIDE.says(
        "(else 422 `ITEMS_SUM_MISMATCH`)", "`externalReference` or `invoiceNumber` is required (else 422 `REFERENCE"
    )
    GUIDE.says("at most 64 characters", "`expireInHours` is 24 unless given, at most 3120.")

    await refused(shop, 422, "ITEMS_SUM_MISMATCH", amount=4901)
    await refused(shop, 422, "REFERENCE_REQUIRED", externalReference=None)
    assert (await refused(shop, 422, "VALIDATION_FAILED", externalReference="x" * 65))["details"]
    assert (await refused(shop, 422, "VALIDATION_FAILED", expireInHours=3121))["details"]


async def test_vat_is_counted_as_the_page_says(shop: GuideShop) -> None:
    GUIDE.says("or with none: then the invoice shows no VAT", "prices are net and an item of `itemType` `tax`")
    GUIDE.says("the invoice spreads it over the VAT rates of the other items in proportion.")

    plain = await invoice_of(shop, item(4900))
    apart = await invoice_of(shop, item(4118), item(782, kind="tax"))
    spread = await invoice_of(shop, item(3000, "19"), item(1000, "7"), item(-400, kind="discount"))

    assert (plain["draftReason"], plain["vat"], plain["total"]) == (None, 0, 4900)
    assert (apart["draftReason"], apart["net"], apart["vat"], apart["total"]) == (None, 4118, 782, 4900)
    assert {group["rate"]: group["gross"] for group in spread["vatGroups"]} == {"19": 2700, "7": 900}


async def test_rates_on_some_items_only_make_a_draft(shop: GuideShop) -> None:
    GUIDE.says("its invoice stays a draft (`draftReason` `TAX_RATE_REQUIRED`)")
    GUIDE.says("Items that cost nothing and discounts need no rate.")

    some = await invoice_of(shop, item(4000, "19"), item(900, kind="shipping"))
    gift = await invoice_of(shop, item(4900, "19"), item(0), item(-100, kind="discount"))

    assert (some["number"], some["draftReason"]) == (None, "TAX_RATE_REQUIRED")
    assert gift["draftReason"] is None
    assert gift["number"]


async def test_with_an_invoice_number_of_the_shop_none_is_issued(shop: GuideShop) -> None:
    GUIDE.says("With an `invoiceNumber` the invoice is yours, and none is issued here.")
    GUIDE.says("which is the `invoiceNumber` where you gave no other reference")
    number = f"RE-{secrets.token_hex(4)}"

    paid = await shop.pay(await shop.checkout(externalReference=None, invoiceNumber=number))

    assert (await shop.notified(paid, 1)).json["externalReference"] == number
    # An invoice of a later sale is there: one of this sale would be there too.
    await shop.invoice(await shop.pay(await shop.checkout()))
    assert (await shop.read(f"/invoices?transactionId={paid}"))["invoices"] == []


async def test_a_repetition_gets_the_first_answer(shop: GuideShop) -> None:
    GUIDE.says("with the header `Idempotent-Replayed: true`", "422 `IDEMPOTENCY_KEY_REUSED`; `differingFields` names")
    GUIDE.says("A refused request (4xx) does not use its key up: correct it and send it again.")
    path, key = f"/checkouts/{shop.site_id}/create", secrets.token_hex(8)
    body = {"amount": 4900, "currency": "EUR", "externalReference": "order-7"}

    wrong = await shop.ask("POST", path, body | {"amount": -1}, idempotency_key=key)
    first, again = [await shop.ask("POST", path, body, idempotency_key=key) for _ in range(2)]
    other = await shop.ask("POST", path, body | {"amount": 4800}, idempotency_key=key)
    malformed = await shop.ask("POST", path, body, idempotency_key="two words")

    assert wrong.status_code == 422
    assert first.status_code == 200
    assert "Idempotent-Replayed" not in first.headers
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert other.json()["differingFields"] == ["amount"]
    assert malformed.status_code == 400


async def test_refunds_are_what_their_table_says(shop: GuideShop) -> None:
    required = {row[0].strip("`"): row[1] for row in GUIDE.table("Field", "Needed", "Meaning")}
    assert required == {"reason": "required", "amount": "optional", "lines": "optional"}
    GUIDE.says("(400 `IDEMPOTENCY_KEY_REQUIRED`)", "More than is left is 409 `REFUND_EXCEEDS_CAPTURED`.")
    paid = await shop.pay(await shop.checkout(items=[PLAN]))
    await shop.transaction(paid, "succeeded")
    path = f"/transactions/{paid}/refunds"

    async with shop.tenant.stack.admin(shop.tenant.key) as api:
        keyless = await api.post(f"/api/v1{path}", json={"reason": "x"})
    no_reason = await shop.ask("POST", path, {"amount": 100})
    wrong_sum = await shop.ask("POST", path, {"amount": 100, "reason": "x", "lines": [{"line": 0, "amount": 500}]})
    too_much = await shop.ask("POST", path, {"amount": 4901, "reason": "x"})
    line = await shop.ask("POST", path, {"reason": "x", "lines": [{"line": 0, "amount": 500}]})
    rest = await shop.ask("POST", path, {"reason": "x"})

    assert (keyless.status_code, keyless.json()["code"]) == (400, "IDEMPOTENCY_KEY_REQUIRED")
    assert (no_reason.status_code, no_reason.json()["code"]) == (422, "VALIDATION_FAILED")
    assert [problem["field"] for problem in no_reason.json()["details"]] == ["reason"]
    assert wrong_sum.status_code == 422, wrong_sum.text
    assert (too_much.status_code, too_much.json()["code"]) == (409, "REFUND_EXCEEDS_CAPTURED")
    assert (line.json()["amount"], rest.json()["amount"]) == (500, 4400)
    await shop.notified(paid, 3)


async def test_a_refund_of_a_bank_transfer_is_settled_by_hand(shop: GuideShop) -> None:
    GUIDE.says("Refunds of bank transfers are `manual`: pay them at your bank, then")
    GUIDE.says('`POST /transactions/{transactionId}/refunds/{refundId}/settle` with `{"outcome": "succeeded"}`.')
    started = await shop.start(await shop.checkout(), "wire")
    path = f"/transactions/{started['transactionId']}"
    receipt = {"amount": 4900, "currency": "EUR", "receivedAt": "2026-01-15T09:00:00Z"}
    await shop.tenant.make(f"{path}/receipts", receipt | {"bankReference": secrets.token_hex(6)})

    asked = await shop.tenant.make(f"{path}/refunds", {"amount": 900, "reason": "x"})
    settled = await shop.tenant.make(f"{path}/refunds/{asked['id']}/settle", {"outcome": "succeeded"})

    assert (asked["manual"], asked["status"] in ("requested", "pending")) == (True, True)
    assert settled["status"] == "succeeded"


async def test_a_dispute_blocks_refunds_and_the_customer(shop: GuideShop) -> None:
    GUIDE.says("there is no refund (409 `TRANSACTION_DISPUTED`)", "(409 `CHECKOUT_BLOCKED_BY_DISPUTE`)")
    GUIDE.says("(409 `CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD`, with the facts and the credit note)")
    email = f"{secrets.token_hex(6)}@example.com"
    started = await shop.start(await shop.checkout(email=email))
    paid = started["transactionId"]
    intent = await shop.confirm(started)
    await shop.invoice(paid)

    await shop.dispute(intent)
    first = await shop.notified(paid, 4)
    refund = await shop.ask("POST", f"/transactions/{paid}/refunds", {"reason": "x"})
    contested = await refused(shop, 409, "CHECKOUT_BLOCKED_BY_DISPUTE", email=email)
    await shop.dispute(intent, status="lost")

    async def held() -> dict[str, Any]:
        found = await refused(shop, 409, "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD", email=email)
        assert found["creditNoteNumber"]
        return found

    facts = await eventually(held)
    [row] = (await shop.read(f"/transactions/{paid}/chargebacks"))["chargebacks"]
    [hold] = (await shop.read(f"/customer-holds?email={email}"))["holds"]
    await shop.tenant.make(f"/customer-holds/{hold['id']}/release", {})
    await shop.checkout(email=email)

    assert (refund.status_code, refund.json()["code"]) == (409, "TRANSACTION_DISPUTED")
    assert contested["transactionId"] == facts["transactionId"] == row["transactionId"] == paid
    assert (row["status"], facts["disputeId"]) == ("lost", row["id"])
    assert [item for item in shop.server.of(paid) if item.json["status"] == 4] == [first], "once per dispute"
    assert (await shop.read(f"/transactions/{paid}"))["disputed"] == 4900


async def test_errors_look_as_the_table_says(shop: GuideShop) -> None:
    GUIDE.says("the key is wrong (`INVALID_API_KEY`)", "(test and live are apart)", "(also the header `X-Request-ID`)")
    paid = await shop.pay(await shop.checkout())

    other_mode = await shop.ask("GET", f"/transactions/{paid}", credential=shop.tenant.live_key)
    async with shop.tenant.stack.admin("sk_test_wrong", address="198.18.77.1") as api:
        wrong = await api.get(f"/api/v1/transactions/{paid}")

    assert other_mode.status_code == 404
    assert (wrong.status_code, wrong.json()["code"]) == (401, "INVALID_API_KEY")
    for answer in (other_mode, wrong):
        assert {"error", "code", "requestId", "details"} <= answer.json().keys()
        assert answer.headers["X-Request-ID"] == answer.json()["requestId"]


async def test_lists_have_pages_and_filters(shop: GuideShop) -> None:
    GUIDE.says("Lists take `status`, `currency`, `from`, `to`, `email`, `siteId`, `disputed`, `refunded` and more.")
    GUIDE.says("go on with `cursor=<nextCursor>` until it is null")
    paid = [await shop.pay(await shop.checkout(currency="CHF", items=None)) for _ in range(2)]
    await shop.transaction(paid[1], "succeeded")
    filters = f"status=succeeded&currency=CHF&siteId={shop.site_id}&disputed=false&refunded=false"
    path = f"/transactions?{filters}&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=1"

    first = await shop.read(path)
    second = await shop.read(f"{path}&cursor={first['nextCursor']}")

    assert [row["id"] for page in (first, second) for row in page["transactions"]] == paid[::-1]
    assert second["nextCursor"] is None


CARDS = {
    "4242 4242 4242 4242": ("pm_card_visa", "succeeded"),
    "4000 0000 0000 0002": ("pm_card_chargeDeclined", "failed"),
    "4000 0000 0000 9995": ("pm_card_chargeDeclinedInsufficientFunds", "failed"),
    "4000 0000 0000 3220": ("pm_card_threeDSecure2Required", "succeeded"),
}


def test_every_card_of_the_page_is_tried() -> None:
    assert {row[0] for row in GUIDE.table("Card", "what happens")} == CARDS.keys()


@pytest.mark.parametrize("card", CARDS)
async def test_a_card_does_what_the_page_says(shop: GuideShop, card: str) -> None:
    token, status = CARDS[card]
    started = await shop.start(await shop.checkout())
    intent = await shop.confirm(started, token)
    if card.endswith("3220"):
        async with shop.at_stripe() as stripe:
            done = await stripe.post(f"/_sim/payment_intents/{intent}/challenge", json={"result": "succeeded"})
        assert done.is_success, done.text

    found = await shop.transaction(started["transactionId"], status)

    if status == "failed":
        assert found["failure"]
        GUIDE.says("the customer may try again on the same page, as another transaction")
