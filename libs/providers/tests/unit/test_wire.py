"""Bank transfer: references, IBANs, the EPC QR code."""

from dataclasses import replace

import pytest
import segno.helpers
from conformance import ConnectorConformance
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_providers.epc import Transfer, epc_payload, epc_svg
from gateway_providers.errors import ProviderRefused, UnknownProviderType
from gateway_providers.ports import Connector, ProviderAccount
from gateway_providers.registry import PROVIDERS, connect, webhooks_of
from gateway_providers.remittance import (
    is_valid_reference,
    normalized_iban,
    printed,
    reference_for,
    transaction_id_of,
)
from gateway_providers.wire.connector import WireConnector, bank_details

IBAN = "DE89370400440532013000"
OBJECT_IDS = st.integers(0, 2**96 - 1).map(lambda number: f"{number:024x}")
ACCOUNT = ProviderAccount(
    id="p1",
    organization_id="65a500000000000000000001",
    type="wire",
    livemode=False,
    public={"accountHolder": "Müller & Söhne GmbH", "iban": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX"},
)


class TestWireConnector(ConnectorConformance):
    @pytest.fixture
    def connector(self) -> Connector:
        return WireConnector()

    @pytest.fixture
    def account(self) -> ProviderAccount:
        return ACCOUNT


@pytest.mark.parametrize("reference", ["RF18539007547034", "RF712348231", "RF45G72UUR"])
def test_published_references_are_valid(reference: str) -> None:
    assert is_valid_reference(reference)


@given(OBJECT_IDS)
def test_a_reference_is_valid_and_names_its_transaction(transaction_id: str) -> None:
    reference = reference_for(transaction_id)

    assert is_valid_reference(reference)
    assert len(reference) <= 25
    assert transaction_id_of(printed(reference).lower()) == transaction_id


@given(OBJECT_IDS, st.integers(0, 22), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_one_wrong_character_is_noticed(transaction_id: str, position: int, character: str) -> None:
    """A digit for a digit or a letter for a letter always; one for the other escapes ISO 7064 once in 97 times."""
    reference = reference_for(transaction_id)
    assume(character.isdigit() == reference[position].isdigit())
    changed = reference[:position] + character + reference[position + 1 :]

    assert changed == reference or not is_valid_reference(changed)


@pytest.mark.parametrize("text", ["", "RF", "RF00", "RF18539007547035", "18539007547034", "ZF18539007547034"])
def test_other_texts_are_no_reference_of_ours(text: str) -> None:
    assert transaction_id_of(text) is None


@pytest.mark.parametrize(
    "text",
    ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr1420041010050500013M02606", "NO9386011117947"],
)
def test_valid_ibans(text: str) -> None:
    assert normalized_iban(text) == text.replace(" ", "").upper()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DE89370400440532013001",
        "DE8937040044053201300",
        "XX",
        "DE0037040044053201300",
        "DE89-3704-0044-0532-0130-0X",
    ],
)
def test_invalid_ibans(text: str) -> None:
    with pytest.raises(ValueError, match="IBAN"):
        normalized_iban(text)


def test_the_qr_payload_follows_the_standard() -> None:
    transfer = Transfer(
        "Müller & Söhne GmbH", IBAN, Money(1230, "EUR"), bic="COBADEFFXXX", reference="RF18539007547034"
    )

    assert epc_payload(transfer).split("\n") == [
        "BCD",
        "002",
        "1",
        "SCT",
        "COBADEFFXXX",
        "Müller & Söhne GmbH",
        IBAN,
        "EUR12.30",
        "",
        "RF18539007547034",
    ]


def test_the_qr_payload_agrees_with_another_implementation() -> None:
    transfer = Transfer("Demo GmbH", IBAN, Money(1235, "EUR"), reference="RF18539007547034")
    their_payload = segno.helpers._make_epc_qr_data  # type: ignore[attr-defined]  # not in segno's stubs
    theirs = their_payload("Demo GmbH", IBAN, "12.35", reference="RF18539007547034", encoding=1)

    assert epc_payload(transfer).encode() == theirs


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Money(0, "EUR")},
        {"amount": Money(100_000_000_000, "EUR")},
        {"amount": Money(100, "USD")},
        {"text": "both"},
        {"reference": None},
        {"reference": "RF00"},
        {"name": ""},
        {"name": "x" * 71},
        {"bic": "NOBIC"},
        {"iban": "DE00"},
        {"reference": None, "text": "x" * 141},
    ],
)
def test_the_qr_code_refuses_what_the_standard_refuses(change: dict[str, object]) -> None:
    fields = {"name": "Demo", "iban": IBAN, "amount": Money(1, "EUR"), "reference": "RF18539007547034"} | change
    with pytest.raises(ValueError, match=r"[a-z]"):
        epc_payload(Transfer(**fields))  # type: ignore[arg-type]


def test_a_text_instead_of_a_reference() -> None:
    payload = epc_payload(Transfer("Demo", IBAN, Money(99_999_999_999, "EUR"), text="Order 42\nthank you"))

    assert payload.split("\n")[7:] == ["EUR999999999.99", "", "", "Order 42 thank you"]


def test_the_qr_code_is_a_picture() -> None:
    payload = epc_payload(Transfer("Demo", IBAN, Money(1, "EUR"), reference="RF18539007547034"))

    assert epc_svg(payload).startswith("<svg")


def test_bank_details_for_the_page() -> None:
    details = bank_details(ACCOUNT, "65a5000000000000000000aa", Money(1230, "EUR"))

    assert details.iban == "DE89 3704 0044 0532 0130 00"
    assert transaction_id_of(details.reference) == "65a5000000000000000000aa"
    assert details.epc_qr is not None
    assert bank_details(ACCOUNT, new_object_id(), Money(1230, "CHF")).epc_qr is None
    assert bank_details(ACCOUNT, new_object_id(), Money(10**13, "EUR")).epc_qr is None


def test_bank_details_carry_what_the_merchant_wants_said_with_them() -> None:
    said = {"bankName": "Demo Bank", "instructions": "One transfer per order, please."}
    account = replace(ACCOUNT, public={**ACCOUNT.public, **said})

    details = bank_details(account, new_object_id(), Money(1230, "EUR"))

    assert (details.bank_name, details.instructions) == (said["bankName"], said["instructions"])
    assert bank_details(ACCOUNT, new_object_id(), Money(1230, "EUR")).instructions is None


def test_bank_details_need_a_valid_account() -> None:
    broken = ProviderAccount("p", "o", "wire", False, public={"accountHolder": "Demo", "iban": "DE00"})
    with pytest.raises(ProviderRefused) as refused:
        bank_details(broken, new_object_id(), Money(1, "EUR"))

    assert refused.value.provider_code == "invalid_bank_details"


def test_the_registry_knows_its_providers() -> None:
    assert {"stripe", "mollie", "wire"} <= set(PROVIDERS)
    assert connect("wire").capabilities.mark_pending
    assert webhooks_of("stripe").secret_name == "webhookSecret"
    for unknown in ("wire", "unknown"):
        with pytest.raises(UnknownProviderType):
            webhooks_of(unknown)
    with pytest.raises(UnknownProviderType):
        connect("unknown")
