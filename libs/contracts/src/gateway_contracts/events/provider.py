"""Webhooks that svc-webhook-ingest stores for svc-transaction.

The message body is the ciphertext of one provider event (raw bytes, never base64), encrypted under the
organization's operational key; the attributes travel as headers, so that the hot path builds no JSON.
"""

from dataclasses import dataclass

TYPE = "provider.event_received.v1"

HEADER_EVENT_ID = "Gw-Event-Id"
HEADER_PROVIDER_ID = "Gw-Provider-Id"
HEADER_PROVIDER_TYPE = "Gw-Provider-Type"
HEADER_ORGANIZATION = "Gw-Organization-Id"
HEADER_LIVEMODE = "Gw-Livemode"
HEADER_DEK_VERSION = "Gw-Dek-Version"
HEADER_RECEIVED_AT = "Gw-Received-At"
HEADER_VERIFIED = "Gw-Verified"
AAD_COLLECTION = TYPE
AAD_FIELD = "payload"


@dataclass(frozen=True)
class ReceivedProviderEvent:
    """One provider event as it lies in the stream.

    Attributes:
        event_id: hash of provider account and the provider's event id; the inbox key.
        body: nonce, ciphertext and tag; additional data are (organization, TYPE, event_id, ``payload``, version).
        verified: false for thin events, which are facts only after the provider was asked.
    """

    event_id: str
    organization_id: str
    provider_id: str
    provider_type: str
    livemode: bool
    dek_version: int
    received_at: str
    verified: bool
    body: bytes

    @property
    def subject(self) -> str:
        return f"{TYPE}.{self.organization_id}"

    def headers(self) -> dict[str, str]:
        """The attributes as message headers."""
        return {
            HEADER_EVENT_ID: self.event_id,
            HEADER_PROVIDER_ID: self.provider_id,
            HEADER_PROVIDER_TYPE: self.provider_type,
            HEADER_ORGANIZATION: self.organization_id,
            HEADER_LIVEMODE: "1" if self.livemode else "0",
            HEADER_DEK_VERSION: str(self.dek_version),
            HEADER_RECEIVED_AT: self.received_at,
            HEADER_VERIFIED: "1" if self.verified else "0",
            "content-type": "application/octet-stream",
        }

    @classmethod
    def read(cls, headers: dict[str, str], body: bytes) -> "ReceivedProviderEvent":
        """The event of a stored message.

        Raises:
            KeyError: an attribute is missing.
        """
        return cls(
            event_id=headers[HEADER_EVENT_ID],
            organization_id=headers[HEADER_ORGANIZATION],
            provider_id=headers[HEADER_PROVIDER_ID],
            provider_type=headers[HEADER_PROVIDER_TYPE],
            livemode=headers[HEADER_LIVEMODE] == "1",
            dek_version=int(headers[HEADER_DEK_VERSION]),
            received_at=headers[HEADER_RECEIVED_AT],
            verified=headers[HEADER_VERIFIED] == "1",
            body=body,
        )
