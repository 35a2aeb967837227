"""Texts of a document beside its amounts, and its page breaks."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from invoice_office import Office

from gateway_contracts.events.transaction import Party, PaymentMethod, TransactionLine
from invoice.adapters.pdf.pool import PdfPool

pytestmark = pytest.mark.integration

Line = Callable[..., TransactionLine]
FOOT_PT = 26 / 25.4 * 72
FRENCH = Party(
    company="Dupont SARL",
    name="Jean Dupont",
    address1="10 rue de la Paix",
    postcode="75002",
    city="Paris",
    country="FR",
    vat_id="FR12345678901",
)


async def printed(office: Office, pdf_pool: PdfPool, document: Any, folder: Path) -> Path:
    path = folder / "document.pdf"
    path.write_bytes((await pdf_pool.render(office.printed(document), cpu_s=60)).pdf)
    return path


def text_of(pdf: Path) -> str:
    shown = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\s+", " ", shown)


def fill_of(pdf: Path) -> list[float]:
    """How far down the text of each page goes, as a share of the page above its foot."""
    boxes = subprocess.run(["pdftotext", "-bbox", pdf, "-"], check=True, capture_output=True, text=True).stdout
    shares = []
    for page in boxes.split("<page ")[1:]:
        found = re.search(r'height="([\d.]+)"', page)
        assert found is not None
        end = float(found[1]) - FOOT_PT
        shares.append(
            max(bottom for text in re.findall(r'yMax="([\d.]+)"', page) if (bottom := float(text)) <= end) / end
        )
    return shares


async def test_an_invoice_says_what_the_law_wants(
    office: Office, pdf_pool: PdfPool, line: Line, tmp_path: Path
) -> None:
    office.organizations.settings(office.event().organization_id, livemode=True).invoicing.update(
        vatId="DE123456789",
        companyRegister="Amtsgericht Hamburg, HRB 123456",
        companyRepresentatives="Geschäftsführerin: Ada Nordwind",
    )
    lines = (line(vat_rate="0", item_type="digital_service"),)
    paid = PaymentMethod(type="card", brand="visa", last4="4242")
    invoice = await office.issued(lines=lines, party=FRENCH, locale="de", payment_method=paid)

    text = text_of(await printed(office, pdf_pool, invoice, tmp_path))

    assert "Leistungsdatum 15. Januar 2026" in text
    assert "Steuerschuldnerschaft des Leistungsempfängers (Reverse charge)." in text
    assert "DE123456789" in text
    assert "FR12345678901" in text
    assert "Amtsgericht Hamburg, HRB 123456 · Geschäftsführerin: Ada Nordwind" in text
    assert "Visa …4242" in text
    assert "stripe" not in text
    assert invoice.payment.transaction_id not in text
    assert "75002 Paris" in text
    assert "Frankreich" in text


async def test_an_invoice_without_items_prints_the_order_s_description(
    office: Office, pdf_pool: PdfPool, tmp_path: Path
) -> None:
    document = await office.issue(office.event(lines=(), description="Annual membership 2027"))
    assert document is not None

    assert "Annual membership 2027" in text_of(await printed(office, pdf_pool, document, tmp_path))


async def test_a_small_business_prints_its_own_note(
    office: Office, pdf_pool: PdfPool, line: Line, tmp_path: Path
) -> None:
    note = "Kein Ausweis von Umsatzsteuer gemäß § 19 UStG."
    office.organizations.settings(office.event().organization_id, livemode=True).invoicing["vatExemptionNote"] = note

    invoice = await office.issued(lines=(line(),))

    assert note in text_of(await printed(office, pdf_pool, invoice, tmp_path))


async def test_a_credit_note_has_one_name_and_the_notes_and_method_of_its_invoice(
    office: Office, pdf_pool: PdfPool, line: Line, tmp_path: Path
) -> None:
    office.organizations.settings(office.event().organization_id, livemode=True).invoicing["vatId"] = "DE123456789"
    lines = (line(vat_rate="0", item_type="digital_service"),)
    paid = PaymentMethod(type="card", brand="visa", last4="4242")
    event = office.event(lines=lines, party=FRENCH, locale="de", payment_method=paid)
    await office.issue(event)

    note = await office.credit(office.reversal(event, 11900))

    text = text_of(await printed(office, pdf_pool, note, tmp_path))
    assert "Rechnungskorrektur" in text
    assert "Gutschrift" not in text
    assert "Gutgeschrieben" not in text
    assert "Steuerschuldnerschaft des Leistungsempfängers (Reverse charge)." in text
    assert "Erstattet auf: Visa …4242" in text


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("Tile", (9, 14)),
        ("A longer description. " * 6, (6, 7)),
        ("A very long description. " * 70, (1, 3)),
    ],
)
async def test_no_page_but_the_last_is_left_half_empty(
    office: Office, pdf_pool: PdfPool, line: Line, tmp_path: Path, name: str, counts: tuple[int, ...]
) -> None:
    for count in counts:
        lines = tuple(line(f"{name} {n}", 100, 1, vat_rate="7" if n % 2 else "19") for n in range(count))
        invoice = await office.issued(amount=100 * count, lines=lines)

        shares = fill_of(await printed(office, pdf_pool, invoice, tmp_path))

        assert all(share > 0.7 for share in shares[:-1]), (count, shares)
