"""Caddy with a Caddyfile whose values come from environment variables."""

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway_embedded.servers.binaries import find_caddy
from gateway_embedded.servers.process import LOOPBACK, ServerProcess

_PROBE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class CaddySettings:
    """``variables`` are those of the Caddyfile; ``home`` keeps certificates and the internal CA."""

    caddyfile: Path
    https_port: int
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def root_certificate(self) -> Path:
        """The internal CA's root, present after the first start."""
        return self.home / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    def environment(self) -> dict[str, str]:
        """The process environment: Caddy puts its files under ``home``, not under the user's home."""
        folders = {"XDG_DATA_HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home), "HOME": str(self.home)}
        return {"PATH": os.environ.get("PATH", "")} | folders | dict(self.variables)


def command(settings: CaddySettings) -> list[str]:
    """The command line.

    Raises:
        BinaryMissingError: there is no caddy.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    return [str(find_caddy()), "run", "--config", str(settings.caddyfile), "--adapter", "caddyfile"]


def is_ready(settings: CaddySettings) -> bool:
    """Whether it has a certificate for each of its own hosts: after a first start that takes a moment."""
    names = [value for variable, value in settings.variables.items() if variable.endswith("_DOMAIN")]
    return settings.root_certificate.exists() and all(_shakes_hands(settings, name) for name in names)


def _shakes_hands(settings: CaddySettings, name: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    # Only whether there is a certificate; who uses the edge verifies it against the authority's root.
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((LOOPBACK, settings.https_port), timeout=_PROBE_TIMEOUT_S) as raw,
            context.wrap_socket(raw, server_hostname=name),
        ):
            return True
    except OSError:
        return False


def start(settings: CaddySettings, *, log: Path) -> ServerProcess:
    """Starts Caddy and returns when it listens.

    Raises:
        ServerFailedError: it did not become ready.
    """
    process = ServerProcess.launch("caddy", command(settings), log=log, env=settings.environment())
    process.wait_ready(lambda: is_ready(settings))
    return process
