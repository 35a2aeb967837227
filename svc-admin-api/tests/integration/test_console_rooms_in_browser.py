"""Templates, settings of invoices and messages in a real browser: frames, small screens, German, dark mode."""

from typing import Any

import pytest
from admin_world import Api
from axe_rig import findings
from console_browser import choose, console, keep_picture
from documents_world import BROKEN, TEMPLATE, TemplateOffice, settings_answers
from messages_world import MESSAGE, OWN, Messengers
from playwright.async_api import expect

from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
TEXTS = "/settings/message-templates/" + "/".join(OWN)
PATHS = (
    "/document-templates",
    "/document-templates/new",
    f"/document-templates/{TEMPLATE}",
    "/settings/invoicing",
    "/settings/registers",
    "/settings/messages",
    "/settings/message-templates",
    "/messages",
    f"/messages/{MESSAGE}",
    TEXTS,
)
SCREENS: list[dict[str, Any]] = [
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "de-DE"},
    {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light", "locale": "en-GB"},
]


async def rooms(api: Api) -> tuple[TemplateOffice, Messengers]:
    """An organization with one of everything."""
    await api.organization()
    office, messengers = TemplateOffice(), Messengers()
    office.keep(source=f"one\n{BROKEN}\nthree")
    messengers.keep("65f0c0ffee65f0c0ffee65d0", state="published")
    api.owners.answers |= office.answers | settings_answers() | messengers.answers
    return office, messengers


@pytest.mark.parametrize("options", SCREENS, ids=["small-dark-german", "wide-light-english"])
async def test_every_room_fits_and_loads_without_a_complaint(owned: Api, options: dict[str, Any]) -> None:
    await rooms(owned)
    width, barriers = options["viewport"]["width"], list[str]()
    async with console(owned, **options) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        for path in PATHS:
            await page.goto(origin + path)
            for summary in await page.locator("details.action > summary").all():
                await summary.click()
            await keep_picture(page, f"rooms-{width}{path.replace('/', '-')}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
            barriers += await findings(page)
        assert barriers == []
        # A draft that cannot be printed answers 422 into its frame, which the browser notes.
        assert [line for line in complaints if "422" not in line] == []


async def test_typed_texts_and_layouts_are_shown_before_they_are_stored(owned: Api) -> None:
    office, messengers = await rooms(owned)
    async with console(owned) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        await page.goto(origin + TEXTS)
        mail = page.frame_locator("iframe[name=preview]")
        await expect(mail.get_by_role("heading", level=1)).to_have_text("Thank you")
        await expect(mail.frame_locator("iframe").locator("p")).to_have_css("color", "rgb(31, 95, 74)")
        await page.locator("[name=subject]").fill("Typed, not stored")
        await page.get_by_role("button", name="Preview what is typed").click()
        await expect(mail.get_by_role("heading", level=1)).to_have_text("Typed, not stored")
        await page.locator("[name=html]").fill("<p id=said>Before</p><script>said.textContent = 'After'</script>")
        await page.get_by_role("button", name="Preview what is typed").click()
        await expect(mail.frame_locator("iframe").locator("#said")).to_have_text("Before")
        assert page.url.endswith(TEXTS)
        assert [row.state for row in messengers.templates.values()] == ["published"]

        await page.goto(origin + "/settings/invoicing?open=invoice-numbers")
        form = page.locator("form[action$='/invoice-numbers']")
        await form.locator("[name='invoiceNumberLayout.prefix']").fill("R-")
        await expect(form.locator("output")).to_have_text("R-2026-00043")

        await page.goto(f"{origin}/document-templates/{TEMPLATE}")
        proof = page.frame_locator("iframe.preview")
        await expect(proof.locator(".numbered .bad")).to_contain_text(BROKEN)
        # A script in a frame without rights is refused, and so is the draft: the browser notes both.
        assert [line for line in complaints if "422" not in line and "allow-scripts" not in line] == []
        assert office.stored[TEMPLATE].published_version is None
