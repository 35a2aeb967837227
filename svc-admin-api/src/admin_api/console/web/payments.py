"""One payment: its story, and what can be done with it."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.actions import CASE_ACTIONS, PAYMENT_ACTIONS, Action
from admin_api.console.admission import Admitted, FormIn
from admin_api.console.api import Refused
from admin_api.console.forms.fields import Row, Unfit, place_errors
from admin_api.console.forms.form import Form, carry_out, offered
from admin_api.console.invoice_drafts import FROM_PAYMENT
from admin_api.console.other_mode import is_payment_of_other_mode
from admin_api.console.parts import read_parts
from admin_api.console.payment_actions import DELIVERY_ACTIONS, DISPUTE_ACTIONS, REFUND_ACTIONS
from admin_api.console.payment_parts import PARTS, readable
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from gateway_contracts.errors import NotFound
from gateway_contracts.ids import is_object_id
from gateway_kit.pages.forms import form_fields

router = page_router()
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", "/transactions/{transaction_id}")))]
PaymentActionIn = Annotated[Action, Depends(FormIn(PAYMENT_ACTIONS))]
RefundActionIn = Annotated[Action, Depends(FormIn(REFUND_ACTIONS))]
DisputeActionIn = Annotated[Action, Depends(FormIn(DISPUTE_ACTIONS))]
DeliveryActionIn = Annotated[Action, Depends(FormIn(DELIVERY_ACTIONS))]
_TOLD: Final = {"ipn": N_("Notifications to the shop"), "invoiceId": N_("Invoices")}
"""Titles of the parts that the API names as unavailable."""


@router.get("/payments/{object_id}")
async def show(object_id: ObjectIdIn, request: Request, visitor: ReaderIn) -> Response:
    """The payment; where it is one of the other mode, the way there."""
    try:
        return render(await _page(object_id, visitor), request)
    except Refused as exc:
        if exc.answer.status != 404 or not await is_payment_of_other_mode(object_id, visitor):
            raise
        return render(Page("other_mode.html", N_("Not found"), visitor, status=404), request)


@router.post("/payments/{object_id}/deliveries/{delivery_id}/{form_slug}")
async def act_on_delivery(
    object_id: ObjectIdIn, delivery_id: str, action: DeliveryActionIn, request: Request, visitor: VisitorIn
) -> Response:
    """Carry out an action on a notification of the payment."""
    form = await form_fields(request)
    known = (await visitor.api.read(f"/transactions/{object_id}"))["ipn"] or ()
    if delivery_id not in {delivery["id"] for delivery in known}:
        raise NotFound("the payment has no such notification")
    answer = await carry_out(action, delivery_id, {}, form, visitor)
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(f"/payments/{object_id}", done=action.slug)


@router.post("/payments/{object_id}/refunds/{part_id}/{form_slug}")
async def act_on_refund(
    object_id: ObjectIdIn, part_id: str, action: RefundActionIn, request: Request, visitor: VisitorIn
) -> Response:
    """Carry out an action on a refund of the payment."""
    return await _act_on_part(object_id, part_id, action, request, visitor)


@router.post("/payments/{object_id}/disputes/{part_id}/{form_slug}")
async def act_on_dispute(
    object_id: ObjectIdIn, part_id: str, action: DisputeActionIn, request: Request, visitor: VisitorIn
) -> Response:
    """Carry out an action on a dispute of the payment."""
    return await _act_on_part(object_id, part_id, action, request, visitor)


async def _act_on_part(object_id: str, part_id: str, action: Action, request: Request, visitor: Visitor) -> Response:
    if not is_object_id(part_id):
        raise NotFound("there is no such part of the payment")
    form = await form_fields(request)
    try:
        answer = await carry_out(action, part_id, {}, form, visitor, within=object_id)
    except Unfit as exc:
        return render(await _page(object_id, visitor, status=422, problem=str(exc)), request)
    if answer.is_ok:
        return see_other(f"/payments/{object_id}", done=action.slug)
    if answer.status in {403, 404, 503}:
        raise Refused(answer)
    said = " ".join(answer.field_errors().values()) or answer.data.get("error", "")
    return render(await _page(object_id, visitor, status=answer.status, problem=said), request)


@router.post("/payments/{object_id}/{form_slug}")
async def act(object_id: ObjectIdIn, action: PaymentActionIn, request: Request, visitor: VisitorIn) -> Response:
    """Carry out an action; what the API refuses is shown at its field."""
    form = await form_fields(request)
    payment = await visitor.api.read(f"/transactions/{object_id}")
    try:
        answer = await carry_out(action, object_id, payment, form, visitor)
    except Unfit as exc:
        return await _again(object_id, action, form, {exc.field: str(exc)}, 422, request, visitor)
    if answer.is_ok:
        return see_other("/payments" if action.verb == "DELETE" else f"/payments/{object_id}", done=action.slug)
    if answer.status in {403, 404, 503}:
        raise Refused(answer)
    errors = answer.field_errors() or {"": answer.data.get("error", "")}
    return await _again(object_id, action, form, errors, answer.status, request, visitor)


async def _again(
    object_id: str,
    action: Action,
    form: dict[str, str],
    errors: dict[str, str],
    status: int,
    request: Request,
    visitor: Visitor,
) -> Response:
    """The same page with the form open, as it was filled in."""
    placed, problem = place_errors(action.fields, errors)
    values = {"opened": action.slug, "filled": form, "errors": placed, "problem": problem}
    return render(await _page(object_id, visitor, status=status, **values), request)


def _invoicing(payment: Row, invoices: list[Row] | None, visitor: Visitor) -> Form | None:
    """The form that makes an invoice of a payment that has none."""
    is_lacking = invoices == [] and payment["captured"] > 0
    return FROM_PAYMENT if is_lacking and visitor.may(FROM_PAYMENT.verb, FROM_PAYMENT.path) else None


async def _page(object_id: str, visitor: Visitor, *, status: int = 200, **values: Any) -> Page:
    payment = await visitor.api.read(f"/transactions/{object_id}")
    ids = {"transaction_id": payment["id"], "checkout_id": payment["checkoutId"]}
    parts, missing = await read_parts(PARTS, payment["id"], visitor, **ids)
    missing += [title for name in payment["unavailable"] if (title := _TOLD.get(name, name)) not in missing]
    shown = {
        **parts,
        "payment": payment,
        "missing": missing,
        "readable": readable,
        "actions": offered(PAYMENT_ACTIONS, payment, visitor),
        "case_actions": partial(offered, CASE_ACTIONS, visitor=visitor),
        "refund_actions": partial(offered, REFUND_ACTIONS, visitor=visitor),
        "dispute_actions": partial(offered, DISPUTE_ACTIONS, visitor=visitor),
        "delivery_actions": partial(offered, DELIVERY_ACTIONS, visitor=visitor),
        "invoice_from_payment": _invoicing(payment, parts["invoices"], visitor),
        "opened": None,
        "filled": {},
        "errors": {},
        "problem": "",
        "done": visitor.api.request.query_params.get("done"),
    }
    return Page("payment.html", N_("Payment"), visitor, {**shown, **values}, status)
