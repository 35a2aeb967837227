"""JSON logs: one event name per line with fields, never sentences, never personal data or secrets."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog
from opentelemetry import trace
from pydantic import SecretStr

from gateway_kit import context

_SENSITIVE_KEYS = re.compile(
    r"(secret|password|authorization|cookie|token|signature|email|iban|phone|address1|card)", re.IGNORECASE
)
# Values that look like personal or card data wherever they appear: e-mail, IBAN, card number, our and Stripe's keys.
_SENSITIVE_VALUES = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,4})?\b|\b\d(?:[ -]?\d){12,18}\b"
    r"|\b(?:sk|rk|whsec|pi_\w+_secret)_[\w.+/=-]+"
)
_REDACTED = "[redacted]"


def redact(value: Any) -> Any:
    """The value with everything that looks like a secret or personal data removed."""
    if isinstance(value, SecretStr):
        return _REDACTED
    if isinstance(value, str):
        return _SENSITIVE_VALUES.sub(_REDACTED, value)
    if isinstance(value, dict):
        return {key: _REDACTED if _SENSITIVE_KEYS.search(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value


def _redact_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return cast(MutableMapping[str, Any], redact(dict(event)))


def _add_context(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if request := context.request_id.get():
        event.setdefault("requestId", request)
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event.setdefault("traceId", f"{span.trace_id:032x}")
    return event


def configure_logging(service: str, level: str, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process, also those of libraries, to standard output (or ``stream``) as JSON."""
    out = stream or sys.stdout

    def add_service(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
        _add_context,
        structlog.processors.format_exc_info,
        _redact_event,
    ]
    # Our own lines go straight to the output: through the standard library each would cost twice as much.
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These speak per message or per request; their warnings are enough.
    for noisy in ("faststream", "nats", "pymongo", "uvicorn.access", "aiohttp.access", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose first argument is the event's name, such as ``invoice.issued``."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))
