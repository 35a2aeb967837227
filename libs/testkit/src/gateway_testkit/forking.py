"""Modules of Python as processes of their own, which do not import everything again."""

import atexit
import functools
from collections.abc import Mapping
from pathlib import Path

from gateway_embedded.environment import PRELOADED
from gateway_embedded.servers.forked import Nursery
from gateway_embedded.servers.process import PYTHON, ServerProcess

JOB_S = 300.0


@functools.cache
def nursery() -> Nursery:
    """The nursery of this process; it ends with it."""
    made = Nursery(PRELOADED)
    atexit.register(made.close)
    return made


def launch_module(name: str, module: str, *arguments: str, log: Path, env: Mapping[str, str]) -> ServerProcess:
    """Start ``python -m module [arguments …]``; it may not be ready yet."""
    return ServerProcess.launch(name, [*PYTHON, module, *arguments], log=log, env=env, nursery=nursery())


def run_module(module: str, *arguments: str, log: Path, env: Mapping[str, str]) -> tuple[int, str]:
    """Run ``python -m module [arguments …]`` to its end; its return code and output."""
    log.unlink(missing_ok=True)
    process = launch_module(module, module, *arguments, log=log, env=env)
    return process.popen.wait(JOB_S), log.read_text()
