"""Looks at the edge as a browser does: by a TLS handshake for the name of a domain."""

from typing import Final

from domains.domain.certificate import Shown
from gateway_contracts.requests.domains import CertificateFailure
from gateway_kit.http.certificates import NotPresented, NotReached, presented_certificate

HANDSHAKE_S: Final = 45.0
"""The edge may have to get the certificate first."""


class TlsEdge:
    """The Edge port."""

    def __init__(self, host: str, port: int, *, handshake_s: float = HANDSHAKE_S) -> None:
        self._host = host
        self._port = port
        self._handshake_s = handshake_s

    async def certificate_of(self, name: str) -> Shown | CertificateFailure:
        """See the port."""
        try:
            presented = await presented_certificate(self._host, self._port, name, handshake_s=self._handshake_s)
        except NotReached:
            return "edge_unreachable"
        except NotPresented:
            return "refused"
        except TimeoutError:
            return "no_answer"
        if not presented.covers(name):
            return "other_name"
        return Shown(presented.valid_from, presented.valid_until, presented.issuer)
