"""Electronic forms of documents: the gates, everything that is missing at once, and the XML where nothing is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from einvoice_documents import BUYER as ROUTED
from einvoice_rules import RulesProcess
from invoice_office import Office

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, GatewayError, Invalid, NotFound, Transient
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.requests.invoice import DocumentRef, EInvoiceRef
from gateway_contracts.rpc import Call
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.content import DocumentContent
from invoice.domain.invoice import Invoice
from invoice.use_cases import get_e_invoice
from invoice.use_cases.document_content import content_of

pytestmark = pytest.mark.integration

Line = Callable[..., TransactionLine]
E_INVOICE = {"enabled": True, "sellerPeppolRoutingAddress": {"schemeId": "9930", "value": "DE123456788"}}
COMPLETE: dict[str, Any] = {
    "vatId": "DE123456788",
    "bankIBAN": "DE89370400440532013000",
    "companyContact": "Buchhaltung",
    "companyPhone": "+49 40 123456",
    "eInvoice": E_INVOICE,
}
BUYER = Party(
    company="Bücher & Söhne", email="b@example.org", address1="Ring 5", city="Wien", postcode="1010", country="AT"
)


def settings_of(office: Office, **invoicing: Any) -> None:
    found = office.organizations.settings(TEST_ORGANIZATION, livemode=True)
    assert found is not None
    found.invoicing.update(invoicing)


async def ask(office: Office, document: Invoice, format_: Any = "zugferd", **caller: Any) -> DocumentRef:
    kind = document.kind
    actor: dict[str, Any] = {
        "organization_id": TEST_ORGANIZATION,
        "livemode": True,
        "scopes": (f"{kind}:execute",),
    } | caller
    call = Call(actor=Actor(kind="api_key", **actor))
    return await office.handlers().get_e_invoice(EInvoiceRef(document_id=document.id, kind=kind, format=format_), call)


async def refused(office: Office, document: Invoice, format_: Any = "zugferd", **caller: Any) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await ask(office, document, format_, **caller)
    return caught.value


@pytest.fixture
async def invoice(office: Office, line: Line) -> Invoice:
    """Issued under complete settings."""
    settings_of(office, **COMPLETE)
    return await office.issued(lines=(line(vat_rate="19"),), party=BUYER)


@pytest.fixture
def referenced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buyers have a reference and an address in Peppol."""

    def content(*args: Any) -> DocumentContent:
        found = content_of(*args)
        assert found.buyer is not None
        return replace(found, buyer_reference="04011-1", buyer=replace(found.buyer, routing=ROUTED.routing))

    monkeypatch.setattr(get_e_invoice, "content_of", content)


@pytest.mark.parametrize(
    ("e_invoice", "code"),
    [
        (None, "EINVOICE_DISABLED"),
        ({}, "EINVOICE_DISABLED"),
        ({"enabled": False, "allowedFormats": ["zugferd"]}, "EINVOICE_DISABLED"),
        ({"enabled": True, "allowedFormats": ["xrechnung", "peppol"]}, "EINVOICE_FORMAT_NOT_ALLOWED"),
        ({"enabled": True, "allowedFormats": []}, "EINVOICE_FORMAT_NOT_ALLOWED"),
    ],
)
async def test_the_organization_decides(office: Office, invoice: Invoice, e_invoice: Any, code: str) -> None:
    settings_of(office, eInvoice=e_invoice)

    found = await refused(office, invoice)

    assert (found.code, found.status) == (code, 403)


async def test_only_its_merchant_has_it(office: Office, invoice: Invoice) -> None:
    assert isinstance(await refused(office, invoice, organization_id=OTHER_ORGANIZATION), NotFound)
    assert isinstance(await refused(office, invoice, livemode=False), NotFound)
    assert isinstance(await refused(office, invoice, scopes=("invoice:read",)), Forbidden)
    assert isinstance(await refused(office, invoice, scopes=("credit_note:execute",)), Forbidden)


async def test_a_draft_has_none(office: Office, line: Line) -> None:
    settings_of(office, **COMPLETE)
    draft = await office.issued(amount=11234, lines=(line(unit_price=10000), line("Tax", 1234, item_type="tax")))

    found = await refused(office, draft)

    assert (found.code, found.status) == ("INVOICE_NOT_ISSUED", 409)


async def test_everything_that_is_missing_is_named_at_once(office: Office, line: Line) -> None:
    settings_of(office, eInvoice=E_INVOICE)
    bare = await office.issued(lines=(line(vat_rate="19"),), party=Party(name="Anna", country="DE"))

    found = await refused(office, bare, "xrechnung")

    assert isinstance(found, Invalid)
    assert (found.code, found.status) == ("EINVOICE_READINESS_FAILED", 422)
    assert [one["code"] for one in found.data["missing"]] == [
        "SELLER_VAT_ID_MISSING",
        "BUYER_REFERENCE_MISSING",
        "SELLER_CONTACT_MISSING",
        "SELLER_PHONE_MISSING",
        "SELLER_IBAN_MISSING",
        "BUYER_CITY_MISSING",
        "BUYER_POSTAL_CODE_MISSING",
        "BUYER_ROUTING_ADDRESS_MISSING",
    ]
    assert [problem.field for problem in found.details] == [one["field"] for one in found.data["missing"]]


async def test_three_decimals_are_pdf_only(office: Office, line: Line) -> None:
    settings_of(office, **COMPLETE)
    dinars = await office.issued(lines=(line(vat_rate="19"),), currency="KWD", party=BUYER)

    found = await refused(office, dinars)

    assert [one["code"] for one in found.data["missing"]] == ["CURRENCY_HAS_THREE_DECIMALS"]


@pytest.mark.parametrize("format_", ["xrechnung", "peppol"])
@pytest.mark.usefixtures("referenced")
async def test_the_xml_is_valid_and_kept_encrypted(
    office: Office, invoice: Invoice, format_: Any, rules: RulesProcess
) -> None:
    found, again = await ask(office, invoice, format_), await ask(office, invoice, format_)

    assert found == again
    assert (found.file_name, found.media_type) == (f"INV-2026-00001-{format_}.xml", "application/xml")
    assert found.object_name == f"invoices/{TEST_ORGANIZATION}/{invoice.id}.{format_}.{found.sha256[:16]}.xml"
    assert rules.check(office.documents.kept[found.object_name], format_).fatal == ()


@pytest.mark.usefixtures("referenced")
async def test_settings_that_are_completed_later_complete_it(office: Office, line: Line) -> None:
    settings_of(office, **COMPLETE | {"companyPhone": None, "companyContact": None})
    earlier = await office.issued(lines=(line(vat_rate="19"),), party=BUYER)
    assert (await refused(office, earlier, "xrechnung")).code == "EINVOICE_READINESS_FAILED"

    settings_of(office, **COMPLETE)

    assert await ask(office, earlier, "xrechnung")


async def test_strict_validation_wants_what_has_a_general_value(
    office: Office, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_day = replace(
        content_of(invoice, office.cipher.open_seller(invoice), office.cipher.open_buyer(invoice)),
        supplied_on=None,
        buyer=ROUTED,
        buyer_reference="04011-1",
    )
    monkeypatch.setattr(get_e_invoice, "content_of", lambda *_: without_day)
    assert await ask(office, invoice, "xrechnung")

    settings_of(office, eInvoice=E_INVOICE | {"strictValidation": True})

    found = await refused(office, invoice, "xrechnung")
    assert [one["code"] for one in found.data["missing"]] == ["DELIVERY_DATE_MISSING"]


@pytest.mark.usefixtures("referenced")
async def test_a_credit_note_has_the_same_forms(
    office: Office, line: Line, rules: RulesProcess, pdf_pool: PdfPool
) -> None:
    settings_of(office, **COMPLETE)
    event = office.event(lines=(line(vat_rate="19"),), party=BUYER)
    await office.issue(event)
    note = await office.credit(office.reversal(event, 5000))
    assert note is not None
    assert await office.render(note, pdf_pool)

    for format_ in ("xrechnung", "peppol"):
        found = await ask(office, note, format_)
        assert b"<cbc:CreditNoteTypeCode>381" in office.documents.kept[found.object_name]
        assert rules.check(office.documents.kept[found.object_name], format_).fatal == ()
    assert (await ask(office, note)).object_name == (await office.read(note.id, "credit_note")).pdf_object
    assert isinstance(await refused(office, replace_kind(note)), NotFound)


def replace_kind(note: Invoice) -> Invoice:
    """The credit note, asked for as an invoice."""
    return note.model_copy(update={"kind": "invoice"})


async def test_the_pdf_is_made_again_when_it_is_from_before(
    office: Office, invoice: Invoice, pdf_pool: PdfPool
) -> None:
    waiting = await refused(office, invoice)
    assert isinstance(waiting, Transient)
    await office.render(invoice, pdf_pool)
    stored = office.database.db["invoices"]
    await stored.update_one({"_id": invoice.id}, {"$set": {"pdf_has_xml": False}})

    assert (await refused(office, invoice)).code == "DOCUMENT_NOT_RENDERED"

    task = await office.queue.claim(due=office.clock.now(), after="")
    assert task is not None
    assert await office.render(await office.read(task.id), pdf_pool)
    assert (await ask(office, invoice)).media_type == "application/pdf"
