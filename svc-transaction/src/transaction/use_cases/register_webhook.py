"""Registration of the gateway's address for webhooks at a provider."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.provider import RegisterWebhook, WebhookRegistered
from transaction.ports import Deps
from transaction.use_cases.check_provider import published_provider


async def register_webhook(request: RegisterWebhook, *, scope: Scope, deps: Deps) -> WebhookRegistered:
    """Let the provider report to us. The owner of the account's credentials keeps the secret in the answer.

    Raises:
        NotFound: not a provider of this organization and mode.
        Conflict: ``WEBHOOK_NOT_REGISTRABLE``.
        Rejected: the provider refused.
        Transient: the change that the caller made is still on its way, too many calls to the account are under way, or
            the provider does not answer.
        OutcomeUnknown: it may have been registered; the next call finds out.
    """
    provider = await published_provider(request, scope=scope, deps=deps)
    return await deps.providers.register_webhook(provider)
