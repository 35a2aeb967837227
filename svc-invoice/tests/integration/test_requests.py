"""Visibility for callers: their own tenant, mode and site; scopes; possession of a session's id."""

from collections.abc import Callable
from typing import Any

import pytest
from invoice_office import Office

from gateway_contracts.actor import ANONYMOUS, Actor
from gateway_contracts.errors import Conflict, Forbidden, GatewayError, NotFound, Transient
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests.invoice import DocumentRef, InvoiceQuery, InvoiceRef, OwnedDocuments
from gateway_contracts.rpc import Call
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.adapters.pdf.pool import PdfPool
from invoice.rpc.handlers import Handlers

pytestmark = pytest.mark.integration

SITE = "65a5000000000000000000aa"


def call(*scopes: str, organization: str = TEST_ORGANIZATION, livemode: bool = True, site: str | None = None) -> Call:
    actor = Actor(kind="api_key", organization_id=organization, scopes=scopes, livemode=livemode, site_id=site)
    return Call(actor=actor)


READ = call("invoice:read")
EXECUTE = call("invoice:execute")


@pytest.fixture
def handlers(office: Office) -> Handlers:
    made: Handlers = office.handlers()
    return made


async def test_the_merchant_reads_its_invoice(
    office: Office, handlers: Handlers, line: Callable[..., TransactionLine]
) -> None:
    invoice = await office.issued(lines=(line(vat_rate="19"),))

    record = await handlers.get_invoice(InvoiceRef(invoice_id=invoice.id), READ)

    assert (record.number, record.status, record.state) == ("INV-2026-00001", "issued", "settled")
    assert (record.net, record.vat, record.total, record.settled) == (10000, 1900, 11900, 11900)
    assert record.lines[0].net == 10000
    assert record.buyer is not None
    assert record.buyer.email == "anna@example.org"
    assert record.seller is not None
    assert record.seller.company
    [stored] = await office.rows("register")
    [row] = record.register_entries
    assert (row.position, row.document_hash, row.seal) == (1, stored["document_hash"], stored["seal"])

    [listed] = (await handlers.list_invoices(InvoiceQuery(), READ)).invoices
    assert (listed.buyer_name, listed.buyer, listed.seller, listed.register_entries) == (
        record.buyer.name,
        None,
        None,
        (),
    )


@pytest.mark.parametrize(
    "stranger",
    [
        call("invoice:*", organization=OTHER_ORGANIZATION),
        call("invoice:*", livemode=False),
        call("invoice:*", site="65a5000000000000000000bb"),
    ],
)
async def test_strangers_find_nothing(office: Office, handlers: Handlers, stranger: Call) -> None:
    invoice = await office.issued()

    for ask in (handlers.get_invoice, handlers.get_invoice_pdf):
        with pytest.raises(NotFound):
            await ask(InvoiceRef(invoice_id=invoice.id), stranger)
    assert (await handlers.list_invoices(InvoiceQuery(), stranger)).total == 0
    assert (await handlers.list_invoices(InvoiceQuery(site_id=SITE), stranger)).invoices == ()


@pytest.mark.parametrize("lacking", [call("transaction:read"), Call(actor=ANONYMOUS), call("*", organization="")])
async def test_scopes_are_required(office: Office, handlers: Handlers, lacking: Call) -> None:
    reference = InvoiceRef(invoice_id="0" * 24)

    with pytest.raises(Forbidden):
        await handlers.get_invoice(reference, lacking)
    with pytest.raises(Forbidden):
        await handlers.list_invoices(InvoiceQuery(), lacking)
    with pytest.raises(Forbidden):
        await handlers.get_invoice_pdf(reference, lacking)


async def test_reading_is_not_executing(office: Office, handlers: Handlers) -> None:
    with pytest.raises(Forbidden):
        await handlers.get_invoice_pdf(InvoiceRef(invoice_id=(await office.issued()).id), READ)


async def test_a_document_is_named_when_it_is_rendered(office: Office, handlers: Handlers, pdf_pool: PdfPool) -> None:
    invoice = await office.issued()
    reference = InvoiceRef(invoice_id=invoice.id)

    with pytest.raises(Transient) as waiting:
        await handlers.get_invoice_pdf(reference, EXECUTE)
    await office.render(invoice, pdf_pool)
    found = await handlers.get_invoice_pdf(reference, EXECUTE)

    assert waiting.value.retry_after_s
    assert found.object_name == f"invoices/{TEST_ORGANIZATION}/{found.sha256}.pdf"
    assert found.file_name == "INV-2026-00001.pdf"
    assert found.object_name in office.documents.kept


async def test_a_document_that_was_lost_is_made_again(office: Office, handlers: Handlers, pdf_pool: PdfPool) -> None:
    """The document store is on the bus; what a document shows is in the database."""
    event = office.event()
    invoice = await office.issue(event)
    session = office.session_of(event)
    await office.render(invoice, pdf_pool)
    rendered = await office.read(invoice.id)
    before = office.documents.kept.copy()
    office.documents.kept.clear()

    async def as_merchant() -> DocumentRef:
        return await handlers.get_invoice_pdf(InvoiceRef(invoice_id=invoice.id), EXECUTE)

    async def as_customer() -> DocumentRef | None:
        named = OwnedDocuments(session_public_id=session, document_id=invoice.id)
        (found,) = (await handlers.list_own_documents(named, Call(actor=ANONYMOUS))).documents
        return found.document

    assert await as_customer() is None
    with pytest.raises(Transient) as waiting:
        await as_merchant()
    assert (waiting.value.code, waiting.value.retry_after_s) == ("DOCUMENT_NOT_RENDERED", 2)

    task = await office.queue.claim(due=office.clock.now(), after="")
    assert task is not None
    assert task.id == invoice.id
    assert await office.render(await office.read(task.id), pdf_pool)
    assert await as_customer() == await as_merchant()
    assert (await office.read(invoice.id)).pdf_sha256 == rendered.pdf_sha256
    assert office.documents.kept == before
    assert (await office.verify()).problems == []


async def test_a_draft_has_no_document(
    office: Office, handlers: Handlers, line: Callable[..., TransactionLine]
) -> None:
    draft = await office.issued(amount=11234, lines=(line(unit_price=10000), line("Tax", 1234, item_type="tax")))

    with pytest.raises(Conflict) as refused:
        await handlers.get_invoice_pdf(InvoiceRef(invoice_id=draft.id), EXECUTE)

    assert refused.value.code == "INVOICE_NOT_ISSUED"
    record = await handlers.get_invoice(InvoiceRef(invoice_id=draft.id), READ)
    assert (record.status, record.number, record.draft_reason) == ("draft", None, "TAX_RATE_REQUIRED")


async def test_lists_go_on_behind_a_cursor(office: Office, handlers: Handlers) -> None:
    for amount in range(1, 8):
        await office.issued(amount=amount)
        office.clock.advance(amount % 2)

    seen: list[int] = []
    query = InvoiceQuery(limit=3)
    while True:
        page = await handlers.list_invoices(query, READ)
        seen += [record.total for record in page.invoices]
        assert page.total == 7
        if page.next_cursor is None:
            break
        query = InvoiceQuery(limit=3, cursor=page.next_cursor)

    assert sorted(seen) == list(range(1, 8))
    assert seen[0] == 7
    second = await handlers.list_invoices(InvoiceQuery(limit=3, page=2), READ)
    assert [record.total for record in second.invoices] == seen[3:6]


async def test_filters(office: Office, handlers: Handlers) -> None:
    first = await office.issued(amount=1)
    office.clock.advance(60)
    second = await office.issued(amount=2)

    async def totals(**wanted: Any) -> list[int]:
        return [record.total for record in (await handlers.list_invoices(InvoiceQuery(**wanted), READ)).invoices]

    assert await totals(transaction_id=first.payment.transaction_id) == [1]
    assert await totals(number="INV-2026-00002") == [2]
    assert await totals(created_from=second.created_at) == [2]
    assert await totals(created_to=first.created_at) == [1]
    assert await totals(site_id=SITE) == [2, 1]
    assert await totals(site_id="0" * 24) == []


async def test_the_session_id_opens_its_own_documents_only(
    office: Office, handlers: Handlers, pdf_pool: PdfPool
) -> None:
    event = office.event()
    invoice = await office.issue(event)
    other = await office.issued()
    session = office.session_of(event)
    anyone = Call(actor=ANONYMOUS)

    (found,) = (await handlers.list_own_documents(OwnedDocuments(session_public_id=session), anyone)).documents
    assert (found.id, found.number, found.document) == (invoice.id, "INV-2026-00001", None)

    await office.render(invoice, pdf_pool)
    named = OwnedDocuments(session_public_id=session, document_id=invoice.id)
    (found,) = (await handlers.list_own_documents(named, anyone)).documents
    assert found.document is not None

    foreign = OwnedDocuments(session_public_id=session, document_id=other.id)
    with pytest.raises(GatewayError):
        await handlers.list_own_documents(foreign, anyone)
    unknown = OwnedDocuments(session_public_id="cs_unknown")
    assert (await handlers.list_own_documents(unknown, anyone)).documents == ()
