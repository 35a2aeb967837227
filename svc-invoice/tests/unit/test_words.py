"""Words of a document that its merchant did not write: in the document's language."""

from typing import get_args

import pytest
from invoice_world import ITEM, World

from gateway_contracts.languages import LANGUAGES
from gateway_contracts.requests.invoice import CreditReason
from gateway_contracts.requests.invoice_changes import InvoiceDiscount, InvoiceShipping
from invoice.languages import language_of
from invoice.use_cases.words import credit_words

SHIPPING = InvoiceShipping(amount=490, tax_rate="19")
DISCOUNT = InvoiceDiscount(amount=100)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_shipping_and_discount_are_named_in_the_language(world: World, language: str) -> None:
    draft = await world.draft(language=language, shipping=SHIPPING, discount=DISCOUNT)

    say = language_of(language).say
    names = [entry.description for entry in draft.totals.allowances]
    assert names == [say("Shipping"), say("Discount")]
    assert (names == ["Shipping", "Discount"]) is (language == "en")


async def test_a_draft_in_another_language_has_other_words(world: World) -> None:
    draft = await world.draft(shipping=SHIPPING)

    french = await world.replaced(draft, language="fr", shipping=SHIPPING)

    assert [entry.description for entry in french.totals.allowances] == ["Frais de port"]


async def test_the_language_of_the_settings_holds_without_another(world: World) -> None:
    world.settings.invoicing["locale"] = "nl"

    draft = await world.draft(items=(ITEM,), discount=DISCOUNT)

    assert (draft.language, draft.totals.allowances[0].description) == ("nl", "Korting")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_credit_notes_exist_in_every_language(world: World, language: str) -> None:
    paid = await world.link(await world.issued(language=language), world.payments.pay(11900))
    refunded = await world.refund(paid.settlements[0].transaction_id, 500)
    disputed = await world.refund(paid.settlements[0].transaction_id, 500, reason="dispute")

    assert refunded is not None
    assert disputed is not None
    texts = [note.totals.lines[0].description for note in (refunded, disputed)]
    assert texts == [credit_words(reason, "INV-2026-00001", language) for reason in ("refund", "dispute")]
    all_words = {credit_words(reason, "INV-1", language) for reason in get_args(CreditReason)}
    assert len(all_words) == 4
    assert ("Refund of invoice INV-1" in all_words) is (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_payment_page_names_the_invoice_in_its_language(world: World, language: str) -> None:
    await world.payment_link(await world.issued(language=language))

    words = language_of(language).say("Invoice %(number)s", number="INV-2026-00001")
    assert world.payments.asked[0].description == words
