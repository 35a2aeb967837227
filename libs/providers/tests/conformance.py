"""Conformance suite of providers. A provider's tests inherit these classes and fill in the properties.

A new provider passes, before anything else:

- `ConnectorConformance`, and `RefundingConformance` if it refunds by a call;
- `WebhookConformance` if its webhooks are signed, dated and speak for themselves; else the parts of it that apply:
  `SignatureConformance` (signed), `DatedConformance` (the signature has a time), `EventConformance` (facts are in it);
- `ThinEventConformance` if its webhooks only name what has to be fetched.
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_contracts.errors import OutcomeUnknown, Rejected, Transient, Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import ProviderRefused, SignatureInvalid
from gateway_providers.events import FactKind, Webhooks
from gateway_providers.ports import Connector, PaymentIntentRequest, ProviderAccount, Refunding, RefundRequest
from gateway_providers.recording import recorded, recording

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECRET, OLDER_SECRET = "whsec_the_current_one", "whsec_the_one_before"
REFUND = "65a5000000000000000000bb"
TRANSACTION, ORGANIZATION = "65a5000000000000000000aa", "65a500000000000000000001"
AMOUNTS = [Money(1099, "EUR"), Money(1200, "JPY"), Money(1250, "KWD"), Money(500, "ISK"), Money(700, "UGX")]


# Every provider's class runs the same method; without a database no example of one is replayed for another.
inherited = settings(suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow], database=None)


class _Signed(ABC):
    """Properties of a provider for the conformance of its webhooks."""

    webhooks: Webhooks

    @abstractmethod
    def headers(self, body: bytes, secret: str, at: datetime) -> dict[str, str]:
        """Genuine headers, made without the code under test."""

    @abstractmethod
    def a_body(self) -> bytes:
        """A genuine body."""

    def verify(self, body: bytes, headers: dict[str, str], secrets: tuple[str, ...] = (SECRET,)) -> None:
        # Only the declared headers reach it.
        handed_on = {name: text for name, text in headers.items() if name in self.webhooks.signature_headers}
        self.webhooks.verify(body, handed_on, secrets, NOW)


class SignatureConformance(_Signed):
    """Only who knows a secret is believed."""

    signs_everything = True
    """Whether a webhook without a signature is refused; a provider of thin events may send some unsigned."""

    def test_a_genuine_body_is_accepted(self) -> None:
        self.verify(self.a_body(), self.headers(self.a_body(), SECRET, NOW))

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(SignatureInvalid):
            self.verify(self.a_body(), self.headers(self.a_body(), "whsec_of_another_account", NOW))

    def test_no_header_is_refused_unless_it_is_a_thin_event(self) -> None:
        if not self.signs_everything:
            assert self.webhooks.is_thin_event(self.a_body(), {})
            return
        with pytest.raises(SignatureInvalid):
            self.verify(self.a_body(), {})

    @pytest.mark.parametrize("secrets", [(), ("",), ("  ",)])
    def test_without_a_secret_nothing_is_genuine(self, secrets: tuple[str, ...]) -> None:
        with pytest.raises(SignatureInvalid):
            self.verify(self.a_body(), self.headers(self.a_body(), "", NOW), secrets)

    def test_while_rotating_both_secrets_are_accepted(self) -> None:
        for secret in (SECRET, OLDER_SECRET):
            self.verify(self.a_body(), self.headers(self.a_body(), secret, NOW), (SECRET, OLDER_SECRET))

    @inherited
    @given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
    def test_a_changed_body_is_refused(self, position: int, bit: int) -> None:
        body = bytearray(self.a_body())
        headers = self.headers(bytes(body), SECRET, NOW)
        body[position % len(body)] ^= 1 << bit
        with pytest.raises(SignatureInvalid):
            self.verify(bytes(body), headers)

    @inherited
    @given(position=st.integers(0, 100), character=st.characters(min_codepoint=33, max_codepoint=126))
    def test_a_changed_secret_is_refused(self, position: int, character: str) -> None:
        place = position % len(SECRET)
        changed = SECRET[:place] + character + SECRET[place + 1 :]
        if changed != SECRET:
            with pytest.raises(SignatureInvalid):
                self.verify(self.a_body(), self.headers(self.a_body(), SECRET, NOW), (changed,))


class DatedConformance(_Signed):
    """Signatures that carry their time are refused when they are old, or from the future."""

    @pytest.mark.parametrize("seconds", [-300, 300])
    def test_the_edge_of_the_tolerance_is_accepted(self, seconds: int) -> None:
        self.verify(self.a_body(), self.headers(self.a_body(), SECRET, NOW + timedelta(seconds=seconds)))

    @pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
    def test_a_stale_or_future_signature_is_refused(self, seconds: int) -> None:
        with pytest.raises(SignatureInvalid):
            self.verify(self.a_body(), self.headers(self.a_body(), SECRET, NOW + timedelta(seconds=seconds)))


class GarbageConformance(_Signed):
    """A body that is not in the provider's format is unreadable, never a crash."""

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000])
    def test_garbage_is_unreadable(self, body: bytes) -> None:
        with pytest.raises(Unreadable):
            self.webhooks.split(body)
        with pytest.raises(Unreadable):
            self.webhooks.facts(body)


class EventConformance(GarbageConformance):
    """Splitting and facts of webhooks that speak for themselves."""

    @abstractmethod
    def captured(self, amount: Money, *, transaction_id: str | None, organization_id: str | None) -> bytes:
        """A body that says that a payment was captured."""

    @abstractmethod
    def of_type(self, event_type: str) -> bytes:
        """A well-formed body of some type."""

    def a_body(self) -> bytes:
        return self.captured(AMOUNTS[0], transaction_id=TRANSACTION, organization_id=ORGANIZATION)

    def test_a_body_is_split_into_its_events(self) -> None:
        [event] = self.webhooks.split(self.a_body())

        assert event.provider_event_id
        assert self.webhooks.facts(event.raw)

    def test_an_unknown_type_is_a_fact_of_kind_unknown(self) -> None:
        [fact] = self.webhooks.facts(self.of_type("something.entirely_new"))

        assert fact.kind is FactKind.UNKNOWN
        assert fact.event_type == "something.entirely_new"

    @pytest.mark.parametrize("amount", AMOUNTS, ids=lambda amount: amount.currency)
    def test_a_capture_names_our_transaction_and_its_amount(self, amount: Money) -> None:
        [fact] = self.webhooks.facts(self.captured(amount, transaction_id=TRANSACTION, organization_id=ORGANIZATION))

        assert fact.kind is FactKind.CAPTURE_CONFIRMED
        assert (fact.transaction_id, fact.organization_id) == (TRANSACTION, ORGANIZATION)
        assert fact.amount == amount
        assert fact.provider_payment_id

    def test_a_foreign_payment_has_no_transaction(self) -> None:
        [fact] = self.webhooks.facts(self.captured(AMOUNTS[0], transaction_id=None, organization_id=None))

        assert fact.transaction_id is None

    def test_another_organizations_marker_is_surfaced(self) -> None:
        body = self.captured(AMOUNTS[0], transaction_id=TRANSACTION, organization_id="f" * 24)

        assert self.webhooks.facts(body)[0].organization_id == "f" * 24


class WebhookConformance(EventConformance, SignatureConformance, DatedConformance):
    """Webhooks that are signed, dated, and speak for themselves."""


class ThinEventConformance(GarbageConformance):
    """Webhooks that only name what has to be fetched."""

    def test_it_is_a_thin_event_and_no_fact(self) -> None:
        [event] = self.webhooks.split(self.a_body())

        assert self.webhooks.is_thin_event(self.a_body(), self.headers(self.a_body(), SECRET, NOW))
        assert self.webhooks.facts(event.raw) == []


class ConnectorConformance(ABC):
    """Calls. ``connector`` and ``account`` come from fixtures of the provider's tests."""

    @pytest.fixture
    @abstractmethod
    def connector(self) -> Connector: ...

    @pytest.fixture
    @abstractmethod
    def account(self) -> ProviderAccount: ...

    def intent(self, amount: Money = AMOUNTS[0]) -> PaymentIntentRequest:
        return PaymentIntentRequest(TRANSACTION, ORGANIZATION, amount, "https://pay.example/return")

    async def test_a_new_payment_carries_our_markers(self, connector: Connector, account: ProviderAccount) -> None:
        payment = await connector.create_payment(account, self.intent(), idempotency_key="k-1")

        assert payment.state == "pending"
        assert (payment.transaction_id, payment.organization_id) == (TRANSACTION, ORGANIZATION)
        assert payment.amount == AMOUNTS[0]
        assert payment.received is None

    async def test_the_same_key_is_the_same_payment(self, connector: Connector, account: ProviderAccount) -> None:
        first = await connector.create_payment(account, self.intent(), idempotency_key="k-1")
        again = await connector.create_payment(account, self.intent(), idempotency_key="k-1")

        assert first == again

    @pytest.mark.parametrize("amount", AMOUNTS, ids=lambda amount: amount.currency)
    async def test_amounts_survive_the_round_trip(
        self, connector: Connector, account: ProviderAccount, amount: Money
    ) -> None:
        payment = await connector.create_payment(account, self.intent(amount), idempotency_key="k-2")

        assert payment.amount == amount

    async def test_a_payment_is_found_by_id_and_by_our_reference(
        self, connector: Connector, account: ProviderAccount
    ) -> None:
        made = await connector.create_payment(account, self.intent(), idempotency_key="k-3")

        fetched = await connector.fetch_payment(account, made.provider_payment_id)
        found = await connector.find_payment(account, TRANSACTION)

        assert fetched is not None
        assert found is not None
        assert fetched.provider_payment_id == found.provider_payment_id == made.provider_payment_id

    @pytest.mark.parametrize("identifier", ["nothing_of_ours", "../../v1/charges", "", "a/b?c=d"])
    async def test_an_unknown_id_is_none(self, connector: Connector, account: ProviderAccount, identifier: str) -> None:
        assert await connector.fetch_payment(account, identifier) is None

    async def test_an_unpaid_payment_is_canceled(self, connector: Connector, account: ProviderAccount) -> None:
        made = await connector.create_payment(account, self.intent(), idempotency_key="k-4")

        canceled = await connector.cancel_payment(account, made.provider_payment_id, idempotency_key="k-5")

        assert canceled.state == "canceled"

    async def test_missing_credentials_are_refused(self, connector: Connector, account: ProviderAccount) -> None:
        bare = replace(account, secrets={}, public={})

        with pytest.raises(ProviderRefused):
            await connector.create_payment(bare, self.intent(), idempotency_key="k-6")

    async def test_no_secret_is_recorded(self, connector: Connector, account: ProviderAccount) -> None:
        with recording("k-7"):
            made = await connector.create_payment(account, self.intent(), idempotency_key="k-7")
            requests = recorded("k-7")
        kept = " ".join(f"{each.path} {each.request} {each.answer} {each.error}" for each in requests)
        shown_to_the_customer = (made.client_secret, made.next_action.url, self.intent().return_url)
        for secret in (*account.secrets.values(), *filter(None, shown_to_the_customer)):
            assert secret not in kept
        if requests:  # some providers make a payment without a request
            assert made.provider_payment_id in kept
            assert {each.status for each in requests} <= {200, 201}

    def test_secrets_are_not_shown(self, account: ProviderAccount) -> None:
        assert all(secret not in repr(account) for secret in account.secrets.values())


class RefundingConformance(ABC):
    """Money back. ``paid`` makes a captured payment of 10.99 EUR and answers its id."""

    @pytest.fixture
    @abstractmethod
    def connector(self) -> Connector: ...

    @pytest.fixture
    @abstractmethod
    def account(self) -> ProviderAccount: ...

    @abstractmethod
    async def paid(self, connector: Connector, account: ProviderAccount) -> str:
        """The id of a captured payment."""

    @abstractmethod
    async def give_back(self, minor: int) -> None:
        """The provider's next refund is of that amount, whatever it is asked for."""

    def request(self, payment_id: str, minor: int = 500, refund_id: str = REFUND) -> RefundRequest:
        amount = Money(minor, AMOUNTS[0].currency)
        return RefundRequest(refund_id, TRANSACTION, ORGANIZATION, payment_id, amount, total_refunded=amount)

    async def test_a_refund_carries_our_marker(self, connector: Connector, account: ProviderAccount) -> None:
        assert isinstance(connector, Refunding)
        payment_id = await self.paid(connector, account)

        refund = await connector.refund_payment(account, self.request(payment_id), idempotency_key="r-1")

        assert refund.state in ("pending", "succeeded")
        assert (refund.refund_id, refund.amount) == (REFUND, Money(500, "EUR"))

    async def test_the_same_key_is_the_same_refund(self, connector: Connector, account: ProviderAccount) -> None:
        assert isinstance(connector, Refunding)
        payment_id = await self.paid(connector, account)

        first = await connector.refund_payment(account, self.request(payment_id), idempotency_key="r-2")
        again = await connector.refund_payment(account, self.request(payment_id), idempotency_key="r-2")

        assert first == again

    async def test_a_refund_of_another_amount_is_reported_as_it_is(
        self, connector: Connector, account: ProviderAccount
    ) -> None:
        assert isinstance(connector, Refunding)
        payment_id = await self.paid(connector, account)
        await self.give_back(400)

        made = await connector.refund_payment(account, self.request(payment_id), idempotency_key="r-4")
        found = await connector.find_refund(account, self.request(payment_id))

        assert found is not None
        assert made.amount == found.amount == Money(400, "EUR")

    async def test_a_refund_with_an_unknown_outcome_is_found(
        self, connector: Connector, account: ProviderAccount
    ) -> None:
        assert isinstance(connector, Refunding)
        payment_id = await self.paid(connector, account)
        made = await connector.refund_payment(account, self.request(payment_id), idempotency_key="r-3")

        found = await connector.find_refund(account, self.request(payment_id))
        other = await connector.find_refund(account, self.request(payment_id, refund_id="f" * 24))

        assert found is not None
        assert (found.provider_refund_id, other) == (made.provider_refund_id, None)


FAILURES = (Rejected, Transient, OutcomeUnknown)
