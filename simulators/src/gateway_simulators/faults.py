"""Scripted faults of the API, in front of everything that remembers answers."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from gateway_simulators.errors import Misbehaved
from gateway_simulators.rules import API_KINDS, Rules
from gateway_simulators.store import Json

T = TypeVar("T")


async def with_faults(rules: Rules, facts: dict[str, str], act: Callable[[], T]) -> T:
    """The action's answer, unless a rule makes the call fail: before it acts, or after it (``applied``).

    Raises:
        Misbehaved: a rule said so.
    """
    fault = rules.take(API_KINDS, facts)
    if fault is not None and not fault["applied"]:
        await _misbehave(fault)
    result = act()
    if fault is not None:
        await _misbehave(fault)
    return result


async def _misbehave(fault: Json) -> None:
    if fault["kind"] == "api_timeout":
        await asyncio.sleep(fault["seconds"])
    raise Misbehaved(int(fault["status"]))
