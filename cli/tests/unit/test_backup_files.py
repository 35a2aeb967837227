"""Where a backup is written, and what it asks for."""

import contextlib
from pathlib import Path

import pytest
from command_line import invoke

from gateway_cli.backup_files import new_file, passphrase_of
from gateway_cli.installation import Misused
from gateway_cli.running import Failed

LONG = "correct horse battery"


def test_a_passphrase_comes_from_its_file_or_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "passphrase"
    file.write_text(f"{LONG}\n")
    monkeypatch.setenv("GATEWAY_BACKUP_PASSPHRASE", f"{LONG} of the variable")

    assert passphrase_of(file) == LONG
    assert passphrase_of(None) == f"{LONG} of the variable"


@pytest.mark.parametrize("text", ["", "short", "\n"])
def test_a_short_passphrase_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "passphrase"
    file.write_text(text)

    with pytest.raises(Misused, match="at least 16 characters"):
        passphrase_of(file)
    with pytest.raises(Misused, match="cannot be read"):
        passphrase_of(tmp_path / "missing")


def test_a_file_is_there_when_all_of_it_is(tmp_path: Path) -> None:
    file = tmp_path / "gateway.backup"
    with contextlib.suppress(RuntimeError), new_file(file) as output:
        output.write(b"some")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []

    with new_file(file) as output:
        output.write(b"all")
    assert file.read_bytes() == b"all"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Failed, match="exists already"), new_file(file):
        pass
    with pytest.raises(Failed, match="cannot be written"), new_file(tmp_path / "no" / "folder"):
        pass


def test_the_standard_output_is_a_file_too(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with new_file(Path("-")) as output:
        output.write(b"\x00all")

    assert capsysbinary.readouterr().out == b"\x00all"


@pytest.mark.parametrize("command", [("backup", "b"), ("restore", "b")])
def test_passphrase_and_keys_come_first(command: tuple[str, ...]) -> None:
    nothing = invoke(*command)
    no_keys = invoke(*command, variables={"GATEWAY_BACKUP_PASSPHRASE": LONG})

    assert (nothing.exit_code, "GATEWAY_BACKUP_PASSPHRASE or --passphrase-file" in nothing.stderr) == (2, True)
    assert (no_keys.exit_code, "SYSTEM_ENCRYPTION_KEY is not set" in no_keys.stderr) == (2, True)
