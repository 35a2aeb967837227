"""Drafts of invoices in the console: lines, totals of the owner, and what is sent; owners answer from memory."""

import re
from html import unescape
from typing import Any

import pytest
from admin_world import Api
from console_visits import Visits, member, texts
from invoices_world import DRAFT, OPEN, a_draft, answer_documents
from owned_objects import ID

from gateway_contracts.errors import FieldProblem, Invalid, Transient
from gateway_contracts.requests import invoice
from gateway_contracts.requests import invoice_changes as changes

pytestmark = pytest.mark.integration
LINE = {"items[0].description": "Cup", "items[0].quantity": "2.5", "items[0].unitPrice": "9,90"}


@pytest.fixture
def office(owned: Api) -> Api:
    """Owners with invoices."""
    answer_documents(owned)
    return owned


async def author(api: Api) -> tuple[Visits, dict[str, str]]:
    """A member who writes, and what a new draft has."""
    organization_id = await api.organization()
    site = await api.site(await api.key(organization_id))
    head = {"siteId": site["id"], "currency": "EUR", "amountType": "net", "key": "k" * 20}
    return await member(api, organization_id, "support"), head


def sent(api: Api, method: Any) -> Any:
    [(_, asked, _, _)] = api.owners.asked_for(method)
    return asked


async def test_a_draft_with_a_typed_client_is_stored(office: Api) -> None:
    visits, head = await author(office)
    form = {
        **head,
        **LINE,
        "items[0].taxRate": "19",
        "items[0].unit": "HUR",
        "items[3].description": "Export",
        "items[3].quantity": "1",
        "items[3].unitPrice": "100",
        "items[3].category": "G",
        "items[5].quantity": "1",
        "client.company": "Example AG",
        "client.country": "CH",
        "discount.amount": "1.50",
        "shipping.amount": "4",
        "shipping.taxRate": "19",
        "shippingAddress.city": "Bern",
        "shippingAddress.phone": "+41 31 123",
        "dueDate": "2026-02-28",
        "notes": "Thanks",
        "scheduledFinalizeAt": "2035-01-31T12:00",
        "do": "save",
    }
    answer = await visits.post("/invoices/new", form)
    assert answer.status_code == 303, texts(answer)
    assert re.fullmatch(r"/invoices/[0-9a-f]{24}\?done=new", answer.headers["location"])
    asked = sent(office, changes.CREATE_DRAFT)
    assert asked.buyer.company == "Example AG"
    assert (asked.ship_to.city, asked.ship_to.phone) == ("Bern", "+41 31 123")
    assert [(item.description, item.quantity, item.unit_price, item.amount_type) for item in asked.items] == [
        ("Cup", "2.5", 990, "net"),
        ("Export", "1", 10000, "net"),
    ]
    assert (asked.items[0].tax_rate, asked.items[0].unit, asked.items[1].category) == ("19", "HUR", "G")
    assert (asked.discount.amount, asked.shipping.amount, asked.shipping.tax_rate) == (150, 400, "19")
    assert (asked.due_date, asked.notes, str(asked.scheduled_finalize_at)) == (
        "2026-02-28",
        "Thanks",
        "2035-01-31 12:00:00+00:00",
    )


async def test_totals_come_from_the_owner(office: Api) -> None:
    visits, head = await author(office)
    answer = await visits.post("/invoices/compute", {**head, **LINE})
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    assert "Without VAT €295.00 VAT 19 % of €295.00 €56.05 Total €351.05" in texts(answer)
    assert "Still missing for the issue: There is no client." in texts(answer)
    assert sent(office, changes.PREVIEW_DRAFT).items[0].unit_price == 990
    assert office.owners.asked_for(changes.CREATE_DRAFT) == []

    half = await visits.post("/invoices/compute", {**head, **LINE, "items[0].unitPrice": "many"})
    assert (half.status_code, "Totals appear as soon as the lines can be read." in texts(half)) == (200, True)
    unknown = await visits.post("/invoices/compute", {**head, **LINE, "currency": "???"})
    assert (unknown.status_code, "Totals appear" in texts(unknown)) == (200, True)

    def gone(_: Any) -> Any:
        raise Transient("the service does not answer", code="SERVICE_UNAVAILABLE")

    office.owners.answers[changes.PREVIEW_DRAFT.subject] = gone
    late = await visits.post("/invoices/compute", {**head, **LINE})
    assert "the service does not answer" in texts(late)


async def test_lines_are_added_and_removed_without_a_script(office: Api) -> None:
    visits, head = await author(office)
    page = await visits.get("/invoices/new")
    assert page.text.count('<fieldset class="line">') == 1

    page = await visits.post("/invoices/new", {**head, **LINE, "items[0].taxRate": "7", "do": "add"})
    assert page.text.count('<fieldset class="line">') == 2
    assert re.search(r'name="items\[1\]\.taxRate"[^>]*value="7"', page.text)
    second = {"items[1].description": "Plate", "items[1].quantity": "1", "items[1].unitPrice": "1"}
    two = {**head, **LINE, **second}
    page = await visits.post("/invoices/new", {**two, "do": "remove-0"})
    assert page.text.count('<fieldset class="line">') == 1
    assert 'value="Plate"' in page.text

    page = await visits.post("/invoices/new", {**two, "do": "compute"})
    assert "Total €351.05" in texts(page)
    assert 'value="Cup"' in page.text
    assert office.owners.asked_for(changes.CREATE_DRAFT) == []


async def test_what_is_refused_stands_at_its_field(office: Api) -> None:
    visits, head = await author(office)
    answer = await visits.post("/invoices/new", {**head, **LINE, "items[0].unitPrice": "many", "do": "save"})
    assert answer.status_code == 422
    assert 'id="draft-items[0].unitPrice-error">Write the amount in digits' in answer.text

    answer = await visits.post("/invoices/new", {**head, **LINE, "items[0].taxRate": "lots", "do": "save"})
    assert answer.status_code == 422
    assert 'id="draft-items[0].taxRate-error"' in answer.text

    def refused(_: Any) -> Any:
        problem = FieldProblem("discount.amount", "must be at most what it is taken off")
        raise Invalid("discount.amount: too large", code="VALIDATION_FAILED", details=[problem])

    office.owners.answers[changes.PREVIEW_DRAFT.subject] = refused
    answer = await visits.post("/invoices/new", {**head, **LINE, "discount.amount": "99", "do": "compute"})
    assert 'id="draft-discount.amount-error">must be at most' in answer.text


async def test_a_stored_draft_is_changed_and_keeps_the_rest(office: Api) -> None:
    visits, head = await author(office)
    page = await visits.get(f"/invoices/{DRAFT}/edit")
    for value in ("&lt;Consulting&gt;", "2.5", "100.00", "Beispiel &amp; Söhne GmbH", "2026-02-28"):
        assert f'value="{value}"' in page.text, value
    form = {**head, **LINE, "dueDate": "2026-03-01", "do": "save"}
    answer = await visits.post(f"/invoices/{DRAFT}/edit", form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/invoices/{DRAFT}?done=edit")
    asked = sent(office, changes.REPLACE_DRAFT)
    assert (asked.invoice_id, asked.due_date, asked.items[0].description) == (DRAFT, "2026-03-01", "Cup")
    assert (await visits.get(f"/invoices/{OPEN}/edit")).status_code == 409


async def test_what_the_form_does_not_ask_for_stays(office: Api) -> None:
    visits, _ = await author(office)
    item = a_draft().items[0].model_copy(update={"item_type": "digital_service"})
    office.owners.answers[invoice.GET_INVOICE.subject] = lambda _: a_draft(items=(item,))
    page = await visits.get(f"/invoices/{DRAFT}/edit")
    inputs = re.finditer(r'name="([^"]+)" (?:[^>]* )?value="([^"]*)"', page.text)
    form = {found[1]: unescape(found[2]) for found in inputs}
    form |= {"currency": "EUR", "amountType": "net", "notes": "Changed", "do": "save"}

    answer = await visits.post(f"/invoices/{DRAFT}/edit", form)
    assert answer.status_code == 303, texts(answer)

    asked = sent(office, changes.REPLACE_DRAFT)
    assert (asked.items[0].item_type, asked.notes) == ("digital_service", "Changed")
    assert asked.accounting_rate.rate == "4.2755"
    # With none in the request, the owner keeps the client with everything that is known of it.
    assert asked.buyer is None
    changed = form | {"client.company": "Other AG", "key": "k" * 20}
    assert (await visits.post(f"/invoices/{DRAFT}/edit", changed)).status_code == 303
    _, asked, *_ = office.owners.asked_for(changes.REPLACE_DRAFT)[-1]
    assert asked.buyer.company == "Other AG"


async def test_the_time_of_issue_is_changed_alone(office: Api) -> None:
    visits, _ = await author(office)
    form = {"scheduledFinalizeAt": "2035-01-31T12:00", "key": "s" * 20}
    answer = await visits.post(f"/invoices/{DRAFT}/schedule", form)
    assert answer.status_code == 303, texts(answer)
    asked = sent(office, changes.SCHEDULE_DRAFT)
    assert (asked.invoice_id, str(asked.scheduled_finalize_at)) == (DRAFT, "2035-01-31 12:00:00+00:00")
    assert office.owners.asked_for(changes.REPLACE_DRAFT) == []


async def test_the_draft_of_a_payment_begins_with_its_lines(office: Api) -> None:
    visits, _ = await author(office)
    office.owners.answers[invoice.GET_INVOICE.subject] = lambda _: a_draft(items=())
    page = await visits.get(f"/invoices/{DRAFT}/edit")
    assert page.text.count('<fieldset class="line">') == 2
    assert f'action="/invoices/{DRAFT}/schedule"' in (await visits.get(f"/invoices/{DRAFT}")).text


async def test_a_payment_without_an_invoice_offers_one(office: Api) -> None:
    visits, _ = await author(office)
    assert f'action="/payments/{ID}/invoice"' in (await visits.get(f"/payments/{ID}")).text
    answer = await visits.post(f"/payments/{ID}/invoice", {"key": "p" * 20})
    assert answer.status_code == 303
    asked = sent(office, changes.DRAFT_FROM_TRANSACTION)
    assert (asked.transaction_id, answer.headers["location"]) == (ID, f"/invoices/{asked.invoice_id}?done=invoice")


async def test_a_client_of_any_age_is_preselected(office: Api) -> None:
    organization_id = await office.organization()
    live = await office.key(organization_id, livemode=True)
    client = (await office.ask("POST", "/clients", live, {"company": "Old & Sons"})).json()
    visits = await member(office, organization_id, "support")
    assert f'href="/invoices/new?clientId={client["id"]}"' in (await visits.get(f"/clients/{client['id']}")).text
    page = await visits.get(f"/invoices/new?clientId={client['id']}")
    assert f'<option value="{client["id"]}" selected>Old &amp; Sons</option>' in page.text


async def test_the_first_page_counts_open_invoices(office: Api) -> None:
    visits, _ = await author(office)
    page = await visits.get("/")
    assert "Open invoices 3 partially settled: 3 Show" in texts(page)
    assert 'href="/invoices?state=open"' in page.text
    assert "Notifications not delivered yet 1 They are tried again by themselves. Show" in texts(page)
    assert 'href="/deliveries?state=waiting"' in page.text
    asked_states = {asked.state for _, asked, _, _ in office.owners.asked_for(invoice.LIST_INVOICES)}
    assert asked_states == {"open", "partially_settled"}
