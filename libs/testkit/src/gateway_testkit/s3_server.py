"""A real S3-compatible server for tests: versitygw, built from its Go module and kept beside the other tools.

``python -m gateway_testkit.s3_server`` builds it, which takes minutes once.
"""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway_embedded.servers.process import ServerProcess, free_port

MODULE: Final = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
TOOLS: Final = Path(__file__).parents[4] / ".run/tools/bin"
BINARY: Final = TOOLS / "versitygw"
_ACCESS_KEY: Final = "gateway-tests"
_SECRET_KEY: Final = "only-for-tests"


@dataclass(frozen=True)
class S3Server:
    """A running server with an empty bucket.

    Attributes:
        folder: of the bucket, which holds the objects as files.
    """

    endpoint: str
    folder: Path
    bucket: str = "documents"
    access_key_id: str = _ACCESS_KEY
    secret_access_key: str = _SECRET_KEY


def why_missing() -> str | None:
    """None where the server can be started."""
    if BINARY.exists():
        return None
    return "versitygw is not built: run `make s3-server`" if shutil.which("go") else "there is no Go to build versitygw"


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """A server for the duration of the block."""
    root, port = folder / "objects", free_port()
    (root / "documents").mkdir(parents=True)
    process = ServerProcess.launch(
        "versitygw",
        [str(BINARY), "--port", f"127.0.0.1:{port}", "posix", "--nometa", str(root)],
        log=folder / "versitygw.log",
        env={"ROOT_ACCESS_KEY": _ACCESS_KEY, "ROOT_SECRET_KEY": _SECRET_KEY, "PATH": os.environ["PATH"]},
    )
    try:
        process.wait_ready(lambda: _answers(port))
        yield S3Server(f"http://127.0.0.1:{port}", root / "documents")
    finally:
        process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> int:
    """Edge of the command line."""
    if BINARY.exists():
        return 0
    if not shutil.which("go"):
        sys.stderr.write("There is no Go on this machine: tests of the S3 document store will be skipped.\n")
        return 0
    return subprocess.run(["go", "install", MODULE], env=os.environ | {"GOBIN": str(TOOLS)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
