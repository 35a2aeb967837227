"""The set-up guide."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Answer
from admin_api.console.forms.fields import Field, start_of
from admin_api.console.forms.form import Form
from admin_api.console.forms.sites import NEW_SITE
from admin_api.console.rendering import Page, render
from admin_api.console.routing import page_router
from admin_api.console.setup_guide import SETUP, Found, look, offering_site, steps_of
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from admin_api.console.web.objects import Refusal, send_form
from gateway_contracts.currencies import currency_problem
from gateway_contracts.errors import NotFound
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX
from gateway_kit.pages.forms import form_fields

router = page_router()
CHECKOUT: Final = Form(
    "checkout",
    N_("Create a test checkout"),
    "/checkouts/{site_id}/create",
    N_("You are led to its payment page. Pay there with the provider's test data."),
    (
        Field("currency", N_("Currency"), start="EUR"),
        Field("amount", N_("Amount"), "amount", start="10.00", length_max=20),
        Field("externalReference", N_("Reference"), start="TEST-1", length_max=64),
        Field("email", N_("Customer's e-mail"), "email", is_required=False, length_max=EMAIL_CHARACTERS_MAX),
    ),
)
_SETTING_UP: Final = (NEW_SITE.verb, NEW_SITE.path)
PlannerIn = Annotated[Visitor, Depends(Admitted(_SETTING_UP))]
BuyerIn = Annotated[Visitor, Depends(Admitted(_SETTING_UP, (CHECKOUT.verb, CHECKOUT.path)))]


@router.get(SETUP)
async def show(request: Request, visitor: PlannerIn) -> Response:
    """The steps, and what each lacks."""
    return render(_page(await look(visitor), visitor), request)


@router.post(f"{SETUP}/{CHECKOUT.slug}")
async def create_checkout(request: Request, visitor: BuyerIn) -> Response:
    """Create a checkout of test mode, and show the address of its payment page."""
    found = await look(visitor)
    site = offering_site(found)
    if site is None:
        raise NotFound("no site offers a provider of test mode")
    filled = await form_fields(request)
    currency = filled.get("currency", "").strip().upper()
    row = {"currency": currency, "amountFormat": site["settings"].get("amountFormat", "minor")}
    result: Answer | Refusal
    if problem := currency_problem(currency):
        result = Refusal(CHECKOUT, filled, {"currency": problem}, 422)
    else:
        result = await send_form(CHECKOUT, site["id"], row, request, _in_test_mode(visitor))
    if isinstance(result, Refusal):
        return render(_page(found, visitor, result.status, row=row, **result.values()), request)
    return render(_page(found, visitor, payment_url=result.data["paymentUrl"]), request)


def _in_test_mode(visitor: Visitor) -> Visitor:
    return replace(visitor, mode="test", api=replace(visitor.api, mode="test"))


def _page(found: Found, visitor: Visitor, status: int = 200, **values: Any) -> Page:
    steps = steps_of(found)
    shown: dict[str, Any] = {
        "steps": steps,
        "next_slug": next((step.slug for step in steps if not step.is_done), None),
        "checkout": CHECKOUT if offering_site(found) else None,
        "row": {"currency": "EUR"},
        "opened": None,
        "filled": start_of(CHECKOUT.fields),
        "errors": {},
        "problem": "",
        "payment_url": None,
    }
    return Page("setup.html", N_("Set-up"), visitor, shown | values, status)
