"""Checkouts: the payment pages that merchants create."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import Deps, DepsIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.use_cases.create_checkout import create_checkout
from admin_api.payments.web.filters import CheckoutListIn
from admin_api.payments.web.schemas.checkout import (
    CheckoutChangedView,
    CheckoutCreatedView,
    CheckoutIn,
    CheckoutListView,
    CheckoutPatch,
    CheckoutView,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.web.schemas.urls import check_https
from gateway_contracts.actor import Actor
from gateway_contracts.requests.transaction import (
    GET_CHECKOUT,
    LIST_CHECKOUTS,
    UPDATE_CHECKOUT,
    CheckoutQuery,
    CheckoutRecord,
    CheckoutRef,
    UpdateCheckout,
)
from gateway_kit.http.routing import WarningsIn

router = new_router(tags=["checkouts"])
SiteId = Annotated[str, Depends(known_id("site"))]
CheckoutId = Annotated[str, Depends(known_id("checkout"))]
Reader = Annotated[Actor, Depends(requires("checkout:read"))]
Creator = Annotated[Actor, Depends(requires("checkout:create", effect=Effect.OWN_MODE))]
Updater = Annotated[Actor, Depends(requires("checkout:update", effect=Effect.OWN_MODE))]


@router.post("/checkouts/{site_id}/create", response_model=CheckoutCreatedView)
async def create(
    site_id: SiteId, body: CheckoutIn, actor: Creator, mutation: MutationIn, warnings: WarningsIn
) -> Response:
    """Create a checkout. The answer has the address of its payment page."""
    check_https(body.urls(), is_http_allowed=mutation.deps.is_development)

    async def execute(attempt: Attempt) -> CheckoutCreatedView:
        deps = mutation.deps
        created = await create_checkout(
            body.command(attempt.object_id, site_id),
            actor=actor,
            attempt=attempt,
            tenancy=deps.tenancy,
            rpc=deps.rpc,
            pause=deps.pause,
        )
        return CheckoutCreatedView(
            id=created.id,
            session_public_id=created.session_public_id,
            short_code=created.short_code,
            payment_url=_payment_url(deps, created.short_code),
            warnings=warnings,
        )

    return await mutation.run(actor, execute, status=200)


@router.get("/checkouts", response_model=CheckoutListView)
async def list_checkouts(actor: Reader, deps: DepsIn, query: Annotated[CheckoutListIn, Query()]) -> CheckoutListView:
    """Checkouts of this key's mode, newest first."""
    page = await deps.rpc.call(LIST_CHECKOUTS, query.to(CheckoutQuery), actor=actor)
    return CheckoutListView(
        **{**dict(page), "checkouts": [_view(record, deps) for record in page.checkouts]},
    )


@router.get("/checkouts/{checkout_id}", response_model=CheckoutView)
async def read(checkout_id: CheckoutId, actor: Reader, deps: DepsIn) -> CheckoutView:
    """One checkout."""
    return _view(await deps.rpc.call(GET_CHECKOUT, CheckoutRef(checkout_id=checkout_id), actor=actor), deps)


@router.patch("/checkouts/{checkout_id}", response_model=CheckoutChangedView)
async def update(
    checkout_id: CheckoutId, body: CheckoutPatch, actor: Updater, deps: DepsIn, warnings: WarningsIn
) -> CheckoutChangedView:
    """Change metadata: given keys are set; an empty value or null deletes the key."""
    command = UpdateCheckout(checkout_id=checkout_id, metadata=body.metadata)
    record = await deps.rpc.call(UPDATE_CHECKOUT, command, actor=actor)
    return CheckoutChangedView(**dict(_view(record, deps)), warnings=warnings)


def _view(record: CheckoutRecord, deps: Deps) -> CheckoutView:
    return CheckoutView(**dict(record), payment_url=_payment_url(deps, record.short_code))


def _payment_url(deps: Deps, short_code: str) -> str:
    return f"{deps.origins.main_frontend}/checkout/{short_code}"
