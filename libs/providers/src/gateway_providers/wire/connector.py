"""Bank transfer behind the connector port: nothing is called, everything follows from the account and the amount."""

from gateway_contracts.money import Money
from gateway_contracts.requests.customer import BankDetails, NextAction
from gateway_providers.epc import Transfer, epc_payload, has_epc
from gateway_providers.errors import ProviderRefused
from gateway_providers.ports import (
    DEFAULT_TIMEOUT_S,
    MARKER_ORGANIZATION,
    MARKER_TRANSACTION,
    Capabilities,
    PaymentIntentRequest,
    PaymentState,
    ProviderAccount,
    ProviderPayment,
)
from gateway_providers.remittance import normalized_iban, printed, reference_for, transaction_id_of

_AWAITING = "awaiting_transfer"


class WireConnector:
    """The connector port of bank transfer. A payment's id is its creditor reference."""

    capabilities = Capabilities(
        methods=("bank_transfer",),
        mark_pending=True,
        replaceable=True,
        webhooks=False,
        idempotency_window_s=10 * 365 * 24 * 3600,
    )

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """See the port. The same transaction always gets the same reference, whatever the key.

        Raises:
            ProviderRefused: the account lacks a valid IBAN or its holder's name.
        """
        details = self._details(account, intent)
        return ProviderPayment(
            provider_payment_id=reference_for(intent.transaction_id),
            state="pending",
            amount=intent.amount,
            next_action=NextAction(type="bank_transfer", bank_details=details),
            provider_status=_AWAITING,
            metadata={MARKER_TRANSACTION: intent.transaction_id, MARKER_ORGANIZATION: intent.organization_id},
        )

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """No provider to ask. A valid reference waits for a receipt, another does not exist."""
        transaction_id = transaction_id_of(provider_payment_id)
        return None if transaction_id is None else _at_rest(account, transaction_id, "pending")

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """See `fetch_payment`."""
        return await self.fetch_payment(account, reference_for(our_reference), timeout_s=timeout_s)

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """Nothing to call off; a transfer that arrives later is a receipt on a canceled transaction.

        Raises:
            ProviderRefused: not a reference of this gateway.
        """
        transaction_id = transaction_id_of(provider_payment_id)
        if transaction_id is None:
            raise ProviderRefused("not a reference of this gateway", provider_code="unknown_reference")
        return _at_rest(account, transaction_id, "canceled")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _details(self, account: ProviderAccount, intent: PaymentIntentRequest) -> BankDetails:
        return bank_details(account, intent.transaction_id, intent.amount)


def bank_details(account: ProviderAccount, transaction_id: str, amount: Money) -> BankDetails:
    """Where the customer sends the money, with the EPC QR payload for amounts in euro.

    Raises:
        ProviderRefused: the account lacks a valid IBAN or its holder's name.
    """
    reference = reference_for(transaction_id)
    holder, bic = str(account.public.get("accountHolder") or ""), account.public.get("bic")
    try:
        iban = normalized_iban(str(account.public.get("iban") or ""))
        if not holder.strip():
            raise ValueError("no account holder")
        transfer = Transfer(name=holder[:70], iban=iban, amount=amount, bic=bic, reference=reference)
        qr = epc_payload(transfer) if has_epc(amount) else None
    except ValueError as exc:
        raise ProviderRefused(f"bank details: {exc}", provider_code="invalid_bank_details") from exc
    return BankDetails(
        account_holder=holder,
        iban=printed(iban),
        bic=bic,
        bank_name=account.public.get("bankName"),
        instructions=account.public.get("instructions"),
        reference=printed(reference),
        amount=amount.amount_minor,
        currency=amount.currency,
        epc_qr=qr,
    )


def _at_rest(account: ProviderAccount, transaction_id: str, state: PaymentState) -> ProviderPayment:
    return ProviderPayment(
        provider_payment_id=reference_for(transaction_id),
        state=state,
        amount=None,
        provider_status=_AWAITING if state == "pending" else state,
        metadata={MARKER_TRANSACTION: transaction_id, MARKER_ORGANIZATION: account.organization_id},
    )
