"""Pro forma invoices and receipts: made for a request, and kept nowhere."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from invoice_world import ITEM, LIVE, World

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict, GatewayError, NotFound, TooLarge
from gateway_contracts.ids import new_object_id
from gateway_contracts.languages import LANGUAGES
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.domain.content import DocumentContent, DocumentKind
from invoice.domain.invoice import Invoice
from invoice.domain.printed import PLAIN, Look, LookChoice, Print, PrintedDocument
from invoice.use_cases.make_document import MADE_BYTES_MAX, DocumentMaker


@dataclass
class Printer:
    """Keeps what it was asked to print."""

    pages: list[PrintedDocument] = field(default_factory=list)
    result: Print = field(default_factory=lambda: Print(b"%PDF"))

    async def render(self, printed: PrintedDocument, *, cpu_s: float) -> Print:
        self.pages.append(printed)
        return self.result

    @property
    def content(self) -> DocumentContent:
        return self.pages[-1].content


@dataclass
class ChosenLooks:
    """Looks that note for which kind of document they were asked."""

    kinds: list[DocumentKind] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def choose(self, invoice: Invoice, kind: DocumentKind, country: str | None) -> LookChoice:
        self.kinds.append(kind)
        return LookChoice()

    async def open(self, scope: Scope, choice: LookChoice) -> Look:
        return PLAIN

    async def failed(self, scope: Scope, choice: LookChoice, error: str) -> None:
        self.errors.append(error)

    async def draft(self, template: Any, country: str | None) -> Look:
        return PLAIN


class Office(World):
    """A world with a printer."""

    def __init__(self) -> None:
        super().__init__()
        self.printer, self.looks = Printer(), ChosenLooks()
        self.maker = DocumentMaker(self.deps, renderer=self.printer, looks=self.looks)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_pro_forma_says_what_the_invoice_would_say_without_a_number(office: Office) -> None:
    office.settings.invoicing |= {"paymentTermDays": 14, "footer": "Thank you", "companyName": "Nordwind GmbH"}
    draft = await office.draft(notes="by ship")

    made = await office.maker.pro_forma(draft.id, scope=LIVE)

    content = office.printer.content
    assert (made.pdf, made.name) == (b"%PDF", f"pro_forma-{draft.id}")
    assert (content.kind, content.number, content.issued_on) == ("pro_forma", None, None)
    assert (content.seller.name, content.footer, content.total) == ("Nordwind GmbH", "Thank you", 11900)
    assert content.buyer is not None
    assert content.buyer.name == "Anna Schmidt"
    assert content.notes == ("by ship",)
    assert content.payment.due_on is not None
    assert office.looks.kinds == ["pro_forma"]
    assert await office.read(draft) == draft
    assert office.event_types() == []


async def test_a_draft_that_lacks_something_has_a_pro_forma_if_it_has_lines(office: Office) -> None:
    lacking = await office.draft(buyer=None)
    empty = await office.draft(items=())

    await office.maker.pro_forma(lacking.id, scope=LIVE)
    with pytest.raises(Conflict) as refused:
        await office.maker.pro_forma(empty.id, scope=LIVE)

    assert (refused.value.code, refused.value.data["reasons"]) == ("INVOICE_INCOMPLETE", ["ITEMS_REQUIRED"])


async def test_an_issued_invoice_has_no_pro_forma(office: Office) -> None:
    issued = await office.issued()

    with pytest.raises(Conflict) as refused:
        await office.maker.pro_forma(issued.id, scope=LIVE)

    assert refused.value.code == "INVOICE_ISSUED"


async def test_a_receipt_is_of_one_payment(office: Office) -> None:
    first, second = office.payments.pay(5000), office.payments.pay(6900)
    invoice = await office.link(await office.link(await office.issued(), first), second)

    made = await office.maker.receipt(invoice.id, second, scope=LIVE)

    content = office.printer.content
    assert (content.kind, content.number, made.name) == ("receipt", "INV-2026-00001/2", "INV-2026-00001/2")
    assert (content.paid, content.total) == (6900, 11900)
    assert (content.payment.provider, content.payment.link, content.corrects) == ("stripe", None, None)
    assert content.issued_on == content.payment.paid_on == date(2026, 1, 15)
    [note] = content.notes
    assert note.startswith("Receipt for invoice INV-2026-00001 of 15 January 2026. It is not an invoice")
    assert office.looks.kinds == ["receipt"]
    await office.maker.receipt(invoice.id, first, scope=LIVE)
    assert (office.printer.content.number, office.printer.content.paid) == ("INV-2026-00001/1", 5000)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_receipt_says_in_its_language_that_it_is_no_invoice(office: Office, language: str) -> None:
    payment = office.payments.pay(11900)
    invoice = await office.link(await office.issued(language=language), payment)

    await office.maker.receipt(invoice.id, payment, scope=LIVE)

    [note] = office.printer.content.notes
    assert "INV-2026-00001" in note
    assert ("is not an invoice" in note) is (language == "en")


async def test_what_has_no_receipt(office: Office) -> None:
    draft = await office.link(await office.draft(), office.payments.pay(100))
    issued = await office.issued()

    async def refusal(invoice: Invoice, transaction_id: str) -> str:
        with pytest.raises(GatewayError) as refused:
            await office.maker.receipt(invoice.id, transaction_id, scope=LIVE)
        return refused.value.code

    assert await refusal(draft, draft.transaction_ids[0]) == "INVOICE_NOT_ISSUED"
    assert await refusal(issued, new_object_id()) == "NOT_FOUND"
    assert office.printer.pages == []


@pytest.mark.parametrize("scope", [Scope(OTHER_ORGANIZATION, livemode=True), Scope(TEST_ORGANIZATION, livemode=False)])
async def test_documents_of_others_do_not_exist(office: Office, scope: Scope) -> None:
    payment = office.payments.pay(11900)
    draft, paid = await office.draft(items=(ITEM,)), await office.link(await office.issued(), payment)

    with pytest.raises(NotFound):
        await office.maker.pro_forma(draft.id, scope=scope)
    with pytest.raises(NotFound):
        await office.maker.receipt(paid.id, payment, scope=scope)
    assert office.printer.pages == []


async def test_a_broken_template_and_a_page_too_large_are_reported(office: Office) -> None:
    draft = await office.draft()
    office.printer.result = Print(b"x" * (MADE_BYTES_MAX + 1), template_error="line 1")

    with pytest.raises(TooLarge) as refused:
        await office.maker.pro_forma(draft.id, scope=LIVE)

    assert refused.value.code == "DOCUMENT_TOO_LARGE"
    assert office.looks.errors == ["line 1"]
