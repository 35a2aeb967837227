"""``make new-service`` and ``make new-event`` in a copy of the repository: what they write compiles and is tested."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_embedded.layout import REPOSITORY

pytestmark = pytest.mark.integration


class Copy:
    """The files of the repository in another folder; its modules come before the installed ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in listed.stdout.splitlines():
            source, target = REPOSITORY / name, folder / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def run(self, *command: str) -> str:
        """A Python command in the copy.

        Raises:
            AssertionError: it failed.
        """
        sources = sorted(str(path) for pattern in ("*/src", "*/*/src") for path in self.folder.glob(pattern))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sources, str(self.folder)])}
        done = subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def tidy(self) -> None:
        """Format, sort imports, then look for what is left."""
        for command in (("format",), ("check", "--fix"), ("format",)):
            self.run("-m", "ruff", *command, "--quiet", ".")


def test_a_new_service_and_new_events_are_in_every_list_and_pass_all_checks(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "copy")
    copy.run("tools/new_service.py", "svc-pay-outs", "Payouts to merchants.")
    copy.run("-m", "gateway_embedded.nats_conf")
    for event, owner in (("domain.renamed.v1", "svc-domains"), ("invoice.sent_by_post.v1", "svc-invoice")):
        copy.run("tools/new_event.py", event, owner)
    copy.run("tools/gen_schemas.py")
    copy.tidy()

    service = ("tests/test_services.py", "svc-pay-outs/tests", "infra/embedded/tests/unit/test_compose.py")
    lists = ("infra/embedded/tests/unit/test_nats_conf.py", "libs/contracts/tests/unit/test_events.py")
    copy.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *service, *lists)
    sources = ("svc-pay-outs/src", "svc-pay-outs/tests", "libs/contracts/src/gateway_contracts/events")
    copy.run("-m", "mypy", *sources)
    copy.run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-logo")
