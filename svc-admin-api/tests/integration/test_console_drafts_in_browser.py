"""A draft in a real browser: live totals under the strict policy, then the issued invoice."""

from typing import Any

import pytest
from admin_world import Api
from console_browser import choose, console, keep_picture
from invoices_world import DRAFT, NOTE, OPEN, PAID, a_document, answer_documents
from playwright.async_api import expect

from gateway_contracts.requests import invoice
from gateway_contracts.requests import invoice_changes as changes
from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
PAGES = (
    "/invoices",
    "/credit-notes",
    "/invoices/new",
    f"/invoices/{DRAFT}",
    f"/invoices/{DRAFT}/edit",
    f"/invoices/{OPEN}",
    f"/invoices/{PAID}",
    f"/credit-notes/{NOTE}",
)


@pytest.fixture
def office(owned: Api) -> Api:
    """Owners with invoices."""
    answer_documents(owned)
    return owned


async def test_a_draft_is_written_with_live_totals_and_issued(office: Api) -> None:
    organization_id = await office.organization()
    await office.site(await office.key(organization_id))
    written: dict[str, Any] = {}

    def priced(request: changes.PreviewDraft) -> changes.DraftPreview:
        total = sum(int(float(item.quantity) * item.unit_price) for item in request.items)
        return changes.DraftPreview(currency="EUR", amount_type="gross", net=total, vat=0, total=total)

    def issue(request: invoice.InvoiceRef) -> invoice.InvoiceRecord:
        written[request.invoice_id] = a_document(id=request.invoice_id)
        return a_document(id=request.invoice_id)

    stored = office.owners.answers[invoice.GET_INVOICE.subject]
    office.owners.answers |= {
        changes.PREVIEW_DRAFT.subject: priced,
        changes.ISSUE_INVOICE.subject: issue,
        invoice.GET_INVOICE.subject: lambda request: written.get(request.invoice_id) or stored(request),
    }
    async with console(office) as (page, complaints):
        await choose(page)
        await page.locator('nav a[href="/invoices"]:visible').click()
        await page.get_by_role("link", name="New invoice").click()
        await page.locator("summary", has_text="Write the client yourself").click()
        await page.get_by_label("Company").first.fill("Example AG")
        await page.get_by_label("Description").fill("Cup")
        await page.get_by_label("Unit price (EUR)").fill("9.90")
        await expect(page.locator("#totals")).to_contain_text("€9.90")
        await page.get_by_label("Quantity").fill("2.5")
        await expect(page.locator("#totals")).to_contain_text("€24.75")
        assert office.owners.asked_for(changes.CREATE_DRAFT) == []
        await page.get_by_role("button", name="Add a line").click()
        await page.get_by_label("Description").last.fill("Plate")
        await page.get_by_label("Unit price (EUR)").last.fill("10")
        await expect(page.locator("#totals")).to_contain_text("€34.75")
        await keep_picture(page, "draft-written")
        await page.get_by_role("button", name="Save the draft").click()
        await page.wait_for_url("**?done=new")
        await page.locator("summary", has_text="Issue").first.click()
        await page.get_by_role("button", name="Issue", exact=True).click()
        await page.wait_for_url("**?done=issue")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Invoice INV-2026-00007")
        assert complaints == []
    [(_, asked, _, _)] = office.owners.asked_for(changes.CREATE_DRAFT)
    assert [(item.description, item.unit_price) for item in asked.items] == [("Cup", 990), ("Plate", 1000)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_of_documents_fit_a_small_screen(office: Api, scheme: str) -> None:
    await office.organization()
    options = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    async with console(office, **options) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        for path in PAGES:
            await page.goto(origin + path)
            await keep_picture(page, f"{scheme}-320{path.replace('/', '-')}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert complaints == []


async def test_pages_of_documents_load_in_german(office: Api) -> None:
    await office.organization()
    async with console(office, locale="de-DE", viewport={"width": 1200, "height": 800}) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        for path in PAGES:
            answer = await page.goto(origin + path)
            assert answer is not None
            assert answer.status == 200, path
            await keep_picture(page, f"de-1200{path.replace('/', '-')}")
        assert complaints == []
