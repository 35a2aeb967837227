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
    from gateway_kit.health_report.failures import sentence_of

    _log_to_the_side()
    try:
        return asyncio.run(work)
    except Exception as exc:
        sentence = sentence_of(exc)
        if sentence is None:
            raise
        raise Failed(sentence) from exc


def _log_to_the_side() -> None:
    """Log lines of the libraries are not the output of a command: only critical ones are written, to standard error."""
    import structlog

    from gateway_kit.logging import configure_logging

    if not structlog.is_configured():
        configure_logging("gateway", "CRITICAL", stream=sys.stderr)
