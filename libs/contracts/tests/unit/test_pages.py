"""A page of the longest rows that limits allow fits into one reply, whole or abridged, and loses no row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_contracts.events.refund import RefundLine
from gateway_contracts.limits import ITEMS_MAX, METADATA_KEYS_MAX, REFUNDS_MAX, TEXTS_BYTES_MAX
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.pages import PAGE_BYTES_MAX, fitted
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.invoice import InvoiceAllowance, InvoiceRecord, VatGroup
from gateway_contracts.requests.ipn import Attempt, DeliveryRecord
from gateway_contracts.requests.refund import RefundRecord
from gateway_contracts.requests.transaction import CheckoutRecord, Failure, TransactionRecord
from gateway_contracts.topology import REPLY_BYTES_MAX

AT = datetime(9999, 12, 31, 23, 59, 59, 999999, UTC) - timedelta(days=1)
ID = "f" * 24
EMOJI, QUOTE = "\U0001f600", '"'
PROVIDERS_TEXT = EMOJI * 255
WORD = EMOJI * 100
MONEY = AMOUNT_MINOR_MAX


def metadata(unit: str) -> dict[str, str]:
    """50 values of the largest allowed size in all."""
    each = TEXTS_BYTES_MAX // METADATA_KEYS_MAX // len(unit.encode())
    return {f"{place:02}" + unit * 38: unit * min(each, 500) for place in range(METADATA_KEYS_MAX)}


def a_checkout(unit: str = EMOJI) -> CheckoutRecord:
    url = "https://shop.example/" + "x" * 2_027
    return CheckoutRecord(
        id=ID,
        site_id=ID,
        session_public_id="cs_" + "x" * 64,
        short_code="x" * 10,
        status="completed",
        amount=MONEY,
        currency="IDR",
        livemode=True,
        email=unit * 254,
        external_reference=unit * 64,
        invoice_number=unit * 64,
        client_id=ID,
        return_url=url,
        cancel_url=url,
        ipn_url=url,
        metadata=metadata(unit),
        locale="x" * 35,
        transaction_ids=(ID,) * 50,
        expires_at=AT,
        created_at=AT,
        updated_at=AT,
    )


def a_transaction(unit: str = EMOJI) -> TransactionRecord:
    return TransactionRecord(
        id=ID,
        checkout_id=ID,
        session_public_id="cs_" + "x" * 64,
        site_id=ID,
        provider_id=ID,
        provider_type="gocardless",
        provider_payment_id=PROVIDERS_TEXT,
        provider_status=WORD,
        status="pending_provider",
        amount=MONEY,
        currency="IDR",
        livemode=True,
        email=unit * 254,
        external_reference=unit * 64,
        invoice_number=unit * 64,
        client_id=ID,
        failure=Failure(code="x" * 40, message="x" * 200, provider_code=PROVIDERS_TEXT),
        metadata=metadata(unit),
        trace_id="f" * 32,
        sequence=10**6,
        created_at=AT,
        updated_at=AT,
    )


def an_invoice(unit: str = EMOJI) -> InvoiceRecord:
    text = unit * (TEXTS_BYTES_MAX // ITEMS_MAX // len(unit.encode()))
    return InvoiceRecord(
        id=ID,
        site_id=ID,
        transaction_id=ID,
        checkout_id=ID,
        livemode=True,
        currency="IDR",
        net=MONEY,
        vat=MONEY,
        total=MONEY,
        settled=MONEY,
        refunded=MONEY,
        credited=MONEY,
        allowances=(InvoiceAllowance(description=text, total=MONEY),) * ITEMS_MAX,
        vat_groups=(VatGroup(rate="99.9999", net=MONEY, vat=MONEY, gross=MONEY),) * ITEMS_MAX,
        external_reference=unit * 64,
        number="x" * 80,
        status="issued",
        state="settled",
        pdf_object="x" * 80,
        pdf_sha256="f" * 64,
        created_at=AT,
        issued_at=AT,
    )


def a_delivery(unit: str = EMOJI) -> DeliveryRecord:
    return DeliveryRecord(
        id=ID,
        transaction_id=ID,
        checkout_id=ID,
        ipn_status=-2,
        event_version=10**6,
        dialect=2,
        state="superseded",
        # The largest URL: of quotes, which JSON writes as two bytes.
        url="https://shop.example/" + QUOTE * 2_027,
        attempts=(Attempt(at=AT, http_status=599, error="x" * 60, duration_ms=10**6),) * 50,
        next_attempt_at=AT,
        created_at=AT,
    )


def a_refund(unit: str = EMOJI) -> RefundRecord:
    return RefundRecord(
        id=ID,
        transaction_id=ID,
        provider_id=ID,
        provider_type="gocardless",
        provider_refund_id=PROVIDERS_TEXT,
        status="succeeded",
        amount=MONEY,
        currency="IDR",
        livemode=True,
        reason=unit * 500,
        lines=(RefundLine(line=499, amount=MONEY, quantity=10**6),) * ITEMS_MAX,
        failure=Failure(code="x" * 40, message="x" * 200, provider_code=PROVIDERS_TEXT),
        case_id=ID,
        created_at=AT,
        updated_at=AT,
        succeeded_at=AT,
    )


ROWS: Any = [(a_checkout, 100), (a_transaction, 100), (an_invoice, 100), (a_delivery, 100), (a_refund, REFUNDS_MAX)]


@pytest.mark.parametrize("unit", [EMOJI, QUOTE, "\u00e4", "\n"])
@pytest.mark.parametrize(("make", "count"), ROWS)
def test_the_largest_page_fits_and_is_complete(make: Any, count: int, unit: str) -> None:
    row = make(unit)
    rows = [row.model_copy(update={"id": f"{place:024x}"}) for place in range(count)]

    page = fitted(rows)

    assert sum(len(shown.wire_json()) for shown in page) <= PAGE_BYTES_MAX < REPLY_BYTES_MAX
    assert [shown.id for shown in page] == [shown.id for shown in rows]
    assert page[-1].abridged
    assert [shown for shown in page if not shown.abridged] == [rows[int(s.id, 16)] for s in page if not s.abridged]


@pytest.mark.parametrize(("make", "count"), ROWS)
def test_ordinary_pages_are_whole(make: Any, count: int) -> None:
    ordinary = make().abridge().model_copy(update={"abridged": False})
    assert fitted([ordinary] * count) == (ordinary,) * count


def test_a_page_of_cases_fits_as_it_is() -> None:
    case = CaseRecord(
        id=ID,
        kind="unmatched_event",
        status="dismissed",
        transaction_id=ID,
        provider_id=ID,
        provider_type="gocardless",
        provider_event_type=WORD,
        provider_payment_id=PROVIDERS_TEXT,
        amount=MONEY,
        currency="IDR",
        note=f"the reference {PROVIDERS_TEXT} names no transaction of this account; transfer {PROVIDERS_TEXT}",
        refund_id=ID,
        created_at=AT,
        resolved_at=AT,
    )
    assert 100 * len(case.wire_json()) <= PAGE_BYTES_MAX
