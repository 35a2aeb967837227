"""Processor time: of other processes, and what the host of a virtual machine took away; from ``/proc``."""

import os
from pathlib import Path


class Stolen:
    """How much of the processors' time the host gave to other machines, since this object was made.

    A rate that two processors can carry is too much for what is left of them; the figure tells such a measurement.
    """

    def __init__(self) -> None:
        self._before = _times()

    def percent(self) -> float:
        """Share of all processor time; not a number where the system does not tell."""
        spent = [now - then for now, then in zip(_times(), self._before, strict=True)]
        return 100 * spent[_STEAL] / sum(spent) if any(spent) else float("nan")


# The eighth figure of the first line; the two after it are contained in others (proc_stat(5)).
_STEAL = 7


def _times() -> list[int]:
    stat = Path("/proc/stat")
    return [int(ticks) for ticks in stat.read_text().splitlines()[0].split()[1 : _STEAL + 2]] if stat.exists() else []


def cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """User and system time that each process has used so far; nothing where the system has no ``/proc``."""
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    seconds: dict[str, float] = {}
    for name, pid in pids.items():
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            # The name in parentheses may contain spaces; user and system time are the 12th and 13th field after it.
            fields = stat.read_text().rpartition(")")[2].split()
            seconds[name] = (int(fields[11]) + int(fields[12])) / ticks_per_s
    return seconds
