"""A check that fails is a finding, not the end of the report."""

import asyncio
from collections.abc import Awaitable
from typing import Final

from gateway_kit.health_report.failures import sentence_of
from gateway_kit.health_report.finding import Finding

CHECK_S: Final = 20.0
"""The deadline of a check, whatever its requests take."""
PART_S: Final = 15.0
"""The deadline of a part, which ends before its check: the other parts are reported."""


async def guarded(name: str, check: Awaitable[list[Finding]], deadline_s: float = PART_S) -> list[Finding]:
    """The findings of the check; one that says why there are none."""
    try:
        async with asyncio.timeout(deadline_s):
            return await check
    except Exception as exc:
        # A fault of this check shows nothing of the installation, and the other checks go on.
        text = sentence_of(exc) or f"The check failed ({type(exc).__name__})."
        return [Finding(name, "unknown", text)]
