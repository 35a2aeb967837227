"""Account details per currency, from the provider's configuration."""

import json
from collections.abc import Mapping
from typing import Any

from gateway_contracts.money import Money
from gateway_contracts.requests.customer import BankDetails
from gateway_providers.errors import ProviderRefused
from gateway_providers.ports import ProviderAccount
from gateway_providers.remittance import printed, reference_for
from gateway_providers.wire.connector import bank_details as iban_details


def details_of(account: ProviderAccount, transaction_id: str, amount: Money) -> BankDetails:
    """Where the customer sends an amount of that currency.

    Raises:
        ProviderRefused: the configuration has no account in that currency, or one that cannot be used.
    """
    ours = _accounts(account).get(amount.currency)
    if not isinstance(ours, dict):
        message = f"the provider configuration has no account details for {amount.currency}"
        raise ProviderRefused(message, provider_code="currency_not_configured")
    holder = str(ours.get("accountHolder") or account.public.get("accountHolder") or "")
    if ours.get("iban"):
        public = {**ours, "accountHolder": holder}
        return iban_details(
            ProviderAccount(account.id, account.organization_id, account.type, account.livemode, public),
            transaction_id,
            amount,
        )
    if not holder.strip() or not ours.get("accountNumber"):
        raise ProviderRefused("bank details: no holder or no account number", provider_code="invalid_bank_details")
    return BankDetails(
        account_holder=holder,
        iban="",
        account_number=str(ours["accountNumber"]),
        routing_code=_text(ours, "routingCode"),
        bic=_text(ours, "bic"),
        bank_name=_text(ours, "bankName"),
        reference=printed(reference_for(transaction_id)),
        amount=amount.amount_minor,
        currency=amount.currency,
    )


def _accounts(account: ProviderAccount) -> Mapping[str, Any]:
    try:
        found = json.loads(str(account.public.get("accounts") or "{}"))
    except ValueError as exc:
        raise ProviderRefused("bank details: not readable", provider_code="invalid_bank_details") from exc
    return found if isinstance(found, dict) else {}


def _text(of: Mapping[str, Any], name: str) -> str | None:
    return str(of[name]) if of.get(name) else None
