"""Wise's connector: bank transfer as `wire` has it, and a look at the transfers that Wise tells of."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from gateway_contracts.money import Money
from gateway_contracts.requests.customer import BankDetails
from gateway_contracts.requests.provider import ProviderCheck
from gateway_providers.checklist import Checklist
from gateway_providers.deadline import Deadline
from gateway_providers.errors import ProviderRefused
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.ports import DEFAULT_TIMEOUT_S, PaymentIntentRequest, ProviderAccount
from gateway_providers.registration import WebhookRegistration
from gateway_providers.remittance import transaction_id_of
from gateway_providers.wire.connector import WireConnector
from gateway_providers.wise.accounts import details_of
from gateway_providers.wise.checks import check
from gateway_providers.wise.http import LIVE_URL, SANDBOX_URL, WiseHttp
from gateway_providers.wise.subscriptions import register
from gateway_providers.wise.transfers import Arrival, incoming_of, reference_in, transfer_of
from gateway_providers.wise.webhook import CREDITED, PAYMENT_CHANGED, ThinEvent, read_thin_event

_NO_ACCESS: Final = "no_access"
_NO_TRANSACTION: Final = "0" * 24
_RESOURCES: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Arrival]]]] = {
    CREDITED: ("/v1/incoming-transfers/", incoming_of),
    PAYMENT_CHANGED: ("/v1/transfers/", transfer_of),
}


class WiseConnector(WireConnector):
    """The connector port of Wise. Nothing is made at Wise: a payment's id is its creditor reference.

    Args:
        base_url: None for Wise's own interface, sandbox or live by the account's mode.
    """

    def __init__(self, base_url: str | None = None, *, http: WiseHttp | None = None) -> None:
        self._http = http or WiseHttp(base_url or LIVE_URL, sandbox_url=base_url or SANDBOX_URL)

    def _details(self, account: ProviderAccount, intent: PaymentIntentRequest) -> BankDetails:
        return details_of(account, intent.transaction_id, intent.amount)

    def takes(self, account: ProviderAccount, amount: Money) -> bool:
        """See the port `Selective`: the account has usable details in that currency."""
        try:
            details_of(account, _NO_TRANSACTION, amount)
        except ProviderRefused:
            return False
        return True

    async def resolve_thin_event(
        self, account: ProviderAccount, raw: bytes, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> list[ProviderFact]:
        """See the port: the transfer's amount and reference. Without access to it the thin event is noted, nothing
        more: the account is a plain bank account then.
        """
        thin_event = read_thin_event(raw)
        if not thin_event.tells_of_money or _is_foreign(thin_event.profile_id, account):
            return []
        path, read = _RESOURCES[thin_event.event_type]
        answer = await self._http.get(account, path + thin_event.resource_id, timeout_s=timeout_s)
        if answer.status == 403:
            return [_fact(account, thin_event, _NO_ACCESS)]
        if answer.status == 404:
            return []
        if answer.status >= 400:
            raise ProviderRefused(f"Wise answered {answer.status}", provider_code=f"http_{answer.status}")
        # An amount that cannot be read is still money: the thin event is set aside, not forgotten.
        arrival = read(answer.body)
        if _is_foreign(arrival.profile_id, account):
            return []
        return [_of_arrival(account, thin_event, arrival)]

    def thin_event_subject(self, raw: bytes) -> str:
        """See the port: what happened to a transfer, at its moment."""
        return read_thin_event(raw).key

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """See `Checkable`."""
        checks = Checklist(WiseHttp.name, "apiToken", webhook_url=webhook_url, timeout_s=timeout_s)
        return await checks.made_by(check(self._http, account, checks))

    async def register_webhook(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> WebhookRegistration:
        """See `Registering`."""
        return await register(self._http, account, webhook_url, Deadline(timeout_s))

    async def aclose(self) -> None:
        """See the port."""
        await self._http.aclose()


def _of_arrival(account: ProviderAccount, thin_event: ThinEvent, arrival: Arrival) -> ProviderFact:
    noted = _fact(account, thin_event, arrival.status)
    if not arrival.has_arrived:
        return noted
    reference = reference_in(arrival.text)
    return replace(
        noted,
        kind=FactKind.MONEY_RECEIVED,
        provider_payment_id=reference,
        transaction_id=transaction_id_of(reference) if reference else None,
        amount=arrival.amount,
        reference=reference,
    )


def _fact(account: ProviderAccount, thin_event: ThinEvent, status: str) -> ProviderFact:
    """The observed transfer. The key holds the status: later arrival or later access is a new fact."""
    seen = "\n".join((account.id, thin_event.key, status))
    return ProviderFact(
        kind=FactKind.UNKNOWN,
        event_type=thin_event.event_type,
        provider_status=status,
        occurred_at=thin_event.occurred_at,
        livemode=account.livemode,
        provider_object_id=thin_event.resource_id,
        event_key=hashlib.sha256(seen.encode()).hexdigest()[:32],
    )


def _is_foreign(profile_id: str | None, account: ProviderAccount) -> bool:
    """Whether it is another profile's: one token may see several."""
    ours = str(account.public.get("profileId") or "")
    return bool(ours) and profile_id is not None and profile_id != ours
