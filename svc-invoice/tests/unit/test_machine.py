"""What the kernel says about waiting for a processor."""

from pathlib import Path

import pytest

from invoice.adapters.machine import stalled_percent


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            "some avg10=41.02 avg60=32.77 avg300=40.10 total=18644775724\nfull avg10=9.00 avg60=0 avg300=0 total=0\n",
            41.02,
        ),
        ("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0.0),
        ("", 0.0),
    ],
)
def test_share_of_the_last_ten_seconds(tmp_path: Path, told: str, expected: float) -> None:
    (tmp_path / "cpu").write_text(told)

    assert stalled_percent(tmp_path / "cpu") == expected


def test_kernel_that_does_not_tell_is_a_machine_with_room(tmp_path: Path) -> None:
    assert stalled_percent(tmp_path / "missing") == 0.0
