"""One attempt: sign the stored bytes freshly and POST them."""

import time
from typing import Final

from opentelemetry.trace import SpanKind

from gateway_contracts.clock import Clock
from gateway_contracts.errors import GatewayError
from gateway_kit.crypto.errors import DecryptionFailed
from gateway_kit.http.outbound import OutboundClient, OutboundFailed
from gateway_kit.logging import get_logger
from gateway_kit.telemetry import current_traceparent, remote_span
from ipn.domain.delivery import Delivery
from ipn.domain.outcome import INTERNAL_ERROR, Outcome, retry_after_of
from ipn.errors import Unprocessable
from ipn.ports import Sealer, Signer

log = get_logger(__name__)

# Status and headers decide; the body is read only to know whether it came whole.
BODY_S: Final = 1.0
BODY_BYTES_MAX: Final = 4 * 1024


class HttpSender:
    """The sender port."""

    def __init__(self, outbound: OutboundClient, *, signer: Signer, sealer: Sealer, clock: Clock) -> None:
        self._outbound = outbound
        self._signer = signer
        self._sealer = sealer
        self._clock = clock

    async def send(self, delivery: Delivery) -> Outcome:
        """See the port."""
        with remote_span(
            "ipn.attempt",
            delivery.traceparent,
            kind=SpanKind.CLIENT,
            delivery_id=delivery.id,
            attempt=delivery.made + 1,
        ) as span:
            outcome = await self._post(delivery)
            span.set_attribute("http.response.status_code", outcome.http_status or 0)
        log.info(
            "ipn.attempt",
            delivery_id=delivery.id,
            ipn_status=delivery.ipn_status,
            http_status=outcome.http_status,
            error=outcome.error,
            body_fault=outcome.body_fault,
            duration_ms=outcome.duration_ms,
        )
        return outcome

    async def _post(self, delivery: Delivery) -> Outcome:
        """Edge: whatever goes wrong is an outcome that can be recorded.

        Raises:
            Unprocessable: the stored values do not decrypt.
        """
        at, started = self._clock.now(), time.monotonic()
        try:
            url, body = self._opened(delivery)
            headers = self._signer.headers(delivery, body, at)
            if traceparent := current_traceparent():
                headers["traceparent"] = traceparent
            answer = await self._outbound.post(url, body, headers, tenant=delivery.organization_id)
            delay = retry_after_of(answer.status, answer.headers.get("retry-after"), self._clock.now())
            return Outcome(
                at,
                answer.duration_ms,
                http_status=answer.status,
                retry_after=delay,
                body_fault=answer.body_fault,
            )
        except Unprocessable:
            raise
        except OutboundFailed as exc:
            return Outcome(at, exc.duration_ms, error=exc.fault)
        except GatewayError as exc:
            # A missing key or secret, or a URL that we do not call: shown to the operator, tried again on schedule.
            return Outcome(at, _elapsed_ms(started), error=exc.code.lower())
        except Exception as exc:
            log.exception("ipn.attempt_broken", delivery_id=delivery.id, error=type(exc).__name__)
            return Outcome(at, _elapsed_ms(started), error=INTERNAL_ERROR)

    def _opened(self, delivery: Delivery) -> tuple[str, bytes]:
        """
        Raises:
            Unprocessable: the stored values do not decrypt.
        """
        try:
            return self._sealer.open_url(delivery), self._sealer.open_body(delivery)
        except (DecryptionFailed, UnicodeError) as exc:
            raise Unprocessable("the delivery does not decrypt") from exc


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
