"""Messages to customers: every status of every method, in every language."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from string import Formatter
from typing import Any

import pytest
from checkout_world import PayerCookie, World

from checkout_api.domain.outcome import TRANSFER_OPEN, Outcome, outcome_of
from checkout_api.web.outcome_texts import STEMS, say
from checkout_api.web.presentation import family_of
from checkout_api.web.wording import LANGUAGES, choose, texts_of
from gateway_contracts.payment_family import PaymentFamily
from gateway_contracts.requests.customer import BankDetails, StatusView
from gateway_contracts.requests.invoice import CustomerDocument
from gateway_contracts.requests.transaction import Failure
from gateway_providers.registry import PROVIDERS

TRANSACTION, CODE = "64b0000000000000000000aa", "Abc123Def4"
RETURN, CANCEL = "https://shop.example/thanks", "https://shop.example/cart"
AMOUNTS = {"amount", "paid", "received", "outstanding", "refunded", "refund_pending", "disputed"}
BANK = BankDetails(
    account_holder="Example Shop GmbH", iban="DE89370400440532013000", reference="RF18 5390 0754 7034",
    amount=3000, currency="EUR",
)  # fmt: skip


def a_view(**changes: Any) -> StatusView:
    values: dict[str, Any] = {
        "id": TRANSACTION,
        "status": "pending_provider",
        "amount": 4900,
        "currency": "EUR",
        "session_public_id": "cs_" + "A" * 32,
        "checkout_status": "pending",
        "provider_type": "stripe",
        "return_url": RETURN,
        "cancel_url": CANCEL,
    }
    return StatusView(**{**values, **changes})


def every_view() -> Iterator[StatusView]:
    """All reports of an owner about an attempt that change the message."""
    statuses = ("initiated", "pending_provider", "succeeded", "failed", "canceled", "refunded")
    checkouts = ("pending", "completed", "expired", "canceled")
    money: tuple[dict[str, Any], ...] = (
        {},
        {"under_way": True},
        {"under_way": True, "transfer_sent": True},
        {"received": 1900, "outstanding": 3000, "held": 1900, "under_way": True},
        {"received": 1900, "outstanding": 3000, "held": 1900, "transfer_sent": True, "under_way": True},
        {"in_review": True},
        {"held": 4900, "in_review": True},
        {"sent_back": True},
        {"captured": 4900, "refunded": 1000},
        {"captured": 4900, "refunded": 1000, "refund_pending": 500},
        {"captured": 4900, "refunded": 4900},
        {"captured": 4900, "dispute_open": True},
        {"captured": 4900, "disputed": 4900, "dispute_open": True},
        {"captured": 4900, "disputed": 2000},
    )
    for status, checkout, provider, known in product(statuses, checkouts, PROVIDERS, money):
        banks = (None, BANK) if PROVIDERS[provider].family is PaymentFamily.TRANSFER else (None,)
        for bank in banks:
            yield a_view(
                status=status, checkout_status=checkout, provider_type=provider, bank_details=bank, **known
            )  # fmt: skip


def test_every_type_of_provider_has_its_words() -> None:
    for name, provider in PROVIDERS.items():
        assert family_of(a_view(provider_type=name, payment_method=None)) is provider.family


def test_the_table_has_a_cell_for_every_outcome_and_family() -> None:
    assert set(STEMS) == set(Outcome)
    for outcome, cells in STEMS.items():
        assert set(cells) == ({PaymentFamily.TRANSFER} if outcome in TRANSFER_OPEN else set(PaymentFamily)), outcome


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_exists_in_every_language(language: str) -> None:
    texts = texts_of(language)
    for stem in {stem for cells in STEMS.values() for stem in cells.values()}:
        for part in ("heading", "text"):
            named = {name for _, name, _, _ in Formatter().parse(texts[f"{stem}_{part}"]) if name}
            assert named <= AMOUNTS | {"site"}, stem


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_without_a_cell(language: str) -> None:
    wording = choose(language, None)
    for view in every_view():
        said = say(view, outcome_of(view), family_of(view), wording, "Example Shop")
        assert said.heading.strip()
        assert not re.search(r"[{}]", said.text)


CLAIMS = {
    "en": {
        "arrived": "your payment has arrived",
        "free": "Nothing was (charged|collected)",
        "card": r"\bcard\b",
        "late": r"\bafter\b.*\bended\b",
    },
    "de": {
        "arrived": "Zahlung ist eingegangen",
        "free": "wurde nichts (abgebucht|eingezogen)",
        "card": r"\bKarte\b",
        "late": r"\bNach dem Ende\b",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_cell_claims_what_is_not_so(language: str) -> None:
    wording, claims = choose(language, None), CLAIMS[language]
    for view in every_view():
        outcome, family = outcome_of(view), family_of(view)
        said = say(view, outcome, family, wording, "Example Shop")
        text = f"{said.heading} {said.text}"
        is_untouched = not (view.refunded or view.refund_pending or view.disputed or view.dispute_open)
        assert bool(re.search(claims["arrived"], text)) is (view.status == "succeeded" and is_untouched)
        if view.status not in {"failed", "canceled"} or view.held or view.in_review or view.sent_back:
            assert not re.search(claims["free"], text)
        if family is not PaymentFamily.CARD:
            assert not re.search(claims["card"], text)
        # Of a part that arrived before its transfer was canceled, nothing came after the end.
        assert not re.search(claims["late"], text)


def test_a_method_that_the_provider_names_has_its_own_words() -> None:
    def family(**changes: Any) -> PaymentFamily:
        return family_of(a_view(**changes))

    assert family() is PaymentFamily.CARD
    assert family(payment_method="sepa_debit") is PaymentFamily.DIRECT_DEBIT
    assert family(payment_method="klarna") is PaymentFamily.REDIRECT
    assert family(provider_type="mollie", payment_method="creditcard") is PaymentFamily.CARD
    assert family(provider_type="mollie", payment_method="directdebit") is PaymentFamily.DIRECT_DEBIT
    assert family(provider_type="gocardless", payment_method="bacs") is PaymentFamily.DIRECT_DEBIT
    assert family(provider_type="wise", payment_method="bank_transfer") is PaymentFamily.TRANSFER
    assert family(provider_type="a later one") is PaymentFamily.REDIRECT


async def page_of(world: World, **changes: Any) -> str:
    session = world.session(status=changes.get("checkout_status", "pending"))
    world.owners.add_view(session, **changes)
    async with world.client() as client:
        answer = await client.get(f"/checkout/{CODE}/result/{TRANSACTION}")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def main_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main>")[0]))


DECLINED = Failure(code="DECLINED", message="raw", provider_code="card_declined")
PAID = {"status": "succeeded", "checkout_status": "completed", "captured": 4900}


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ({**PAID, "refunded": 1000}, ["€10.00 of the €49.00"], ["has arrived"]),
        (
            {**PAID, "refund_pending": 500, "refunded": 1000},
            ["€5.00", "Refunded €10.00", "Paid €49.00"],
            ["has arrived"],
        ),
        ({**PAID, "disputed": 4900}, ["Your bank took €49.00"], ["has arrived"]),
        ({**PAID, "disputed": 2000, "refunded": 1000}, ["€20.00", "Refunded €10.00"], ["has arrived"]),
        ({**PAID, "disputed": 4900, "provider_type": "gocardless"}, ["debit was returned", "€49.00"], ["arrived"]),
        ({**PAID, "disputed": 4900, "provider_type": "paypal"}, ["payment provider took €49.00"], ["Your bank"]),
        ({**PAID, "dispute_open": True}, ["is disputed"], ["has arrived", "Withheld"]),
        ({**PAID, "dispute_open": True, "disputed": 4900}, ["Withheld while it is examined €49.00"], ["has arrived"]),
        ({**PAID, "held": 100, "received": 5000, "provider_type": "wire"}, ["€49.00", "was asked for €1.00"], []),
        ({**PAID, "received": 4800, "provider_type": "wire"}, ["You have paid €48.00"], ["€49.00"]),
        ({"status": "refunded", "refunded": 4900, "checkout_status": "completed"}, ["€49.00 will be returned"], []),
        ({"status": "failed", "failure": DECLINED}, ["another card", "Try again"], []),
        ({"status": "failed", "failure": DECLINED, "provider_type": "gocardless"}, ["debit could not"], ["card "]),
        ({"status": "failed", "failure": DECLINED, "provider_type": "paypal"}, ["not successful"], ["card "]),
        (
            {"status": "failed", "failure": DECLINED, "checkout_status": "expired"},
            ["start again in the shop"],
            ["Try again", "another card"],
        ),
        (
            {"status": "canceled", "held": 4900},
            ["Money has arrived", "do not pay again", "contact Example Shop", "€49.00"],
            ["Nothing was", "another way to pay", "Try again"],
        ),
        (
            {"status": "canceled", "provider_type": "wire", "held": 1900, "in_review": True, "received": 1900},
            ["Money has arrived, but this payment has ended", "do not pay again", "€19.00"],
            ["another way to pay", "Try again", "Nothing was", "no longer expected"],
        ),
        ({"status": "canceled", "sent_back": True}, ["goes back", "another way to pay"], ["Nothing was charged"]),
        ({"status": "canceled", "checkout_status": "completed"}, ["already paid"], ["was charged", "Try again"]),
        (
            {"status": "canceled", "provider_type": "wire", "checkout_status": "expired"},
            ["before you pay again"],
            ["was charged"],
        ),
        ({"checkout_status": "expired"}, ["do not pay again"], ["Nothing was charged", "Try again"]),
        ({"under_way": True, "checkout_status": "expired"}, ["being processed", "second time"], ["expired"]),
        ({"in_review": True, "held": 4000}, ["is being checked", "€40.00"], ["another way to pay"]),
    ],
)  # fmt: skip
async def test_the_page_says_what_is_so(
    world: World, changes: dict[str, Any], said: list[str], unsaid: list[str]
) -> None:
    text = main_of(await page_of(world, **changes))

    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


@pytest.mark.parametrize("status", ["initiated", "pending_provider", "succeeded", "failed", "canceled", "refunded"])
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
async def test_only_a_payment_that_came_to_something_leads_to_the_thanks(
    world: World, provider: str, status: str
) -> None:
    page = await page_of(world, status=status, provider_type=provider, under_way=status == "pending_provider")

    came_to_nothing = status in {"failed", "canceled"}
    assert (CANCEL in page) is came_to_nothing
    assert (RETURN in page) is (status in {"pending_provider", "succeeded", "refunded"})
    without = await page_of(world, status="failed", provider_type=provider, cancel_url=None)
    assert RETURN not in without


@pytest.mark.parametrize("status", ["expired", "canceled"])
async def test_a_checkout_that_ended_leads_to_the_cart_or_nowhere(world: World, status: str) -> None:
    for cancel_url in (CANCEL, None):
        world.session(status=status, cancel_url=cancel_url)
        async with world.client() as client:
            page = (await client.get(f"/checkout/{CODE}")).text
        assert (CANCEL in page) is (cancel_url is not None)
        assert RETURN not in page


async def test_an_invoice_is_announced_when_it_is_issued_and_not_before(
    world: World, payer_cookie: PayerCookie
) -> None:
    assert "invoice" not in main_of(await page_of(world, **PAID)).lower()

    session = world.owners.sessions["cs_" + "A" * 32]
    issued = CustomerDocument(
        id="64b0000000000000000000dd", number="INV-1", total=4900, currency="EUR", issued_at=datetime.now(UTC)
    )
    world.owners.documents[session.id] = [issued]
    async with world.client() as client:
        client.cookies.update(payer_cookie(session, TRANSACTION))
        page = (await client.get(f"/checkout/{CODE}/result/{TRANSACTION}")).text
    assert "INV-1" in page
    assert "being prepared" in page


PARTLY = {"received": 1900, "outstanding": 3000, "held": 1900, "under_way": True, "bank_details": BANK}


@pytest.mark.parametrize("provider", ["wire", "wise"])
async def test_a_partly_paid_transfer_asks_for_the_rest_only(world: World, provider: str) -> None:
    page = await page_of(world, provider_type=provider, **PARTLY)

    text = main_of(page)
    assert "€19.00 of €49.00 has arrived" in text
    assert "Outstanding €30.00" in text
    assert '<span data-field="amount">€30.00</span>' in page
    assert 'id="transfer-sent"' in page
    assert "other=1" not in page
    waiting = await page_of(world, provider_type=provider, transfer_sent=True, **PARTLY)
    assert "waiting for the rest" in waiting
    assert 'id="transfer-sent"' not in waiting


@pytest.mark.parametrize(
    ("session", "leads"),
    [
        ({"transaction_status": "pending_provider", "under_way": True, "committed": True}, True),
        ({"transaction_status": "pending_provider"}, False),
        ({"transaction_status": "failed"}, False),
        ({"transaction_status": "failed", "committed": True}, False),
        ({"transaction_status": "canceled", "holds_money": True}, True),
        ({"status": "expired", "transaction_status": "pending_provider", "under_way": True, "committed": True}, True),
        ({"status": "expired", "transaction_status": "pending_provider"}, True),
        ({"status": "expired", "transaction_status": "canceled", "committed": True}, True),
        ({"status": "expired", "transaction_status": "canceled", "holds_money": True}, True),
        ({"status": "expired", "transaction_status": "canceled"}, False),
        ({"status": "expired", "transaction_status": "failed"}, False),
    ],
)
async def test_the_link_leads_to_a_payment_that_counts(world: World, session: dict[str, Any], leads: bool) -> None:
    world.session(transaction_id=TRANSACTION, **session)
    async with world.client() as client:
        answer = await client.get(f"/checkout/{CODE}")

    assert answer.status_code == (303 if leads else 200)
    if leads:
        assert answer.headers["location"] == f"/checkout/{CODE}/result/{TRANSACTION}"


async def test_another_way_to_pay_is_offered_with_a_warning(world: World) -> None:
    world.session(transaction_id=TRANSACTION, transaction_status="pending_provider", under_way=True)
    async with world.client() as client:
        page = (await client.get(f"/checkout/{CODE}?other=1")).text

    assert '<form id="pay"' in page
    assert "do not pay a second time" in page
    assert f"/checkout/{CODE}/result/{TRANSACTION}" in page


@pytest.mark.parametrize(
    "attempt", [{"transaction_status": "pending_provider", "under_way": True}, {"transaction_status": "canceled"}]
)
async def test_a_payment_whose_money_is_held_has_no_other_way(world: World, attempt: dict[str, Any]) -> None:
    """A part of an open transfer, or money that the merchant has to decide about."""
    world.session(transaction_id=TRANSACTION, holds_money=True, **attempt)
    async with world.client() as client:
        assert (await client.get(f"/checkout/{CODE}?other=1")).status_code == 303


async def test_what_was_only_approved_may_be_given_up(world: World) -> None:
    approved = {"provider_type": "paypal", "under_way": True}
    assert "other=1" in await page_of(world, **approved)
    assert "other=1" not in await page_of(world, committed=True, **approved)


@pytest.mark.parametrize(
    ("changes", "leads"),
    [({}, False), ({"refunded": 100}, True), ({"disputed": 4900}, True), ({"status": "refunded"}, True)],
)
async def test_the_link_of_a_paid_checkout_says_paid_only_while_it_is(
    world: World, changes: dict[str, Any], leads: bool
) -> None:
    session = world.session(status="completed", transaction_id=TRANSACTION, transaction_status="succeeded")
    world.owners.add_view(session, **{**PAID, **changes})
    async with world.client() as client:
        answer = await client.get(f"/checkout/{CODE}")

    assert answer.status_code == (303 if leads else 200)
