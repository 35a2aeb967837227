"""A NATS server with JetStream that acknowledges only what is on disk."""

import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from gateway_embedded.servers.binaries import find_nats_server
from gateway_embedded.servers.process import LOOPBACK, ServerProcess

_PROBE_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class NatsSettings:
    """Where a NATS server keeps its streams and how it is reached.

    ``authorization`` is an ``authorization {…}`` block of its configuration; empty lets everybody do everything.
    """

    port: int
    monitor_port: int
    data_dir: Path
    authorization: str = ""

    @property
    def url(self) -> str:
        """For clients, without credentials."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def monitor_url(self) -> str:
        """The HTTP monitor (``/varz``, ``/jsz``, ``/healthz``)."""
        return f"http://{LOOPBACK}:{self.monitor_port}"


def render_config(settings: NatsSettings) -> str:
    """The configuration file. ``sync_interval: always`` makes an acknowledgement mean "on disk"."""
    return f"""listen: "{LOOPBACK}:{settings.port}"
http: "{LOOPBACK}:{settings.monitor_port}"
server_name: "gateway-embedded"
max_payload: 1MB
jetstream {{
  store_dir: "{settings.data_dir}"
  sync_interval: always
  # Streams reserve their upper bound, not what they hold: on a small disk the default limit refuses to create them.
  max_file_store: 256GB
}}
{settings.authorization}
"""


def command(settings: NatsSettings, *, config_file: Path) -> list[str]:
    """The command line; writes the configuration file, which may hold passwords, for the owner alone.

    Raises:
        BinaryMissingError: there is no nats-server.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    config_file.parent.mkdir(parents=True, exist_ok=True)
    config_file.touch(mode=0o600)
    config_file.write_text(render_config(settings))
    return [str(find_nats_server()), "-c", str(config_file)]


def is_ready(settings: NatsSettings) -> bool:
    """Whether the server and its JetStream are healthy."""
    try:
        with urllib.request.urlopen(f"{settings.monitor_url}/healthz", timeout=_PROBE_TIMEOUT_S) as answer:  # noqa: S310 - a loopback URL of our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(settings: NatsSettings, *, config_file: Path, log: Path) -> ServerProcess:
    """Starts the server and returns when it is healthy.

    Raises:
        ServerFailedError: it did not become ready.
    """
    process = ServerProcess.launch("nats-server", command(settings, config_file=config_file), log=log)
    process.wait_ready(lambda: is_ready(settings))
    return process
