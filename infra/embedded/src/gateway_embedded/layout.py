"""Where the stack keeps its files: everything under ``.run`` of the repository."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[4]


@dataclass(frozen=True)
class Layout:
    """The files of one stack. ``run`` is readable by its owner alone."""

    run: Path
    repository: Path = REPOSITORY

    @property
    def ports(self) -> Path:
        return self.run / "ports.json"

    @property
    def secrets(self) -> Path:
        return self.run / "secrets.json"

    @property
    def state(self) -> Path:
        """State of the processes as the supervisor reports it."""
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor while it lives; contains its pid."""
        return self.run / "supervisor.lock"

    @property
    def descriptor(self) -> Path:
        """For tests, tools and people."""
        return self.run / "stack.json"

    @property
    def seed(self) -> Path:
        """Objects that seeding created."""
        return self.run / "seed.json"

    @property
    def data(self) -> Path:
        return self.run / "data"

    @property
    def caddy_home(self) -> Path:
        return self.run / "caddy"

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.run / "logs" / f"{name}.log"

    def prepare(self) -> None:
        """Creates the folder."""
        self.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log("x").parent.mkdir(exist_ok=True)

    def shown(self, path: Path) -> str:
        """A path as people type it at the root of the repository."""
        return str(path.relative_to(self.repository)) if path.is_relative_to(self.repository) else str(path)


def default_layout() -> Layout:
    """``GATEWAY_RUN_DIR``, else ``.run`` of the repository."""
    named = os.environ.get("GATEWAY_RUN_DIR")
    return Layout(Path(named).resolve() if named else REPOSITORY / ".run")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty when there is none (yet)."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replaces the file at once, readable by its owner alone."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as output:
        json.dump(content, output, indent=2)
        output.write("\n")
    partial.replace(path)
