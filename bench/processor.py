"""Processor time of other processes, from ``/proc``."""

import os
from pathlib import Path


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
