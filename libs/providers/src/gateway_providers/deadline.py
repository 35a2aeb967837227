"""One budget of time for a step that takes several requests."""

import asyncio


class Deadline:
    """Counts down from now.

    Args:
        timeout_s: the whole budget.
    """

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = asyncio.get_running_loop().time() + timeout_s

    @property
    def left_s(self) -> float:
        """Seconds that are left; never negative."""
        return max(0.0, self._ends_at - asyncio.get_running_loop().time())
