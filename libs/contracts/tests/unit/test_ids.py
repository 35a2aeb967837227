"""Ids have their form, never repeat, and sort by time where they promise to."""

import subprocess
import sys
import time
from types import SimpleNamespace
from uuid import UUID

import pytest

from gateway_contracts.ids import is_object_id, new_event_id, new_object_id, new_session_public_id, new_short_code


def test_object_ids_are_24_hex_unique_and_ascending() -> None:
    ids = [new_object_id() for _ in range(10_000)]
    assert all(is_object_id(identifier) for identifier in ids)
    assert ids == sorted(set(ids))


def test_object_ids_ascend_when_the_count_is_through_and_when_the_clock_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = iter([1_800_000_000.9] * 500 + [1_799_999_990.0] * 500)
    monkeypatch.setattr("gateway_contracts.ids.time", SimpleNamespace(time=lambda: next(readings)))
    monkeypatch.setattr("gateway_contracts.ids._last_second", 0)
    monkeypatch.setattr("gateway_contracts.ids._serial", 0x12_3456_78FF_FFFE)

    ids = [new_object_id() for _ in range(1_000)]

    assert ids == sorted(set(ids))
    assert {int(identifier[:8], 16) for identifier in ids} == {1_800_000_000}


def test_object_ids_begin_with_the_second_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    later = int(time.time()) + 3_600
    monkeypatch.setattr("gateway_contracts.ids.time", SimpleNamespace(time=lambda: float(later)))
    monkeypatch.setattr("gateway_contracts.ids._last_second", 0)

    assert int(new_object_id()[:8], 16) == later


FORKS = """
import os
from gateway_contracts.ids import new_event_id, new_object_id
for _ in range(3):
    if not (child := os.fork()):
        break
    os.waitpid(child, 0)
print(new_object_id(), new_event_id())
"""


def test_ids_of_forked_processes_are_their_own() -> None:
    output = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True).stdout
    ids = output.split()

    assert len(set(ids)) == 8
    # Not the same count, which seconds alone would tell apart.
    assert len({text[8:] for text in ids[::2]}) == 4


def test_event_ids_are_uuids_of_version_7() -> None:
    identifier = UUID(new_event_id())
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


def test_event_ids_ascend_within_a_moment_and_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    readings = iter([now] * 10_000 + [now - 5_000_000_000] * 10_000)
    monkeypatch.setattr("gateway_contracts.ids.time", SimpleNamespace(time_ns=lambda: next(readings)))

    ids = [new_event_id() for _ in range(20_000)]

    assert ids == sorted(set(ids))


def test_the_time_of_an_event_id_is_that_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns() + 3_600_000_000_000
    monkeypatch.setattr("gateway_contracts.ids.time", SimpleNamespace(time_ns=lambda: now))
    monkeypatch.setattr("gateway_contracts.ids._last_event", 0)

    assert UUID(new_event_id()).int >> 80 == now // 1_000_000


def test_names_of_sessions_cannot_be_guessed() -> None:
    assert len(new_session_public_id()) == 3 + 32
    codes = {new_short_code() for _ in range(10_000)}
    assert len(codes) == 10_000
    assert all(len(code) == 10 and code.isalnum() for code in codes)


def test_other_text_is_no_object_id() -> None:
    for text in ("", "abc", "A" * 24, "g" * 24, "0" * 25, "../../etc/passwd........"):
        assert not is_object_id(text)
