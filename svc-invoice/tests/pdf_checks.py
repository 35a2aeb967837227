"""veraPDF and Mustang, where Java and Maven are there."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from einvoice_rules import JAVA, artifact

_VERA: Final = "org.verapdf.apps:greenfield-apps:1.28.2"
_MUSTANG: Final = "org.mustangproject:Mustang-CLI:2.26.0"


def has_checkers() -> bool:
    """Whether both can run here."""
    return shutil.which("java") is not None and None not in (artifact(_VERA), artifact(_MUSTANG))


def assert_archivable(files: Sequence[Path]) -> None:
    """Each is PDF/A-3a and PDF/UA-1, as its metadata say."""
    vera = artifact(_VERA)
    assert vera is not None
    arguments: list[str | Path] = [
        "-cp",
        vera,
        "org.verapdf.apps.GreenfieldCliWrapper",
        "--format",
        "text",
        "-v",
        *files,
    ]
    verdicts = _java(*arguments, timeout_s=300 + 20 * len(files))
    assert "FAIL" not in verdicts, verdicts
    assert [verdicts.count(f"PASS {file}") for file in files] == [2] * len(files), verdicts


def assert_factur_x(file: Path) -> None:
    """PDF, XML and their bond are valid."""
    mustang = artifact(_MUSTANG)
    assert mustang is not None
    summary = _java("-jar", mustang, "--action", "validate", "--source", file, "--no-notices", timeout_s=300)
    assert 'status="invalid"' not in summary, summary
    assert summary.count('status="valid"') >= 3, summary


def _java(*arguments: str | Path, timeout_s: float) -> str:
    command = ["java", "-XX:+UseSerialGC", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout_s, cwd=JAVA).stdout
