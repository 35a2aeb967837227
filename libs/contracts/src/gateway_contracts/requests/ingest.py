"""Requests to svc-webhook-ingest: one raw request, because it is the hot path.

Subject ``rpc.ingest.public_accept_webhook``; the body is the provider's body, byte for byte. The provider's own
headers travel under `HEADER_PREFIX`. The reply has an empty body and the HTTP status that the provider gets in
`HEADER_STATUS`, with a stable code in `HEADER_CODE` where it is not 2xx.
"""

from typing import Final

SUBJECT: Final = "rpc.ingest.public_accept_webhook"
HEADER_TYPE: Final = "Gw-Provider-Type"
HEADER_PROVIDER_ID: Final = "Gw-Provider-Id"
HEADER_SENDER: Final = "Gw-Sender"
"""The address (IPv6: the network) that sent it: what work that strangers cause is limited by. `PROVEN` follows it
where a verified webhook of this account came from there lately."""
PROVEN: Final = " proven"
HEADER_PREFIX: Final = "Http-"
HEADER_STATUS: Final = "Gw-Status"
HEADER_CODE: Final = "Gw-Code"
HEADER_RETRY_AFTER: Final = "Gw-Retry-After"
STATUS_VERIFIED: Final = "200"
STATUS_UNVERIFIED: Final = "202"
"""Stored as well, but unsigned (a classic thin event); the provider is answered 200 for both."""
TIMEOUT_S: Final = 8.0
