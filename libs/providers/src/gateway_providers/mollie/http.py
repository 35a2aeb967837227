"""Mollie's dialect: JSON in and out, errors as ``{"status", "title", "detail", "field"?}``."""

from typing import Any, ClassVar

from gateway_providers.errors import ProviderRefused
from gateway_providers.http import Answer, ProviderHttp, required_secret
from gateway_providers.ports import ProviderAccount
from gateway_providers.redaction import Shown


class MollieHttp(ProviderHttp):
    """Requests to Mollie. The key itself says whether it is for test or live payments."""

    name: ClassVar[str] = "Mollie"
    shown: ClassVar[Shown] = Shown.of(
        values=(
            "id resource mode status field method sequenceType amount.value amountRefunded.value "
            "amountRemaining.value amountCaptured.value amountChargedBack.value settlementAmount.value "
            "currency count limit from paymentId settlementId isCancelable createdAt authorizedAt paidAt "
            "canceledAt expiresAt expiredAt failedAt"
        ),
        objects=(
            "amount amountRefunded amountRemaining amountCaptured amountChargedBack settlementAmount _embedded "
            "payments refunds chargebacks"
        ),
    )

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """See the base class."""
        return {"Authorization": f"Bearer {required_secret(account, 'apiKey')}", "Accept": "application/hal+json"}


def accepted(answer: Answer) -> dict[str, Any]:
    """The object of a good answer.

    Raises:
        ProviderRefused: Mollie said no.
    """
    if answer.status < 400:
        return answer.body
    detail, field = answer.body.get("detail"), answer.body.get("field")
    title = str(answer.body.get("title") or f"http_{answer.status}").lower().replace(" ", "_")
    raise ProviderRefused(
        detail if isinstance(detail, str) and detail else f"Mollie answered {answer.status}",
        provider_code=f"{title}:{field}" if isinstance(field, str) and field else title,
    )
