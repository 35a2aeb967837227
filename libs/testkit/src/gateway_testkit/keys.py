"""A keyring that encrypts: random system keys, and data keys for a few organizations."""

import secrets

from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.keyring import Keyring

TEST_ORGANIZATION = "65a500000000000000000001"
OTHER_ORGANIZATION = "65a500000000000000000002"
_PURPOSES: tuple[Purpose, ...] = ("operational", "records")


def new_keyring(*organization_ids: str) -> Keyring:
    """A keyring with a system data key and both data keys of each organization."""
    keyring = Keyring.from_secrets(secrets.token_hex(32), secrets.token_hex(32))
    keyring.load(keyring.create("system", "", "system"))
    for organization_id in organization_ids:
        for purpose in _PURPOSES:
            keyring.load(keyring.create("organization", organization_id, purpose))
    return keyring
