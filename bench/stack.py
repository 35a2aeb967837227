"""The whole embedded stack for one measurement: fresh, on ports of its own, beside whatever else runs here."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gateway_embedded import control
from gateway_embedded.layout import Layout, read_json, write_json
from gateway_embedded.ports import PREFERRED
from gateway_embedded.servers.process import is_port_free

# Below the range from which the system takes the local ports of outgoing connections.
_PORTS: Final = range(20_000, 32_000)


@contextmanager
def running_stack() -> Iterator[dict[str, Any]]:
    """The descriptor of a started stack; afterwards it is taken down and its data removed."""
    with running_layout() as layout:
        yield read_json(layout.descriptor)


@contextmanager
def running_layout() -> Iterator[Layout]:
    """The files of a started stack; the same."""
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as folder:
        layout = Layout(Path(folder))
        write_json(layout.ports, _ports())
        try:
            control.up(layout)
            yield layout
        finally:
            control.down(layout)


def _ports() -> dict[str, Any]:
    candidates = list(_PORTS)
    random.shuffle(candidates)
    free = (port for port in candidates if is_port_free(port))
    return {name: next(free) for name in PREFERRED}
