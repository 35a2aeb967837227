"""How many traces are recorded: the decision falls once, where a trace begins, and travels with it."""

import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from opentelemetry.context import Context, get_value, set_value
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

_DECIDED: Final = "gateway-trace-decided"


def decided(context: Context) -> Context:
    """The context of a trace whose token is taken already."""
    return set_value(_DECIDED, True, context)


class TraceBudget(Sampler):
    """A share of all traces, and never more than so many a second.

    A bucket of tokens: after a quiet second ``per_second`` traces (at least one) may begin at the same moment.

    Args:
        ratio: the share, 0 to 1.
        per_second: the limit of this process; what is above it is not recorded.
        now: a steady clock, in seconds.
    """

    def __init__(self, *, ratio: float, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._ratio = ratio
        self._per_second = per_second
        self._most = max(per_second, 1.0) if per_second > 0 else 0.0
        self._now = now
        self._tokens = self._most
        self._counted_at = now()

    def take(self) -> bool:
        """Whether a trace that begins now is recorded."""
        if self._ratio < 1 and random.random() >= self._ratio:  # noqa: S311 - a dice, not a secret
            return False
        now = self._now()
        self._tokens = min(self._most, self._tokens + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """The interface of the SDK."""
        is_recorded = get_value(_DECIDED, parent_context) is not None or self.take()
        return SamplingResult(Decision.RECORD_AND_SAMPLE if is_recorded else Decision.DROP, attributes)

    def get_description(self) -> str:
        """The interface of the SDK."""
        return f"TraceBudget{{{self._ratio},{self._per_second}/s}}"
