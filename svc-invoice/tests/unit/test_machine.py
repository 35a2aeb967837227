"""Waiting for a processor as reported by the kernel, measured over a window of our own."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from invoice.adapters.machine import REMEMBERED_S, WINDOW_S, Pressure


class Machine:
    """Its clock goes on during a wait, and ``busy`` of that time goes into the kernel's counter."""

    def __init__(self, counter: Path, *, busy: float = 0.0) -> None:
        self.counter = counter
        self.busy = busy
        self.now_s = 1000.0
        self.waits: list[float] = []
        self.late_s = 0.0
        self._waited_us = 18_644_775_724.0
        self._tell()

    def monotonic(self) -> float:
        return self.now_s

    def go_on(self, seconds: float) -> None:
        self.now_s += seconds
        self._waited_us += seconds * self.busy * 1_000_000
        self._tell()

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)
        self.go_on(seconds + self.late_s)

    def _tell(self) -> None:
        averages = "avg10=0.00 avg60=0.00 avg300=0.00"
        self.counter.write_text(f"some {averages} total={self._waited_us:.0f}\nfull {averages} total=7\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "cpu")


def pressure_of(machine: Machine) -> Pressure:
    return Pressure(machine.counter, monotonic=machine.monotonic, wait=machine.wait)


@pytest.mark.parametrize("busy", [0.0, 0.2, 1.0])
async def test_share_of_a_short_window(machine: Machine, busy: float) -> None:
    machine.busy = busy

    assert await pressure_of(machine).stalled_percent() == pytest.approx(100 * busy)
    assert machine.waits == [WINDOW_S]


async def test_what_was_before_the_window_does_not_count(machine: Machine) -> None:
    machine.busy = 1.0
    machine.go_on(60)
    machine.busy = 0.0

    assert await pressure_of(machine).stalled_percent() == 0.0


async def test_a_pause_that_takes_longer_than_asked_for_is_the_window(machine: Machine) -> None:
    machine.busy, machine.late_s = 0.5, 3.0

    assert await pressure_of(machine).stalled_percent() == pytest.approx(50)


async def test_never_more_than_all_of_the_time(machine: Machine) -> None:
    machine.busy = 1.1

    assert await pressure_of(machine).stalled_percent() == 100.0


async def test_a_measurement_is_remembered_and_then_made_again(machine: Machine) -> None:
    pressure = pressure_of(machine)
    assert await pressure.stalled_percent() == 0.0

    machine.busy = 1.0
    machine.go_on(REMEMBERED_S)
    assert await pressure.stalled_percent() == 0.0
    assert machine.waits == [WINDOW_S]

    machine.go_on(0.01)
    assert await pressure.stalled_percent() == pytest.approx(100)
    assert machine.waits == [WINDOW_S] * 2


async def test_two_that_ask_at_once_share_one_window(machine: Machine) -> None:
    machine.busy = 0.4
    pressure = pressure_of(machine)

    percents = await asyncio.gather(pressure.stalled_percent(), pressure.stalled_percent())

    assert percents == pytest.approx([40, 40])
    assert machine.waits == [WINDOW_S]


@pytest.mark.parametrize("content", ["", "some avg10=99.00\n", "some total=many\n", "nothing of the kind", b"\xff\xfe"])
async def test_kernel_that_tells_something_else_is_a_machine_with_room(machine: Machine, content: str | bytes) -> None:
    machine.counter.write_bytes(content if isinstance(content, bytes) else content.encode())

    assert await pressure_of(machine).stalled_percent() == 0.0
    assert machine.waits == []


def _remove(counter: Path) -> None:
    counter.unlink()


def _make_unreadable(counter: Path) -> None:
    """Reading it is an error that is not its absence, for root too."""
    counter.unlink()
    counter.mkdir()


@pytest.mark.parametrize("spoil", [_remove, _make_unreadable])
async def test_kernel_that_does_not_tell_is_a_machine_with_room(
    machine: Machine, spoil: Callable[[Path], None]
) -> None:
    spoil(machine.counter)

    assert await pressure_of(machine).stalled_percent() == 0.0
    assert machine.waits == []


async def test_counter_that_goes_away_within_the_window(machine: Machine) -> None:
    async def wait(seconds: float) -> None:
        machine.counter.unlink()

    assert await Pressure(machine.counter, monotonic=machine.monotonic, wait=wait).stalled_percent() == 0.0
