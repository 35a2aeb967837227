"""Calls to GoCardless. The customer gives a mandate through a billing request's flow; when it is fulfilled, the capture
makes the payment on the mandate. On our side of the port the billing request is the payment: its id never changes.

Currencies are those of GoCardless' direct debit schemes, one each (ACH, Autogiro, Bacs, BECS, BECS NZ,
Betalingsservice, PAD, SEPA), as of 2026-11-29 (developer.gocardless.com/api-reference). Amounts are ISO 4217 minor
units; limits depend on the account.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.requests.provider import ProviderCheck
from gateway_providers.checklist import Checklist
from gateway_providers.deadline import Deadline
from gateway_providers.errors import AmountNotSupported, NotCancelable, ProviderRefused, outcome_unknown, unavailable
from gateway_providers.gocardless import refunds
from gateway_providers.gocardless.checks import check
from gateway_providers.gocardless.http import (
    LIVE_URL,
    SANDBOX_URL,
    GoCardlessHttp,
    accepted,
    next_page,
    reasons_of,
    resource_of,
    resources_of,
)
from gateway_providers.gocardless.mapping import Seen, failure_of, link_of, payment_of
from gateway_providers.gocardless.markers import Markers, markers_of
from gateway_providers.ports import (
    DEFAULT_TIMEOUT_S,
    MARKER_TRANSACTION,
    Capabilities,
    PaymentIntentRequest,
    ProviderAccount,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)

CURRENCIES: Final = frozenset({"AUD", "CAD", "DKK", "EUR", "GBP", "NZD", "SEK", "USD"})
_REQUESTS: Final = "billing_requests"
_FLOWS: Final = "billing_request_flows"
_ID: Final = re.compile(r"BRQ[A-Z0-9]{1,60}")
_OBJECT_ID: Final = re.compile(r"[0-9a-f]{24}")
_PAGE: Final = 500
_PAGES_MAX: Final = 10
_CANCELABLE: Final = frozenset({"pending_customer_approval", "pending_submission"})
_DEAD_MANDATE: Final = frozenset({"mandate_is_inactive", "mandate_cancelled", "mandate_expired", "mandate_replaced"})
# Two payments on one mandate cannot come from us, but from the merchant's hand; the one that was collected counts.
_PREFERENCE: Final = ("succeeded", "processing", "authorized", "pending", "failed", "canceled")


class GoCardlessConnector:
    """The connector port of GoCardless; stateless apart from connections and circuits.

    Args:
        base_url: one interface for both modes (a simulator); None for GoCardless' own two.
    """

    capabilities: Capabilities = Capabilities(
        methods=("direct_debit",), mark_pending=True, currencies=CURRENCIES, refunds="api"
    )

    def __init__(self, base_url: str | None = None, *, http: GoCardlessHttp | None = None) -> None:
        own = GoCardlessHttp(base_url) if base_url else GoCardlessHttp(LIVE_URL, sandbox_url=SANDBOX_URL)
        self._http = http or own

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. The same key gives the same billing request; its page may have another address each time."""
        if intent.amount.currency not in CURRENCIES:
            raise AmountNotSupported(f"GoCardless does not collect {intent.amount.currency}")
        deadline = Deadline(timeout_s)
        request = await self._http.create(
            account, _REQUESTS, _new_request(intent), idempotency_key=idempotency_key, timeout_s=deadline.left_s
        )
        payment = _changed(Seen(request))
        if payment.state != "pending":
            return await self._seen(account, request, deadline)
        return _changed(Seen(request), await self._open_flow(account, payment, intent.return_url, deadline))

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port."""
        if not _ID.fullmatch(provider_payment_id):
            return None
        deadline = Deadline(timeout_s)
        request = await self._http.fetch(account, _REQUESTS, provider_payment_id, timeout_s=deadline.left_s)
        return None if request is None else await self._seen(account, request, deadline)

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See the port. GoCardless does not search metadata: the billing requests since ours was begun are read."""
        deadline = Deadline(timeout_s)
        query = {"limit": str(_PAGE)} | _since(our_reference)
        for _ in range(_PAGES_MAX):
            answer = await self._http.get(account, f"/{_REQUESTS}", query=query, timeout_s=deadline.left_s)
            for request in resources_of(answer, _REQUESTS):
                if (request.get("metadata") or {}).get(MARKER_TRANSACTION) == our_reference:
                    return await self._seen(account, request, deadline)
            after = next_page(answer)
            if after is None:
                return None
            query["after"] = after
        # Not looking further is not the same as knowing that there is none.
        raise unavailable("the account has too many billing requests to look through", retry_after_s=60)

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. Before the payment exists the billing request is given up, or the mandate that it made."""
        deadline = Deadline(timeout_s)
        seen = await self._look(account, provider_payment_id, deadline)
        path = _cancel_path(seen)
        if path is not None:
            answer = await self._http.send(
                account, "POST", path, json={}, idempotency_key=idempotency_key, timeout_s=deadline.left_s
            )
            if answer.status >= 400 and answer.status != 409 and not reasons_of(answer):
                accepted(answer)
            seen = await self._look(account, provider_payment_id, deadline)
        payment = _changed(seen)
        if payment.state not in ("succeeded", "canceled", "failed"):
            status = payment.provider_status
            raise NotCancelable(f"the provider cannot cancel this payment now ({status})", providerStatus=status)
        return payment

    async def capture_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port: makes the payment on the mandate of a fulfilled billing request, once.

        A billing request that is not fulfilled yet, or never will be, is the answer as it is. GoCardless would take as
        many payments on a mandate as it is asked for, so its key is the billing request, whatever key the caller has:
        two captures at the same time make one payment.
        """
        deadline = Deadline(timeout_s)
        seen = await self._look(account, provider_payment_id, deadline)
        payment = _changed(seen)
        if payment.state != "authorized":
            return payment
        try:
            made = await self._http.create(
                account,
                "payments",
                _new_payment(seen),
                idempotency_key=f"capture-{provider_payment_id}",
                timeout_s=deadline.left_s,
            )
        except ProviderRefused as exc:
            if exc.provider_code not in _DEAD_MANDATE:
                raise
            return ProviderPayment(
                provider_payment_id, "failed", payment.amount, exc.provider_code, failure=failure_of(exc.provider_code)
            )
        return _changed(Seen(seen.request, made))

    async def refund_payment(
        self,
        account: ProviderAccount,
        request: RefundRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderRefund:
        """See the port."""
        deadline = Deadline(timeout_s)
        seen = await self._look(account, request.provider_payment_id, deadline)
        return await refunds.create(
            self._http, account, request, seen, idempotency_key=idempotency_key, timeout_s=deadline.left_s
        )

    async def find_refund(
        self, account: ProviderAccount, request: RefundRequest, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderRefund | None:
        """See the port."""
        deadline = Deadline(timeout_s)
        seen = await self._look(account, request.provider_payment_id, deadline)
        return await refunds.find(self._http, account, request, seen, timeout_s=deadline.left_s)

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """See `Checkable`."""
        checks = Checklist(GoCardlessHttp.name, "accessToken", webhook_url=webhook_url, timeout_s=timeout_s)
        return await checks.made_by(check(self._http, account, checks))

    async def aclose(self) -> None:
        """See the port."""
        await self._http.aclose()

    async def _open_flow(
        self, account: ProviderAccount, payment: ProviderPayment, return_url: str, deadline: Deadline
    ) -> str:
        """A page for the customer. It is only a way in: another one changes nothing, so it needs no key."""
        links = {"billing_request": payment.provider_payment_id}
        body = {"redirect_uri": return_url, "exit_uri": return_url, "lock_currency": True, "links": links}
        answer = await self._http.send(
            account, "POST", f"/{_FLOWS}", json={_FLOWS: body}, idempotency_key=None, timeout_s=deadline.left_s
        )
        try:
            url = resource_of(answer, _FLOWS).get("authorisation_url")
        except Unreadable as exc:
            raise outcome_unknown(str(exc)) from exc
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise outcome_unknown("GoCardless answered a flow without its address")
        return url

    async def _look(self, account: ProviderAccount, identifier: str, deadline: Deadline) -> Seen:
        request = None
        if _ID.fullmatch(identifier):
            request = await self._http.fetch(account, _REQUESTS, identifier, timeout_s=deadline.left_s)
        if request is None:
            raise ProviderRefused("GoCardless knows no such billing request", provider_code="resource_not_found")
        return await self._complete(account, request, deadline)

    async def _complete(self, account: ProviderAccount, request: dict[str, Any], deadline: Deadline) -> Seen:
        """With what followed from a fulfilled request: its payment, or the mandate that waits for one."""
        mandate = link_of(request, "mandate_request_mandate")
        if request.get("status") != "fulfilled" or mandate is None:
            return Seen(request)
        query = {"mandate": mandate, "limit": "100"}
        answer = await self._http.get(account, "/payments", query=query, timeout_s=deadline.left_s)
        ours = [Seen(request, item) for item in resources_of(answer, "payments") if _is_of(item, request)]
        if ours:
            return min(ours, key=_rank)
        found = await self._http.fetch(account, "mandates", mandate, timeout_s=deadline.left_s)
        return Seen(request, mandate_status=str(found.get("status")) if found else None)

    async def _seen(self, account: ProviderAccount, request: dict[str, Any], deadline: Deadline) -> ProviderPayment:
        try:
            return payment_of(await self._complete(account, request, deadline))
        except Unreadable as exc:
            raise unavailable(str(exc)) from exc


def _changed(seen: Seen, authorisation_url: str | None = None) -> ProviderPayment:
    """After a change that was accepted, an unreadable answer leaves the outcome open."""
    try:
        return payment_of(seen, authorisation_url=authorisation_url)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


def _is_of(payment: dict[str, Any], request: dict[str, Any]) -> bool:
    markers = markers_of(payment.get("metadata"))
    return markers is not None and markers.billing_request == request.get("id")


def _rank(seen: Seen) -> int:
    state = payment_of(seen).state
    return _PREFERENCE.index(state) if state in _PREFERENCE else len(_PREFERENCE)


def _since(our_reference: str) -> dict[str, str]:
    """Our ids begin with their second; nothing of ours is older. One minute for clocks that differ."""
    if not _OBJECT_ID.fullmatch(our_reference):
        return {}
    begun = datetime.fromtimestamp(int(our_reference[:8], 16) - 60, UTC)
    return {"created_at[gte]": begun.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _cancel_path(seen: Seen) -> str | None:
    """The object to cancel; None when none can be."""
    if seen.payment is not None:
        status = seen.payment.get("status")
        return f"/payments/{seen.payment['id']}/actions/cancel" if status in _CANCELABLE else None
    if seen.request.get("status") in ("pending", "ready_to_fulfil"):
        return f"/{_REQUESTS}/{seen.request['id']}/actions/cancel"
    mandate = link_of(seen.request, "mandate_request_mandate")
    return f"/mandates/{mandate}/actions/cancel" if mandate and payment_of(seen).state == "authorized" else None


def _new_request(intent: PaymentIntentRequest) -> dict[str, Any]:
    metadata = Markers(intent.transaction_id, intent.organization_id, intent.amount).metadata()
    mandate: dict[str, Any] = {"currency": intent.amount.currency, "metadata": metadata}
    if intent.description:
        mandate["description"] = intent.description[:100]
    return {"mandate_request": mandate, "metadata": metadata}


def _new_payment(seen: Seen) -> dict[str, Any]:
    markers = markers_of(seen.request.get("metadata"))
    mandate = link_of(seen.request, "mandate_request_mandate")
    if markers is None or mandate is None:
        raise ProviderRefused("the billing request belongs to another system", provider_code="foreign_billing_request")
    own = Markers(markers.transaction, markers.organization, markers.amount, str(seen.request["id"]))
    return {
        "amount": markers.amount.amount_minor,
        "currency": markers.amount.currency,
        "metadata": own.metadata(),
        "links": {"mandate": mandate},
    }
