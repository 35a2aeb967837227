import pytest

from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.crypto.keyring import Keyring
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION


def test_the_keyring_keeps_organizations_apart(keyring: Keyring) -> None:
    value = keyring.encrypt(TEST_ORGANIZATION, "checkouts", "1", "email", "a@example.org")
    assert keyring.decrypt(value, TEST_ORGANIZATION, "checkouts", "1", "email") == b"a@example.org"
    with pytest.raises(DecryptionFailed):
        keyring.decrypt(value, OTHER_ORGANIZATION, "checkouts", "1", "email")
