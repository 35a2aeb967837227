"""The merchant's URL and the notification's body at rest: encrypted under the organization's key."""

from yarl import URL

from gateway_contracts.encrypted import EncryptedValue
from gateway_kit.crypto.keyring import Keyring
from ipn.domain.delivery import Delivery

_COLLECTION = "deliveries"
_URL = "url"
_BODY = "body"


class KeyringSealer:
    """The sealer port."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def seal_url(self, organization_id: str, delivery_id: str, url: str) -> EncryptedValue:
        """Encrypt the URL for its delivery."""
        return self._keyring.encrypt(organization_id, _COLLECTION, delivery_id, _URL, url)

    def open_url(self, delivery: Delivery) -> str:
        """The URL in clear.

        Raises:
            DecryptionFailed, KeyUnavailable: see `Keyring.decrypt`.
        """
        blob = self._keyring.decrypt(delivery.url, delivery.organization_id, _COLLECTION, delivery.id, _URL)
        return blob.decode()

    def seal_body(self, organization_id: str, delivery_id: str, body: str) -> EncryptedValue:
        """Encrypt the body for its delivery."""
        return self._keyring.encrypt(organization_id, _COLLECTION, delivery_id, _BODY, body)

    def open_body(self, delivery: Delivery) -> bytes:
        """The body in clear.

        Raises:
            DecryptionFailed, KeyUnavailable: see `Keyring.decrypt`.
        """
        return self._keyring.decrypt(delivery.body, delivery.organization_id, _COLLECTION, delivery.id, _BODY)

    def target_of(self, url: str) -> str:
        """See the port. A URL without a host counts as itself; its attempts will say what is wrong with it."""
        try:
            parsed = URL(url)
            text = f"{parsed.raw_host}:{parsed.port}"
        except ValueError:
            text = url
        return self._keyring.keyed_hash("ipn target", text)[:32]
