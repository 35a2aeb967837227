"""What the kernel says about the machine."""

from pathlib import Path
from typing import Final

_PRESSURE: Final = Path("/proc/pressure/cpu")


def stalled_percent(pressure: Path = _PRESSURE) -> float:
    """The share of the last ten seconds in which somebody waited for a processor; 0 where the kernel does not tell.

    Linux, "pressure stall information": ``some avg10`` of ``/proc/pressure/cpu``.
    """
    try:
        some = pressure.read_text().partition("\n")[0].split()
    except OSError:
        return 0.0
    values = dict(word.split("=", 1) for word in some if "=" in word)
    return float(values.get("avg10", 0.0))
