"""One checkout's part of `bench.turns`: one load for each line of input, its figures as one line of output.

It runs under the environment of the checkout that it measures and imports only that checkout's `bench`, so older
checkouts can be measured too.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import uvloop

from bench import notifications
from bench.load import Plan, fire
from bench.processor import cpu_seconds
from bench.rig import running_rig
from bench.stack import running_stack

CONNECTIONS = 128
WEBHOOKS = 8_000
WARM_UP = 3_000
NOTIFICATIONS = 300


def main() -> None:
    """Answer ``ready``, then measure until the input ends."""
    answers = sys.stdout
    # What the servers' start prints is no figure.
    sys.stdout = sys.stderr
    workload, rate_per_s = sys.argv[1], int(sys.argv[2])
    with _webhooks() if workload == "w1" else _notifications(rate_per_s) as figures:
        _write(answers, {"ready": 1.0})
        for _ in sys.stdin:
            _write(answers, next(figures))


@contextmanager
def _webhooks() -> Iterator[Iterator[dict[str, float]]]:
    with running_rig() as rig:

        def measure(name: str, count: int) -> dict[str, float]:
            spent = cpu_seconds(rig.pids)
            outcome = fire(Plan(rig.edge_port, rig.account, name, CONNECTIONS, count))
            now = cpu_seconds(rig.pids)
            return {"per s": outcome.per_s} | {f"{name} µs": (now[name] - spent[name]) * 1e6 / count for name in now}

        measure("warm", WARM_UP)
        yield (measure(f"turn{number}", WEBHOOKS) for number in range(sys.maxsize))


@contextmanager
def _notifications(rate_per_s: int) -> Iterator[Iterator[dict[str, float]]]:
    # Set here and not handed over: older checkouts have no parameter for it.
    notifications.LOADS = ((rate_per_s, NOTIFICATIONS),)  # type: ignore[misc, assignment]
    # Its name in older checkouts.
    settled = vars(notifications).get("settled") or vars(notifications)["_settled"]
    with running_stack() as stack:

        def measure() -> dict[str, float]:
            [spread] = uvloop.run(notifications._through_stack(stack))
            # Its invoices are rendered now: the other checkout's turn begins when that is over.
            uvloop.run(settled(stack["nats"]["monitor"]))
            return {"p50 ms": spread.percentile_ms(50), "p99 ms": spread.percentile_ms(99), "lost": float(spread.lost)}

        yield (measure() for _ in range(sys.maxsize))


def _write(answers: TextIO, figures: dict[str, float]) -> None:
    answers.write(json.dumps(figures) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
