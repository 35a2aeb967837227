"""A merchant's customer, made from what they entered when they paid."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.encrypted import EncryptedValue

TRANSACTIONS_SHOWN: Final = 100
COLLECTION: Final = "clients"
PARTY_FIELD: Final = "party"
TAX_FIELD: Final = "tax"
EMAIL_FIELD: Final = "email"


@dataclass(frozen=True)
class Payer:
    """How a client may be known: by the id that the merchant named, or by the keyed hash of the e-mail address."""

    organization_id: str
    livemode: bool
    named_client_id: str | None
    email_hash: str | None


class Client(Aggregate):
    """A client of one organization and mode. Personal data only inside ``party`` (encrypted JSON of `Party`).

    ``tax`` is the encrypted rest of the tax block, beside the tax id, which is part of the party. ``transaction_ids``
    are the latest ones; ``payments`` counts all.
    """

    livemode: bool
    party: EncryptedValue | None = None
    email_hash: str | None = None
    country: str | None = None
    payments: int
    transaction_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    tax: EncryptedValue | None = None

    def paid(self, transaction_id: str, *, party: EncryptedValue | None, country: str | None, at: datetime) -> "Client":
        """After one more successful payment; what the customer entered last counts."""
        return self.changed(
            party=party or self.party,
            country=country or self.country,
            payments=self.payments + 1,
            transaction_ids=(*self.transaction_ids, transaction_id)[-TRANSACTIONS_SHOWN:],
            updated_at=at,
        )

    def described(
        self,
        *,
        party: EncryptedValue,
        tax: EncryptedValue | None,
        email_hash: str | None,
        country: str | None,
        at: datetime,
    ) -> "Client":
        """As its merchant describes it now."""
        return self.changed(
            party=party,
            tax=tax,
            email_hash=email_hash,
            country=country,
            updated_at=at,
        )
