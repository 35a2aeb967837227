"""``python -m bench.turns w1|w3 <other checkout> [turns] [--rate 50]``: this checkout and another, measured in turns.

Both stay started the whole time and are loaded one after the other, so that a machine that becomes slower or busier
meets both. The ratio of the middle figures counts; absolute figures are those of the machine. The other checkout needs
its own environment (`make setup` there).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent.parent
WORKER: Final = Path(__file__).with_name("turns_worker.py")
TURNS: Final = 9
RATE_PER_S: Final = 50
_END_S: Final = 120

Figures = dict[str, float]


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(prog="bench.turns", description=__doc__)
    parser.add_argument("workload", choices=("w1", "w3"))
    parser.add_argument("other", type=Path)
    parser.add_argument("turns", type=int, nargs="?", default=TURNS)
    parser.add_argument("--rate", type=int, default=RATE_PER_S, help="payments per second of w3; below saturation")
    wanted = parser.parse_args()
    with ExitStack() as stack:
        other = stack.enter_context(_worker(wanted.other.resolve(), wanted.workload, wanted.rate))
        here = stack.enter_context(_worker(HERE, wanted.workload, wanted.rate))
        pairs = [_pair(other, here, is_here_first=bool(turn % 2)) for turn in range(wanted.turns)]
    for name in pairs[0][0]:
        print(_row(name, [pair[0][name] for pair in pairs], [pair[1][name] for pair in pairs]))
    return 0


def _pair(other: "_Worker", here: "_Worker", *, is_here_first: bool) -> tuple[Figures, Figures]:
    if is_here_first:
        measured = here.measure()
        return other.measure(), measured
    return other.measure(), here.measure()


def _row(name: str, other: list[float], here: list[float]) -> str:
    ratio = f"{statistics.median(here) / statistics.median(other):.3f}" if all(other) else "-"
    listed = " ".join(f"{a:.0f}:{b:.0f}" for a, b in zip(other, here, strict=True))
    return f"{name:20} {statistics.median(other):9.1f} {statistics.median(here):9.1f}  ratio {ratio}  ({listed})"


class _Worker:
    """One checkout at work."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def measure(self) -> Figures:
        """The figures of one load."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> Figures:
        """The next line that it writes.

        Raises:
            RuntimeError: it has ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a measured checkout ended")
        figures: Any = json.loads(line)
        return dict(figures)


@contextmanager
def _worker(checkout: Path, workload: str, rate_per_s: int) -> Iterator[_Worker]:
    command = [str(checkout / ".venv/bin/python"), "-P", str(WORKER), workload, str(rate_per_s)]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(checkout)}
    process = subprocess.Popen(
        command, cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        worker = _Worker(process)
        worker.answer()
        yield worker
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(_END_S)


if __name__ == "__main__":
    sys.exit(main())
