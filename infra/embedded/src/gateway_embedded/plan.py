"""Processes of the stack, their order, and the checks of their readiness."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import aiohttp

from gateway_embedded.environment import API_SERVICES, MODULES, SIMULATORS, Environment, inherited, mongo_users
from gateway_embedded.servers import caddy, mongod, nats
from gateway_embedded.servers.process import PYTHON

Check = Callable[[], Awaitable[bool]]
PROBE_TIMEOUT_S = 3.0
# No one waits for an invoice while a notification is on its way (ADR 0021).
_NICENESS = {"svc-invoice": 10}


@dataclass(frozen=True)
class Job:
    """Runs once, to its end, between two stages."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]


@dataclass(frozen=True)
class Process:
    """Runs until the stack goes down, and is started again when it dies.

    Attributes:
        ready: whether it does its work now.
        probe: an address that answers 200 as long as it is not frozen.
        prepare: blocking work after each start, before it counts as ready.
        niceness: how far it lets the others on this machine go first, once it is ready.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    ready: Check
    probe: str | None = None
    prepare: Callable[[], None] | None = None
    niceness: int = 0


Stage = tuple[Process, ...] | Job


async def answers(url: str) -> bool:
    """Whether a GET is answered with 200 in time."""
    timeout = aiohttp.ClientTimeout(total=PROBE_TIMEOUT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def build_plan(env: Environment) -> list[Stage]:
    """All stages, in the order of their start; they end in the reverse one.

    Raises:
        BinaryMissingError: a server's binary is not there.
    """
    others = [name for name in MODULES if name != "svc-admin-api"]
    return [
        (_mongod(env),),
        (_nats(env),),
        Job("topology", (*PYTHON, "gateway_cli", "migrate"), env.topology()),
        # It rebuilds the configuration bucket, which all others need.
        (_service(env, "svc-admin-api"),),
        (
            *(_service(env, name) for name in others),
            *(_simulator(env, name) for name in SIMULATORS),
            _merchant(env),
            _mail_sink(env),
        ),
        (_caddy(env),),
        Job("seed", (*PYTHON, "gateway_embedded.seed"), _own_environment(env)),
    ]


def _mongod(env: Environment) -> Process:
    settings = env.mongod

    def prepare() -> None:
        mongod.make_ready(settings)
        mongod.ensure_users(settings, mongo_users(env.credentials))

    async def ready() -> bool:
        return mongod.is_listening(settings)

    return Process("mongod", tuple(mongod.command(settings)), inherited(), ready, prepare=prepare)


def _nats(env: Environment) -> Process:
    settings = env.nats
    command = nats.command(settings, config_file=env.layout.run / "nats.conf")
    url = f"{settings.monitor_url}/healthz"
    return Process("nats-server", tuple(command), inherited(), lambda: answers(url))


def _service(env: Environment, name: str) -> Process:
    alive, ready = ("/health", "/internal/health") if name in API_SERVICES else ("/livez", "/readyz")
    url = env.http(name)
    command = (*PYTHON, MODULES[name])
    # It is alive before it has a database and a broker; who waits for the stack waits for its work.
    niceness = _NICENESS.get(name, 0)
    return Process(name, command, env.service(name), lambda: answers(url + ready), probe=url + alive, niceness=niceness)


def _simulator(env: Environment, provider: str) -> Process:
    name = f"{provider}-simulator"
    url = env.http(name) + "/_sim/health"
    command = (*PYTHON, f"gateway_simulators.{provider}")
    return Process(name, command, env.simulator(provider), lambda: answers(url), probe=url)


def _merchant(env: Environment) -> Process:
    url = env.http("merchant") + "/health"
    command = (*PYTHON, "gateway_embedded.merchant")
    variables = _own_environment(env) | {"MERCHANT_PORT": str(env.ports["merchant"])}
    return Process("merchant", command, variables, lambda: answers(url), probe=url)


def _mail_sink(env: Environment) -> Process:
    url = env.http("mail-sink") + "/health"
    ports = {"MAIL_SINK_PORT": str(env.ports["mail-sink"]), "MAIL_SINK_SMTP_PORT": str(env.ports["mail-sink-smtp"])}
    command = (*PYTHON, "gateway_embedded.mail_sink")
    return Process("mail-sink", command, inherited() | ports, lambda: answers(url), probe=url)


def _caddy(env: Environment) -> Process:
    settings = env.caddy

    async def ready() -> bool:
        return caddy.is_ready(settings)

    return Process("caddy", tuple(caddy.command(settings)), settings.environment(), ready)


def _own_environment(env: Environment) -> dict[str, str]:
    return inherited() | {"GATEWAY_RUN_DIR": str(env.layout.run)}
