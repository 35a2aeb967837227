"""Signatures of notifications, with the secrets of their sites."""

from datetime import datetime
from typing import Final

from gateway_contracts.errors import GatewayError
from gateway_kit.crypto.config_secrets import ipn_secrets
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.crypto.signing import standard_webhook_signature, x_signature
from gateway_kit.nats.config_cache import ConfigCache
from ipn.domain.delivery import Delivery

_USER_AGENT: Final = "payment-gateway-ipn/1"


class SiteSigner:
    """The signer port."""

    def __init__(self, config: ConfigCache, keyring: Keyring) -> None:
        self._config = config
        self._keyring = keyring

    def headers(self, delivery: Delivery, body: bytes, at: datetime) -> dict[str, str]:
        """See the port."""
        secrets, timestamp = self._secrets(delivery), int(at.timestamp())
        # While a secret is rotated the list carries one signature for each that is still accepted.
        standard = [standard_webhook_signature(secret, delivery.id, timestamp, body) for secret in secrets]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": _USER_AGENT,
            "X-Signature-Timestamp": str(timestamp),
            "X-Signature-HMAC-SHA256": x_signature(secrets[0], timestamp, body),
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(standard),
        }
        if delivery.dialect == 2:
            headers |= {"X-IPN-Version": "2", "X-IPN-Delivery-ID": delivery.id}
        return headers

    def _secrets(self, delivery: Delivery) -> tuple[str, ...]:
        site = self._config.last_site(delivery.site_id)
        secrets = ipn_secrets(self._keyring, site, livemode=delivery.livemode) if site is not None else ()
        if not secrets:
            raise GatewayError("the site has no signing secret", code="NO_SIGNING_SECRET")
        return secrets
