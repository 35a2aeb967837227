"""Accounts at payment providers."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import Deps, DepsIn, PageIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.note_action import note_action
from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.use_cases.create_provider import NewProvider, create_provider
from admin_api.tenancy.use_cases.delete_provider import delete_provider
from admin_api.tenancy.use_cases.keep_webhook_secret import REGISTERED, keep_webhook_secret
from admin_api.tenancy.use_cases.toggle_provider import toggle_provider
from admin_api.tenancy.use_cases.update_provider import ProviderChanges, update_provider
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, find_record
from admin_api.tenancy.web.schemas.provider_setup import ProviderType
from admin_api.tenancy.web.schemas.tenancy import (
    ProviderIn,
    ProviderListView,
    ProviderPatch,
    ProviderPut,
    ProviderTestView,
    ProviderView,
    ToggleIn,
    WebhookRegistrationView,
)
from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Invalid
from gateway_contracts.requests.provider import CHECK_PROVIDER, REGISTER_WEBHOOK, CheckProvider, RegisterWebhook
from gateway_kit.crypto.config_secrets import provider_credentials, provider_settings
from gateway_providers.registry import PROVIDERS, personal_settings

router = new_router(tags=["providers"])
ProviderId = Annotated[str, Depends(known_id("provider"))]
Reader = Annotated[Actor, Depends(requires("provider:read"))]
Creator = Annotated[Actor, Depends(requires("provider:create", effect=Effect.OWN_MODE))]
Updater = Annotated[Actor, Depends(requires("provider:update", effect=Effect.OWN_MODE))]
Deleter = Annotated[Actor, Depends(requires("provider:delete", effect=Effect.OWN_MODE))]
SHOWN_CHARACTERS = 4


@router.get("/providers", response_model=ProviderListView)
async def list_providers(
    actor: Reader,
    deps: DepsIn,
    request: PageIn,
    type_: Annotated[ProviderType | None, Query(alias="type", description="Only providers of this type.")] = None,
    enabled: Annotated[
        bool | None, Query(description="true: only enabled providers. false: only disabled ones.")
    ] = None,
) -> ProviderListView:
    """Providers of this key's mode, newest first."""
    given = {"type": type_, "enabled": enabled}
    fields = {field: value for field, value in given.items() if value is not None}
    scope = Scope(actor.organization_id, actor.livemode)
    page = await deps.tenancy.providers.listed(scope, request, fields)
    return ProviderListView(providers=[_view(kept, deps) for kept in page.rows], **page.facts(request))


@router.get("/providers/{provider_id}", response_model=ProviderView)
async def read(provider_id: ProviderId, actor: Reader, deps: DepsIn) -> ProviderView:
    """One provider; its credentials are masked."""
    return _view(await find_record(PROVIDER, provider_id, actor=actor, tenancy=deps.tenancy), deps)


@router.post("/providers", status_code=201, response_model=ProviderView)
async def create(body: ProviderIn, actor: Creator, mutation: MutationIn) -> Response:
    """Set up a provider in this key's mode. Assign it to sites to offer it.

    Fields that "may follow" (the provider issues them only for the webhook's address) may be left out: the answer
    names them in `missing` and has the `webhookUrl` to register. Until they follow by PUT, the provider is `incomplete`
    and not offered to customers.
    """
    if body.livemode is not None and body.livemode != actor.livemode:
        mode = "live" if actor.livemode else "test"
        raise Invalid.field("livemode", f"this is a {mode} key; it sets up {mode} providers", code="LIVEMODE_MISMATCH")

    async def execute(attempt: Attempt) -> ProviderView:
        command = NewProvider(type=body.type, label=body.label, values=body.values(), enabled=body.enabled)
        deps = mutation.deps
        return _view(await create_provider(command, actor=actor, attempt=attempt, tenancy=deps.tenancy), deps)

    return await mutation.run(actor, execute)


@router.put("/providers/{provider_id}", response_model=ProviderView)
async def replace(provider_id: ProviderId, body: ProviderPut, actor: Updater, deps: DepsIn) -> ProviderView:
    """Replace a provider. Credentials that are not given stay, because they cannot be read; null clears one."""
    return await _update(provider_id, body, actor, deps)


@router.patch("/providers/{provider_id}", response_model=ProviderView)
async def update(provider_id: ProviderId, body: ProviderPatch, actor: Updater, deps: DepsIn) -> ProviderView:
    """Change a provider; fields that are not given stay."""
    return await _update(provider_id, body, actor, deps)


async def _update(provider_id: str, body: ProviderPut | ProviderPatch, actor: Actor, deps: Deps) -> ProviderView:
    changes = ProviderChanges(
        label=body.label,
        enabled=body.enabled,
        values=body.values(),
        keep_previous_webhook_secret=body.keep_previous_webhook_secret,
        merges=body.MERGES,
    )
    return _view(await update_provider(provider_id, changes, actor=actor, tenancy=deps.tenancy), deps)


@router.delete("/providers/{provider_id}", status_code=204)
async def delete(provider_id: ProviderId, actor: Deleter, deps: DepsIn) -> Response:
    """Remove a provider and its credentials."""
    await delete_provider(provider_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.post("/providers/{provider_id}/toggle", response_model=ProviderView)
async def toggle(
    provider_id: ProviderId, actor: Updater, mutation: MutationIn, body: ToggleIn | None = None
) -> Response:
    """Switch a provider on or off."""

    async def execute(attempt: Attempt) -> ProviderView:
        deps = mutation.deps
        enabled = body.enabled if body else None
        kept = await toggle_provider(provider_id, enabled, actor=actor, attempt=attempt, tenancy=deps.tenancy)
        return _view(kept, deps)

    return await mutation.run(actor, execute, status=200)


@router.post("/providers/{provider_id}/test", response_model=ProviderTestView)
async def test(provider_id: ProviderId, actor: Updater, mutation: MutationIn) -> Response:
    """Test the connection: the keys, their mode and permissions, the registered webhook.

    Calls the provider and changes nothing there. A failed check has a stable code; the status of the answer is 200.
    """

    async def execute(attempt: Attempt) -> ProviderTestView:
        deps = mutation.deps
        kept = await find_record(PROVIDER, provider_id, actor=actor, tenancy=deps.tenancy)
        request = CheckProvider(provider_id=provider_id, version=kept.record.version)
        checks = (await deps.rpc.call(CHECK_PROVIDER, request, actor=actor)).checks
        await note_action(actor, "provider.test", provider_id, attempt=attempt, tenancy=deps.tenancy)
        return ProviderTestView.of(provider_id, checks)

    return await mutation.run(actor, execute, status=200)


@router.post("/providers/{provider_id}/register-webhook", response_model=WebhookRegistrationView)
async def register(provider_id: ProviderId, actor: Updater, mutation: MutationIn) -> Response:
    """Register the webhook address at the provider, and keep the secret that it gives for it.

    For types whose `canRegisterWebhook` is true. A webhook of this address that is registered already is brought up to
    date. One whose secret the gateway does not have is replaced.
    """

    async def execute(attempt: Attempt) -> WebhookRegistrationView:
        deps = mutation.deps
        tenancy = deps.tenancy
        kept = await find_record(PROVIDER, provider_id, actor=actor, tenancy=tenancy)
        request = RegisterWebhook(provider_id=provider_id, version=kept.record.version)
        made = await deps.rpc.call(REGISTER_WEBHOOK, request, actor=actor)
        if made.secret is None:
            await note_action(actor, REGISTERED, provider_id, attempt=attempt, tenancy=tenancy)
        else:
            kept = await keep_webhook_secret(provider_id, made.secret, actor=actor, attempt=attempt, tenancy=tenancy)
        return WebhookRegistrationView.of(_view(kept, deps), is_new=made.is_new)

    return await mutation.run(actor, execute, status=200)


def _view(kept: Kept[ProviderConfig], deps: Deps) -> ProviderView:
    record = kept.record
    provider = PROVIDERS.get(record.type)
    keyring, personal = deps.tenancy.keyring, personal_settings(record.type)
    credentials = provider_credentials(keyring, record, personal=personal)
    has_webhooks = provider is not None and provider.webhooks is not None
    return ProviderView.of(
        kept,
        settings=provider_settings(keyring, record, personal=personal),
        secrets={name: _masked(secret) for name, secret in credentials.items()},
        state="incomplete" if record.missing else "ready",
        webhook_url=f"{deps.origins.main_backend}/hooks/{record.type}/{record.id}" if has_webhooks else None,
        can_register_webhook=provider is not None and provider.registers_webhooks,
    )


def _masked(secret: str) -> str:
    """The end of a long secret, nothing of a short one."""
    return "••••" + (secret[-SHOWN_CHARACTERS:] if len(secret) >= 4 * SHOWN_CHARACTERS else "")
