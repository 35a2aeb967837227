"""GoCardless' dialect: JSON in named envelopes, errors with reasons, keys that name what they made before."""

from typing import Any, ClassVar, Final

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import ProviderRefused, outcome_unknown, unavailable
from gateway_providers.http import Answer, ProviderHttp, required_secret
from gateway_providers.ports import ProviderAccount
from gateway_providers.redaction import Shown

LIVE_URL: Final = "https://api.gocardless.com"
SANDBOX_URL: Final = "https://api-sandbox.gocardless.com"
API_VERSION: Final = "2015-07-06"

_KEY_CONFLICT: Final = "idempotent_creation_conflict"


class GoCardlessHttp(ProviderHttp):
    """Requests to GoCardless."""

    name: ClassVar[str] = "GoCardless"
    # 403 tells that the account lacks a feature, which is an answer and not about the token.
    credential_statuses: ClassVar[frozenset[int]] = frozenset({401})
    shown: ClassVar[Shown] = Shown.of(
        values=(
            "id status type code reason field scheme amount amount_refunded total_amount_confirmation currency "
            "created_at charge_date auto_fulfil limit after before request_id payment billing_request "
            "payment_request payment_request_payment mandate mandate_request mandate_request_mandate creditor "
            "conflicting_resource_id"
        ),
        objects=(
            "payments payment billing_requests billing_request_flows refunds mandates data payment_request "
            "mandate_request links error errors meta cursors"
        ),
    )

    async def authorize(self, account: ProviderAccount, *, timeout_s: float) -> dict[str, str]:
        """See the base class."""
        token = required_secret(account, "accessToken")
        return {"Authorization": f"Bearer {token}", "GoCardless-Version": API_VERSION}

    async def fetch(
        self, account: ProviderAccount, kind: str, identifier: str, *, timeout_s: float
    ) -> dict[str, Any] | None:
        """One resource; None when there is none.

        Raises:
            Transient: not to be had now, or an answer that cannot be read.
        """
        answer = await self.get(account, f"/{kind}/{identifier}", timeout_s=timeout_s)
        if answer.status == 404:
            return None
        try:
            return resource_of(answer, kind)
        except Unreadable as exc:
            raise unavailable(str(exc)) from exc

    async def create(
        self, account: ProviderAccount, kind: str, body: dict[str, Any], *, idempotency_key: str, timeout_s: float
    ) -> dict[str, Any]:
        """A new resource, or the one that the key made before.

        Raises:
            ProviderRefused: GoCardless said no.
            OutcomeUnknown: it may have been made.
        """
        answer = await self.send(
            account, "POST", f"/{kind}", json={kind: body}, idempotency_key=idempotency_key, timeout_s=timeout_s
        )
        made_before = conflicting_id(answer)
        if made_before is None:
            try:
                return resource_of(answer, kind)
            except Unreadable as exc:
                raise outcome_unknown(str(exc)) from exc
        found = await self.fetch(account, kind, made_before, timeout_s=timeout_s)
        if found is None:
            raise outcome_unknown(f"GoCardless names {made_before}, which it does not show")
        return found


def error_of(answer: Answer) -> dict[str, Any]:
    """GoCardless' error object, empty when the answer has none."""
    error = answer.body.get("error")
    return error if isinstance(error, dict) else {}


def reasons_of(answer: Answer) -> list[str]:
    """Why it was refused, in GoCardless' codes."""
    return [str(item["reason"]) for item in _items(answer) if item.get("reason")]


def conflicting_id(answer: Answer) -> str | None:
    """The object that the idempotency key made before; None when the answer is no such conflict."""
    for item in _items(answer):
        links = item.get("links")
        if item.get("reason") == _KEY_CONFLICT and isinstance(links, dict):
            identifier = links.get("conflicting_resource_id")
            return identifier if isinstance(identifier, str) and identifier.isalnum() else None
    return None


def resource_of(answer: Answer, kind: str) -> dict[str, Any]:
    """The resource in its envelope.

    Raises:
        ProviderRefused: GoCardless said no.
        Unreadable: a good answer without it.
    """
    resource = accepted(answer).get(kind)
    if not isinstance(resource, dict):
        raise Unreadable(f"GoCardless answered without {kind}")
    return resource


def resources_of(answer: Answer, kind: str) -> list[dict[str, Any]]:
    """The resources of a list.

    Raises:
        ProviderRefused: GoCardless said no.
        Transient: the answer cannot be read.
    """
    found = accepted(answer).get(kind)
    if not isinstance(found, list):
        raise unavailable(f"GoCardless answered without a list of {kind}")
    return [item for item in found if isinstance(item, dict)]


def next_page(answer: Answer) -> str | None:
    """The cursor of the next page of a list; None at its end."""
    meta = answer.body.get("meta")
    cursors = meta.get("cursors") if isinstance(meta, dict) else None
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) and after else None


def accepted(answer: Answer) -> dict[str, Any]:
    """The body of a good answer.

    Raises:
        ProviderRefused: GoCardless said no.
    """
    if answer.status < 400:
        return answer.body
    error = error_of(answer)
    reasons = reasons_of(answer)
    message = error.get("message")
    code = "forbidden" if answer.status == 403 else error.get("type") or f"http_{answer.status}"
    raise ProviderRefused(
        message if isinstance(message, str) and message else f"GoCardless answered {answer.status}",
        provider_code=reasons[0] if reasons else code,
    )


def _items(answer: Answer) -> list[dict[str, Any]]:
    errors = error_of(answer).get("errors")
    return [item for item in errors if isinstance(item, dict)] if isinstance(errors, list) else []
