"""One PDF for archives, people and machines, checked by veraPDF and Mustang where Java and Maven are there."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from einvoice_rules import RulesProcess
from invoice_office import BUYER, Office
from pdf_checks import assert_archivable, assert_factur_x, has_checkers
from pypdf import PdfReader

from gateway_contracts.events.transaction import TransactionLine
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.invoice import Invoice

pytestmark = pytest.mark.integration

Line = Callable[..., TransactionLine]


async def rendered(office: Office, pdf_pool: PdfPool, **values: Any) -> tuple[Invoice, bytes]:
    """An invoice of a seller with a VAT id, and its stored PDF."""
    settings = office.organizations.settings(office.event().organization_id, livemode=True)
    settings.invoicing.update(vatId="DE123456788", bankIBAN="DE89370400440532013000")
    invoice = await office.issued(**values)
    assert await office.render(invoice, pdf_pool)
    stored = await office.read(invoice.id)
    return stored, office.documents.kept[str(stored.pdf_object)]


def attached(pdf: bytes) -> dict[str, list[bytes]]:
    return dict(PdfReader(io.BytesIO(pdf)).attachments)


async def test_an_invoice_carries_its_xml(office: Office, pdf_pool: PdfPool, line: Line, rules: RulesProcess) -> None:
    invoice, pdf = await rendered(office, pdf_pool, lines=(line(vat_rate="19"),))

    assert invoice.pdf_has_xml
    [xml] = attached(pdf)["factur-x.xml"]
    assert rules.check(xml, "zugferd").fatal == ()
    assert b"<ram:GrandTotalAmount>119.00</ram:GrandTotalAmount>" in xml
    assert b"<ram:DuePayableAmount>0.00</ram:DuePayableAmount>" in xml


@pytest.mark.parametrize(
    "values",
    [
        {"currency": "KWD"},
        {"party": BUYER.model_copy(update={"country": None})},
    ],
)
async def test_without_what_an_xml_needs_it_is_a_pdf_alone(
    office: Office, pdf_pool: PdfPool, line: Line, values: dict[str, Any]
) -> None:
    invoice, pdf = await rendered(office, pdf_pool, lines=(line(vat_rate="19"),), **values)

    assert not invoice.pdf_has_xml
    assert attached(pdf) == {}


async def test_the_same_invoice_gives_the_same_bytes(office: Office, pdf_pool: PdfPool, line: Line) -> None:
    invoice, pdf = await rendered(office, pdf_pool, lines=(line(vat_rate="19"),))
    await office.queue.remake(invoice)

    assert await office.render(invoice, pdf_pool)

    assert office.documents.kept[str(invoice.pdf_object)] == pdf


async def test_the_file_is_valid_for_archives_people_and_machines(
    office: Office, pdf_pool: PdfPool, line: Line, tmp_path: Path
) -> None:
    """PDF/A-3a and PDF/UA-1 with and without XML; Factur-X with it."""
    if not has_checkers():
        pytest.skip("veraPDF and Mustang need Java and Maven")
    lines = (
        line(vat_rate="19"),
        line("Größe „M“", 4500, 3, vat_rate="7"),
        line("Discount", -500, item_type="discount"),
    )
    _, hybrid = await rendered(office, pdf_pool, amount=11900 + 13500 - 500, lines=lines, locale="de-DE")
    _, plain = await rendered(office, pdf_pool, lines=(line(vat_rate="19"),), currency="KWD")
    (tmp_path / "hybrid.pdf").write_bytes(hybrid)
    (tmp_path / "plain.pdf").write_bytes(plain)

    assert_archivable([tmp_path / "hybrid.pdf", tmp_path / "plain.pdf"])
    assert_factur_x(tmp_path / "hybrid.pdf")
