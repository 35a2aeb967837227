"""Field encryption: what is bound to a place stays there."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Transient
from gateway_kit.crypto.errors import DecryptionFailed, KeyUnavailable
from gateway_kit.crypto.fields import FieldPlace
from gateway_kit.crypto.keyring import Keyring, dek_key
from gateway_kit.crypto.kms import DekPlace, LocalKms

SYSTEM_KEY = "8f1d3c5b7a99e2046f4b8d0c1e3a5f7799b2d4c6e8f00a1c2b3d4e5f60718293"
HASH_KEY = "c0ffee19274a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e5"
ORG = "0123456789abcdef01234567"
OTHER_ORG = "76543210fedcba9876543210"


def a_keyring() -> Keyring:
    keyring = Keyring.from_secrets(SYSTEM_KEY, HASH_KEY)
    keyring.load(keyring.create("system", "", "system"))
    for organization in (ORG, OTHER_ORG):
        for purpose in ("operational", "records"):
            keyring.load(keyring.create("organization", organization, purpose))
    return keyring


KEYRING = a_keyring()
PLACES = st.tuples(st.sampled_from([ORG, OTHER_ORG]), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))


@given(place=PLACES, text=st.text(max_size=200))
def test_what_was_encrypted_decrypts_in_its_place(place: tuple[str, str, str, str], text: str) -> None:
    value = KEYRING.encrypt(*place, text)

    assert KEYRING.decrypt(value, *place).decode() == text
    assert len(text) < 12 or text not in value.c


@given(place=PLACES, other=PLACES, text=st.text(max_size=50))
def test_a_value_moved_to_another_tenant_collection_document_or_field_does_not_decrypt(
    place: tuple[str, str, str, str], other: tuple[str, str, str, str], text: str
) -> None:
    if place == other:
        return
    value = KEYRING.encrypt(*place, text)

    with pytest.raises(DecryptionFailed):
        KEYRING.decrypt(value, *other)


@given(text=st.binary(max_size=60), position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_noticed(text: bytes, position: int, flip: int) -> None:
    version, blob = KEYRING.encrypt_raw(ORG, "c", "d", "f", text)
    changed = bytearray(blob)
    changed[position % len(blob)] ^= flip

    assert KEYRING.decrypt_raw(version, blob, ORG, "c", "d", "f") == text
    with pytest.raises(DecryptionFailed):
        KEYRING.decrypt_raw(version, bytes(changed), ORG, "c", "d", "f")


@given(parts=st.lists(st.text(max_size=4), min_size=5, max_size=5), others=st.lists(st.text(max_size=4), min_size=5))
def test_two_places_never_share_additional_data(parts: list[str], others: list[str]) -> None:
    def data(values: list[str]) -> bytes:
        return replace(
            FieldPlace("organization", "", "", "", ""),
            organization_id=values[0],
            collection=values[1],
            document_id=values[2],
            field=values[3],
        ).additional_data(1)

    assert (data(parts) == data(others)) == (parts[:4] == others[:4])


def test_a_value_does_not_decrypt_under_another_version_or_purpose_of_the_key() -> None:
    keyring = a_keyring()
    keyring.load(keyring.create("organization", ORG, "operational", 2))
    value = keyring.encrypt(ORG, "c", "d", "f", "text")

    assert value.v == 2
    for other in (EncryptedValue(v=1, c=value.c), EncryptedValue(v=1, p="records", c=value.c)):
        with pytest.raises(DecryptionFailed):
            keyring.decrypt(other, ORG, "c", "d", "f")


def test_system_values_and_values_of_organizations_never_meet() -> None:
    system = KEYRING.encrypt_system("c", "d", "f", "text")
    tenant = KEYRING.encrypt(ORG, "c", "d", "f", "text")

    assert KEYRING.decrypt_system(system, "c", "d", "f") == b"text"
    with pytest.raises(DecryptionFailed):
        KEYRING.decrypt(system, ORG, "c", "d", "f")
    with pytest.raises(DecryptionFailed):
        KEYRING.decrypt_system(tenant, "c", "d", "f")


def test_new_writes_take_the_highest_active_version_and_old_ones_stay_readable() -> None:
    keyring = a_keyring()
    before = keyring.encrypt(ORG, "c", "d", "f", "old")
    keyring.load(keyring.create("organization", ORG, "operational", 2))
    inactive = keyring.create("organization", ORG, "operational", 3).model_copy(update={"active": False})
    keyring.load(inactive)

    assert keyring.encrypt(ORG, "c", "d", "f", "new").v == 2
    assert keyring.decrypt(before, ORG, "c", "d", "f") == b"old"


def test_a_forgotten_key_makes_its_values_unreadable() -> None:
    keyring = a_keyring()
    value = keyring.encrypt(ORG, "c", "d", "f", "text", purpose="records")

    keyring.forget(f"dek.org.{ORG}.records.1")
    keyring.forget("dek.org.unknown.records.1")

    with pytest.raises(KeyUnavailable) as caught:
        keyring.decrypt(value, ORG, "c", "d", "f")
    assert isinstance(caught.value, Transient)
    assert caught.value.code == "KEY_UNAVAILABLE"
    assert not keyring.has_keys(ORG, "records")
    assert keyring.has_keys(ORG, "operational")


def test_a_missing_key_is_a_passing_fault() -> None:
    with pytest.raises(KeyUnavailable):
        KEYRING.encrypt("f" * 24, "c", "d", "f", "text")


def test_more_keys_than_are_kept_ready_are_unwrapped_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway_kit.crypto.keyring.CIPHERS_MAX", 2)
    keyring = a_keyring()
    values = {organization: keyring.encrypt(organization, "c", "d", "f", "text") for organization in (ORG, OTHER_ORG)}

    for _ in range(2):
        for organization, value in values.items():
            assert keyring.decrypt(value, organization, "c", "d", "f") == b"text"


def test_a_rewrapped_key_replaces_the_earlier_wrapping() -> None:
    keyring = a_keyring()
    kms = LocalKms(SYSTEM_KEY)
    record = keyring.create("organization", ORG, "operational", 4)
    place = DekPlace("organization", ORG, "operational", 4)
    keyring.load(record)
    value = keyring.encrypt(ORG, "c", "d", "f", "text")

    again = kms.wrap(kms.unwrap(base64.b64decode(record.wrapped), place), place)
    keyring.load(record.model_copy(update={"wrapped": base64.b64encode(again).decode()}))

    assert keyring.decrypt(value, ORG, "c", "d", "f") == b"text"


def test_a_key_wrapped_by_another_system_is_refused() -> None:
    stranger = Keyring.from_secrets(HASH_KEY, SYSTEM_KEY)

    with pytest.raises(DecryptionFailed, match="SYSTEM_ENCRYPTION_KEY"):
        stranger.load(KEYRING.create("system", "", "system"))


def test_a_wrapped_key_moved_to_another_organization_is_refused() -> None:
    record = KEYRING.create("organization", ORG, "operational")

    with pytest.raises(DecryptionFailed):
        a_keyring().load(record.model_copy(update={"organization_id": OTHER_ORG}))


def test_search_hashes_meet_for_equal_values_of_one_organization_only() -> None:
    assert KEYRING.search_hash(ORG, "email", " Jane@Example.COM ") == KEYRING.search_hash(
        ORG, "email", "jane@example.com"
    )
    hashes = {
        KEYRING.search_hash(ORG, "email", "jane@example.com"),
        KEYRING.search_hash(OTHER_ORG, "email", "jane@example.com"),
        KEYRING.search_hash(ORG, "phone", "jane@example.com"),
        KEYRING.keyed_hash("api_key", "jane@example.com"),
    }
    assert len(hashes) == 4


def test_no_secret_shows_in_text_forms() -> None:
    shown = repr(KEYRING) + str(KEYRING) + repr(LocalKms(SYSTEM_KEY))

    assert SYSTEM_KEY[:8] not in shown
    assert HASH_KEY[:8] not in shown


def test_configuration_keys_of_data_keys() -> None:
    assert dek_key(KEYRING.create("system", "", "system", 3)) == "dek.system.3"
    assert dek_key(KEYRING.create("organization", ORG, "records", 2)) == f"dek.org.{ORG}.records.2"
