"""Runs the work of a command: one event loop, and one sentence for each failure that can be expected."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

Result = TypeVar("Result")


class Failed(click.ClickException):
    """An expected failure: one sentence for the operator, exit code 1."""


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of the work.

    Raises:
        Failed: a server does not answer or refuses, or an object is missing.
    """
    _log_to_the_side()
    try:
        return asyncio.run(work)
    except Exception as exc:
        sentence = sentence_of(exc)
        if sentence is None:
            raise
        raise Failed(sentence) from exc


def sentence_of(exc: BaseException) -> str | None:
    """An expected failure in words, without the addresses and credentials in a client's own text; None: a bug."""
    import httpx
    import nats.errors
    import pymongo.errors

    from gateway_contracts.errors import GatewayError

    match exc:
        case GatewayError():
            return f"{exc} ({exc.code})."
        case nats.errors.Error():
            return _of_the_bus(exc)
        case pymongo.errors.OperationFailure():
            return f"The database refuses: {exc.details.get('codeName', exc.code) if exc.details else exc.code}."
        case pymongo.errors.ConfigurationError():
            return "MONGODB_URI is not the address of a database."
        case pymongo.errors.PyMongoError():
            return f"The database does not answer ({type(exc).__name__})."
        case httpx.HTTPError():
            return f"The request was not answered ({type(exc).__name__})."
        case TimeoutError():
            return "The deadline passed without an answer."
        case OSError():
            return f"The connection failed ({type(exc).__name__})."
        case _:
            return None


def _of_the_bus(exc: Exception) -> str:
    import nats.errors

    if isinstance(exc, nats.errors.AuthorizationError) or "authorization violation" in str(exc).lower():
        return "The bus refuses the user or password (NATS_USER, NATS_PASSWORD)."
    return f"The bus does not answer ({type(exc).__name__})."


def _log_to_the_side() -> None:
    """Log lines of the libraries are not the output of a command: only critical ones are written, to standard error."""
    import structlog

    from gateway_kit.logging import configure_logging

    if not structlog.is_configured():
        configure_logging("gateway", "CRITICAL", stream=sys.stderr)
