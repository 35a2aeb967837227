"""Fault 13: a document of one merchant that cannot be made kept the renderer from those of all."""

import json

import pytest

from gateway_contracts.events.transaction import Party
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Payment, Seller, Two
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

TEXT = "Y" * 60_000


@pytest.mark.parametrize("country", [TEXT, "DEU", "D", "D3", "??"], ids=["long", "three", "one", "digit", "signs"])
async def test_the_customers_api_takes_no_text_as_a_country(two: Two, country: str) -> None:
    made = (await two.a.create_checkout()).json()

    answer = await two.a.start(made["sessionPublicId"], country=country)

    assert answer.status_code == 422, answer.text


async def test_the_document_of_b_is_made_beside_one_of_a_that_cannot_be_made(
    two: Two, installation: Installation
) -> None:
    broken = await two.a.pay()
    await two.a.pdf(broken)
    await leave_behind(installation, two.a, broken)
    await eventually(lambda: _was_tried(installation, broken))
    payment = await two.b.pay()

    pdf = await two.b.pdf(payment)

    assert pdf.startswith(b"%PDF")
    await two.b.notified(payment)
    # And again for those that follow.
    assert (await two.b.pdf(await two.b.pay())).startswith(b"%PDF")


async def leave_behind(installation: Installation, seller: Seller, payment: Payment) -> None:
    """An older version let such a buyer in: the document is to be made again."""
    rows = installation.database("svc-invoice")["invoices"]
    row = await rows.find_one({"transaction_ids": payment.transaction_id})
    assert row is not None
    text = json.dumps(Party(name="Erika Muster", country=TEXT).wire())
    keyring = installation.runtimes["svc-invoice"].keyring
    sealed = keyring.encrypt(seller.tenant.organization_id, "invoices", row["_id"], "buyer", text, purpose="records")
    waiting = {
        "buyer.value": sealed.model_dump(),
        "pdf_object": None,
        "pdf_sha256": None,
        "render_state": "pending",
        "render_at": installation.clock.now(),
        "render_attempts": 0,
    }
    await rows.update_one({"_id": row["_id"]}, {"$set": waiting})


async def _was_tried(installation: Installation, payment: Payment) -> bool:
    rows = installation.database("svc-invoice")["invoices"]
    row = await rows.find_one({"transaction_ids": payment.transaction_id})
    return bool(row and row["render_attempts"] >= 1)
