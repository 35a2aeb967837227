"""Processes forked by a nursery: their environment, output and end, and whose children they are."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway_embedded.servers.forked import ForkedProcess, Nursery
from gateway_embedded.servers.process import PYTHON, ServerProcess, log_tail
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

SMALL = """
import os, sys, time
if __name__ == "__main__":
    print("output", sys.argv[1:], os.environ.get("GREETING"), os.environ.get("HOME"), os.getsid(0) == os.getpid())
    sys.stderr.write("error output\\n")
    sys.stdout.flush()
    if "wait" in sys.argv:
        time.sleep(600)
    sys.exit(3 if "fail" in sys.argv else 0)
"""
THREADED = """
import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
Launch = Callable[..., ForkedProcess]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("modules")
    (made / "small_module.py").write_text(SMALL)
    (made / "threaded_module.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    return made


@pytest.fixture(scope="module")
def nursery(folder: Path) -> Iterator[Nursery]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        made = Nursery(["json.decoder"])
        yield made
        made.close()


@pytest.fixture
def launch(nursery: Nursery, tmp_path: Path) -> Iterator[Launch]:
    started: list[ForkedProcess] = []

    def one(*arguments: str) -> ForkedProcess:
        process = nursery.launch(["small_module", *arguments], log=tmp_path / "log", env={"GREETING": "hello"})
        started.append(process)
        return process

    yield one
    for process in started:
        process.terminate()
        process.wait(60)


def test_it_runs_a_module_with_its_own_arguments_environment_and_log(launch: Launch, tmp_path: Path) -> None:
    process = launch("one", "two")

    assert process.wait(60) == 0
    output = (tmp_path / "log").read_text()
    assert "output ['one', 'two'] hello None True" in output
    assert "error output" in output


def test_its_exit_code_arrives(launch: Launch) -> None:
    process = launch("fail")

    assert process.wait(60) == 3
    assert (process.poll(), process.returncode) == (3, 3)


async def test_it_is_a_child_of_the_process_that_asked_and_can_be_killed(launch: Launch, tmp_path: Path) -> None:
    process = launch("wait")
    await eventually(lambda: "output" in log_tail(tmp_path / "log"))
    status = Path(f"/proc/{process.pid}/status").read_text()

    assert f"PPid:\t{os.getpid()}\n" in status
    assert status.startswith("Name:\tsmall_module\n")
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def is_gone(pid: int) -> bool:
    """Whether a process has ended, whether or not its parent has seen that."""
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "zombie" in status.read_text()


async def test_it_ends_with_the_process_that_asked(folder: Path, tmp_path: Path) -> None:
    asks = f"""
import pathlib
from gateway_embedded.servers.forked import Nursery
child = Nursery([]).launch(["small_module", "wait"], log=pathlib.Path({str(tmp_path / "log")!r}), env={{}})
print(child.pid, flush=True)
input()
"""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    pipe = asyncio.subprocess.PIPE
    asking = await asyncio.create_subprocess_exec(sys.executable, "-c", asks, stdin=pipe, stdout=pipe, env=environment)
    assert asking.stdout is not None
    child = int(await asking.stdout.readline())
    await eventually(lambda: "output" in log_tail(tmp_path / "log"))

    asking.kill()
    await asking.communicate()
    await eventually(lambda: is_gone(child))


def test_a_nursery_whose_imports_start_threads_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(folder))
    made = Nursery(["threaded_module"])

    with pytest.raises(ChildProcessError, match="ended with 1"):
        made.launch(["small_module"], log=tmp_path / "log", env={})
    made.close()


def test_a_module_with_its_own_search_path_gets_its_own_interpreter(
    nursery: Nursery, folder: Path, tmp_path: Path
) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "small_module.py").write_text("print('the other one')")
    env = {"PYTHONPATH": str(folder / "elsewhere")}

    process = ServerProcess.launch("small", [*PYTHON, "small_module"], log=tmp_path / "log", env=env, nursery=nursery)

    assert process.popen.wait(60) == 0
    assert (tmp_path / "log").read_text() == "the other one\n"
