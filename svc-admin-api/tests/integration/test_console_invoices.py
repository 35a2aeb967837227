"""Lists and pages of invoices and credit notes; owners answer from memory."""

import csv
import io
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from invoices_world import DRAFT, NOTE, OPEN, PAID, PAYER, a_document, answer_documents
from owned_objects import AT, ID

from gateway_contracts.errors import Conflict, FieldProblem, Invalid
from gateway_contracts.requests import invoice, notify
from gateway_contracts.requests import invoice_changes as changes

pytestmark = pytest.mark.integration
KEY = {"key": "k" * 20}


@pytest.fixture
def office(owned: Api) -> Api:
    """Owners with a draft, an open and a paid invoice, and a credit note."""
    answer_documents(owned)
    return owned


async def at_work(api: Api, role: str = "support") -> Visits:
    """A member of an organization."""
    return await member(api, await api.organization(), role)


async def test_the_list_has_states_clients_and_what_drafts_lack(office: Api) -> None:
    visits = await at_work(office)
    page = await visits.get("/invoices?state=draft&text=cup&currency=EUR&clientId=" + ID)
    [(_, asked, _, _)] = office.owners.asked_for(invoice.LIST_INVOICES)
    assert (asked.state, asked.text, asked.currency, asked.client_id) == ("draft", "cup", "EUR", ID)
    for text in (
        "INV-2026-00007",
        "Open",
        "Beispiel &amp; Söhne GmbH",
        "€351.05",
        "Feb 28, 2026",
        "There is no client.",
    ):
        assert text in texts(page), text
    assert f'href="/invoices/{DRAFT}"' in page.text
    assert "Es fehlt der Kunde." in texts(await visits.get("/invoices", **{"accept-language": "de"}))


async def test_the_lists_are_files(office: Api) -> None:
    visits = await at_work(office)
    rows = list(csv.DictReader(io.StringIO((await visits.get("/invoices.csv?state=open")).text.lstrip("\ufeff"))))
    assert [(row["number"], row["state"], row["total"], row["outstanding"]) for row in rows] == [
        ("", "draft", "351.05", "351.05"),
        ("INV-2026-00007", "open", "351.05", "351.05"),
        ("INV-2026-00008", "settled", "351.05", "0.00"),
    ]
    assert rows[1]["buyerName"] == "Beispiel & Söhne GmbH"
    notes = list(csv.DictReader(io.StringIO((await visits.get("/credit-notes.csv")).text.lstrip("\ufeff"))))
    assert [(row["number"], row["reason"], row["total"]) for row in notes] == [("CN-0001", "manual", "351.05")]


async def test_the_page_has_everything_that_belongs_to_the_invoice(office: Api) -> None:
    visits = await at_work(office)
    answer = await visits.get(f"/invoices/{OPEN}")
    page = texts(answer)
    for text in (
        "Invoice INV-2026-00007",
        "Beispiel &amp; Söhne GmbH Main 1 10115 Berlin DE",
        "Shop GmbH Hamburg DE DE123456789",
        "&lt;Consulting&gt; 2.5 €100.00 19 % €250.00",
        "Without VAT €295.00 VAT 19 % of €295.00 €56.05 Total €351.05",
        "Outstanding €351.05",
        "Due Feb 28, 2026",
        "Notes Thank you.",
        "CN-0001 €351.05 By hand",
        "Failed Jan 15, 2026",
        "j***@example.com Refused",
        "Row 7: issue Hash of the document " + "d" * 64 + " Seal of the row " + "5" * 64,
    ):
        assert text in page, text
    for name in ("pdf", "xrechnung.xml", "peppol.xml", "zugferd.pdf"):
        assert f'href="/invoices/{OPEN}/{name}"' in answer.text
    paid = texts(await visits.get(f"/invoices/{PAID}"))
    assert "Paid €351.05" in paid
    assert "Payments €351.05 stripe" in paid
    draft = texts(await visits.get(f"/invoices/{DRAFT}"))
    assert "The draft cannot be issued yet: There is no client." in draft


async def test_the_page_of_a_credit_note_names_its_invoice(office: Api) -> None:
    visits = await at_work(office)
    page = await visits.get(f"/credit-notes/{NOTE}")
    for text in ("Credit note CN-0001", "Broken &lt;cup&gt;", "Total €351.05", "Row 7"):
        assert text in texts(page), text
    assert f'href="/invoices/{OPEN}"' in page.text


@pytest.mark.parametrize(
    ("method", "title"), [(invoice.LIST_CREDIT_NOTES, "Credit notes"), (notify.LIST_NOTIFICATIONS, "Messages")]
)
async def test_a_part_that_cannot_be_read_is_named(office: Api, method: Any, title: str) -> None:
    visits = await at_work(office)
    office.owners.answers.pop(method.subject)
    answer = await visits.get(f"/invoices/{OPEN}")
    assert (answer.status_code, f"Not available at the moment: {title} " in texts(answer)) == (200, True)


@pytest.mark.parametrize(
    ("slug", "form", "method", "wanted"),
    [
        ("issue", {}, changes.ISSUE_INVOICE, {"invoice_id": DRAFT}),
        ("notes", {"notes": "New"}, changes.CHANGE_NOTES, {"notes": "New"}),
        ("link", {"transactionId": ID}, changes.LINK_TRANSACTION, {"transaction_id": ID}),
    ],
)
async def test_a_draft_is_changed(
    office: Api, slug: str, form: dict[str, str], method: Any, wanted: dict[str, Any]
) -> None:
    visits = await at_work(office)
    assert f'action="/invoices/{DRAFT}/{slug}"' in (await visits.get(f"/invoices/{DRAFT}")).text
    answer = await visits.post(f"/invoices/{DRAFT}/{slug}", {**form, **KEY})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/invoices/{DRAFT}?done={slug}")
    [(_, asked, _, _)] = office.owners.asked_for(method)
    assert {name: getattr(asked, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("slug", "form", "method", "wanted"),
    [
        ("send", {"to": "a@b.example", "message": "Hi"}, notify.SEND_DOCUMENT, {"to": "a@b.example", "message": "Hi"}),
        ("regenerate", {}, changes.REGENERATE_PDF, {"invoice_id": OPEN}),
        (
            "correct",
            {"reason": "Typo", "changes.dueDate": "2026-03-01", "changes.client.company": "Beispiel GmbH"},
            changes.CORRECT_INVOICE,
            {"reason": "Typo", "due_date": "2026-03-01"},
        ),
        (
            "credit",
            {"reason": "Broken", "lines.1": "12,50"},
            changes.CREATE_CREDIT_NOTE,
            {"invoice_id": OPEN, "reason": "Broken", "lines": (changes.CreditLine(line=1, amount=1250),)},
        ),
        ("credit", {"reason": "All of it"}, changes.CREATE_CREDIT_NOTE, {"lines": ()}),
        ("void", {"reason": "Twice"}, changes.VOID_INVOICE, {"reason": "Twice"}),
    ],
)
async def test_an_issued_invoice_is_acted_on(
    office: Api, slug: str, form: dict[str, str], method: Any, wanted: dict[str, Any]
) -> None:
    visits = await at_work(office, "admin")
    assert f'action="/invoices/{OPEN}/{slug}"' in (await visits.get(f"/invoices/{OPEN}")).text
    answer = await visits.post(f"/invoices/{OPEN}/{slug}", {**form, **KEY})
    assert answer.status_code == 303, texts(answer)
    [(_, asked, _, _)] = office.owners.asked_for(method)
    assert {name: getattr(asked, name) for name in wanted} == wanted


async def test_a_payment_link_is_shown_to_be_copied(office: Api) -> None:
    visits = await at_work(office)
    answer = await visits.post(f"/invoices/{OPEN}/payment-link", {"amount": "50.00", "expireInHours": "24", **KEY})
    assert answer.status_code == 200
    assert 'value="https://pay.example/checkout/AbCdEfGhIj"' in answer.text
    [(_, asked, _, _)] = office.owners.asked_for(changes.CREATE_PAYMENT_LINK)
    assert (asked.amount, asked.expire_in_hours) == (5000, 24)


async def test_a_draft_is_deleted_by_an_admin_alone(office: Api) -> None:
    visits = await at_work(office)
    assert f'action="/invoices/{DRAFT}/delete"' not in (await visits.get(f"/invoices/{DRAFT}")).text
    assert (await visits.post(f"/invoices/{DRAFT}/delete", KEY)).status_code == 403
    boss = await member(office, await office.organization("Other GmbH"), "admin")
    answer = await boss.post(f"/invoices/{DRAFT}/delete", KEY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/invoices?done=delete")


async def test_a_viewer_reads_without_actions(office: Api) -> None:
    visits = await at_work(office, "viewer")
    page = await visits.get(f"/invoices/{OPEN}")
    assert f'action="/invoices/{OPEN}' not in page.text
    assert "Your role does not open documents." in page.text
    assert (await visits.post(f"/invoices/{OPEN}/void", KEY)).status_code == 403


async def test_a_refusal_stands_at_its_field(office: Api) -> None:
    visits = await at_work(office)

    def refused(_: Any) -> Any:
        problem = FieldProblem("reason", "is too short")
        raise Invalid("reason: is too short", code="VALIDATION_FAILED", details=[problem])

    office.owners.answers[changes.CORRECT_INVOICE.subject] = refused
    answer = await visits.post(f"/invoices/{OPEN}/correct", {"reason": "x", "changes.notes": "n", **KEY})
    assert answer.status_code == 422
    assert 'id="correct-reason-error">is too short' in answer.text
    answer = await visits.post(f"/invoices/{OPEN}/credit", {"reason": "x", "lines.0": "many", **KEY})
    assert answer.status_code == 422
    assert 'id="credit-lines.0-error">Write the amount in digits' in answer.text


async def test_a_conflict_is_said_on_the_page(office: Api) -> None:
    visits = await at_work(office)

    def paid(_: Any) -> Any:
        raise Conflict("the invoice was paid; refund its transaction", code="REFUND_REQUIRED")

    office.owners.answers[changes.CREATE_CREDIT_NOTE.subject] = paid
    answer = await visits.post(f"/invoices/{OPEN}/credit", {"reason": "x", **KEY})
    assert (answer.status_code, "the invoice was paid" in texts(answer)) == (409, True)


async def test_what_an_electronic_form_lacks_is_listed(office: Api) -> None:
    visits = await at_work(office)
    answer = await visits.get(f"/invoices/{OPEN}/xrechnung.xml")
    assert answer.content == b"%PDF-1.7 walk"

    def lacking(_: Any) -> Any:
        missing = [{"code": "IBAN_REQUIRED", "field": "bankIBAN", "sentence": "The seller's IBAN is missing."}]
        raise Invalid("the document lacks", code="EINVOICE_READINESS_FAILED", missing=missing)

    office.owners.answers[invoice.GET_E_INVOICE.subject] = lacking
    answer = await visits.get(f"/invoices/{OPEN}/xrechnung.xml")
    assert answer.status_code == 422
    assert "For XRechnung the document lacks: The seller&#39;s IBAN is missing. bankIBAN" in texts(answer)


async def test_a_draft_has_a_pro_forma_and_a_payment_a_receipt(office: Api) -> None:
    visits = await at_work(office)
    draft, paid = f"/invoices/{DRAFT}/proforma.pdf", f"/invoices/{PAID}/payments/{PAYER}/receipt.pdf"
    assert f'href="{draft}"' in (await visits.get(f"/invoices/{DRAFT}")).text
    assert f'href="{paid}"' in (await visits.get(f"/invoices/{PAID}")).text
    assert [(await visits.get(path)).content for path in (draft, paid)] == [b"%PDF-1.7 made"] * 2
    assert (await visits.get(f"/invoices/{PAID}/payments/x/receipt.pdf")).status_code == 404
    [(_, asked, _, _)] = office.owners.asked_for(invoice.GET_RECEIPT)
    assert (asked.invoice_id, asked.transaction_id) == (PAID, PAYER)


async def test_a_link_that_was_made_stays_on_the_page(office: Api) -> None:
    link = invoice.InvoicePaymentLink(payment_url="https://pay.example/checkout/x", amount=35105, expires_at=AT)
    office.owners.answers[invoice.GET_INVOICE.subject] = lambda _: a_document(payment_link=link)
    page = (await (await at_work(office)).get(f"/invoices/{OPEN}")).text
    assert 'value="https://pay.example/checkout/x"' in page


async def test_a_long_invoice_is_credited_as_a_whole(office: Api) -> None:
    line = invoice.InvoiceLine(description="x", quantity=1, unit_price=1, total=1)
    office.owners.answers[invoice.GET_INVOICE.subject] = lambda _: a_document(lines=(line,) * 51)
    page = (await (await at_work(office)).get(f"/invoices/{OPEN}")).text
    assert 'name="reason"' in page
    assert 'name="lines.0"' not in page
