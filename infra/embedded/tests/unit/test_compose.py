"""``infra/compose.yaml`` against what it must agree with: services, users, settings classes, the embedded stack."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from checkout_api.hook_room import BODIES as HOOK_LIMITS
from gateway_contracts.collections import DATABASES
from gateway_embedded.compose_env import new_variables
from gateway_embedded.credentials import load_credentials
from gateway_embedded.environment import API_SERVICES, MODULES, Environment, inherited
from gateway_embedded.layout import REPOSITORY, Layout
from gateway_embedded.ports import PREFERRED
from gateway_kit.http.bodies import KNOWN_LIMITS, OPEN_LIMITS, BodyLimits
from gateway_kit.http.connections import RECEIVE_BUFFER_BYTES, ConnectionLimits
from gateway_kit.mongo import users as mongo
from gateway_kit.nats import permissions as nats

COMPOSE = REPOSITORY / "infra" / "compose.yaml"
SERVICES = tuple(MODULES)
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?P<operator>:\?|:-)?(?P<rest>[^}]*)\}")
# Every key that a service of the compose specification may have and that this file uses.
KNOWN_KEYS = set(
    [
        "image",
        "build",
        "restart",
        "networks",
        "environment",
        "entrypoint",
        "command",
        "volumes",
        "healthcheck",
        "depends_on",
        "init",
        "read_only",
        "tmpfs",
        "cap_drop",
        "security_opt",
        "stop_grace_period",
        "ports",
        "mem_limit",
        "ulimits",
        "profiles",
    ]
)
_UNITS = {"m": 1024**2, "g": 1024**3}
# An interpreter with everything that it imports, and what ordinary work takes.
_BASE_BYTES = 300 * 1024**2


def _interpolated(text: str, variables: dict[str, str], missing: set[str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, operator = match["name"], match["operator"]
        if name in variables:
            return variables[name]
        if operator == ":-":
            return str(match["rest"])
        missing.add(name)
        return ""

    return _VARIABLE.sub(value, text.replace("$$", "\0")).replace("\0", "$")


@pytest.fixture(scope="module")
def missing() -> set[str]:
    return set()


@pytest.fixture(scope="module")
def compose(missing: set[str]) -> dict[str, Any]:
    """The file as the engine would see it, with a generated ``.env``."""
    parsed: dict[str, Any] = yaml.safe_load(_interpolated(COMPOSE.read_text(), new_variables("shop.test"), missing))
    return parsed


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = compose["services"]
    return found


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """The variables of an embedded stack."""
    layout = Layout(tmp_path / "run")
    layout.prepare()
    return Environment(layout, PREFERRED, load_credentials(layout))


def _settings(service: str) -> type[BaseSettings]:
    module = importlib.import_module(f"{MODULES[service]}.settings")
    found: type[BaseSettings] = module.Settings
    return found


def test_the_generated_variables_are_all_that_it_needs(compose: dict[str, Any], missing: set[str]) -> None:
    assert compose["name"] == "payment-gateway"
    assert missing == set()
    text = COMPOSE.read_text()
    unused = [name for name in new_variables("shop.test") if f"${{{name}:" not in text]
    assert unused == []


def test_it_uses_known_keys_and_names_what_exists(compose: dict[str, Any], services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert set(service) <= KNOWN_KEYS, name
        assert "image" in service, name
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert set(service.get("depends_on", {})) <= set(services), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (COMPOSE.parent / source).exists(), volume
        build = service.get("build")
        if build:
            folder = COMPOSE.parent / build["context"]
            assert (folder / build.get("dockerfile", "Dockerfile")).exists(), name


def test_waiting_conditions_can_come_true(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
            else:
                assert condition["condition"] == "service_completed_successfully"
                assert services[other]["restart"].startswith("on-failure"), f"{other} must end"


def test_the_order_of_start_has_no_circle(services: dict[str, Any]) -> None:
    def before(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {path}"
        for other in services[name].get("depends_on", {}):
            before(other, (*path, name))

    for name in services:
        before(name, ())
    for name in SERVICES:
        if name != "svc-admin-api":
            assert "svc-admin-api" in services[name]["depends_on"]


def test_all_services_run_and_only_the_edge_is_published(services: dict[str, Any]) -> None:
    assert set(SERVICES) < set(services)
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]
    assert [name for name in SERVICES if "edge" in services[name]["networks"]] == list(API_SERVICES)


def test_the_database_and_the_broker_have_no_way_out(compose: dict[str, Any], services: dict[str, Any]) -> None:
    assert compose["networks"]["data"]["internal"] is True
    for name in ("mongo", "nats", "mongo-init", "topology", "jaeger"):
        assert services[name]["networks"] == ["data"], name
    for name in ("gateway", "restore"):
        assert services[name]["networks"] == ["data", "outbound"], "backups reach a bucket"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_the_key_management_service_of_a_tenant(
    service: str, compose: dict[str, Any], services: dict[str, Any]
) -> None:
    ways = [name for name in services[service]["networks"] if not (compose["networks"][name] or {}).get("internal")]
    assert ways, "every service unwraps data keys by itself"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_settings_and_no_others(
    service: str, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, str] = services[service]["environment"]
    settings = _settings(service)
    fields = {name.upper() for name in settings.model_fields}
    required = {name.upper() for name, field in settings.model_fields.items() if field.is_required()}
    assert set(given) <= fields
    assert required <= set(given)
    for name in fields:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        assert isinstance(value, str), f"{name} is not text"
        monkeypatch.setenv(name, value)
    built = settings().model_dump()
    assert built["nats_user"] == service
    assert built["environment"] == "production"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_from_its_own_image_with_its_own_module(service: str, services: dict[str, Any]) -> None:
    definition = services[service]
    assert definition["command"] == ["python", "-m", MODULES[service]]
    assert definition["build"]["args"] == {"SERVICE": service}
    assert definition["build"]["target"] == ("runtime-pdf" if service == "svc-invoice" else "runtime")
    assert definition["read_only"] is True
    assert definition["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_embedded_stack_sets_the_same_variables(
    service: str, services: dict[str, Any], environment: Environment
) -> None:
    embedded = set(environment.service(service)) - set(inherited())
    # The trace viewer exists only here; the level is the reader's shell's there.
    assert set(services[service]["environment"]) - {"LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT"} == embedded


@pytest.mark.parametrize("service", DATABASES)
def test_a_service_has_its_own_database_and_user(service: str, services: dict[str, Any]) -> None:
    given = services[service]["environment"]
    assert given["MONGODB_DATABASE"] == DATABASES[service]
    assert given["MONGODB_URI"].startswith(f"mongodb://{service}:")
    assert "replicaSet=rs0" in given["MONGODB_URI"]


def test_services_without_a_database_know_no_database(services: dict[str, Any]) -> None:
    for service in set(SERVICES) - set(DATABASES):
        assert not [name for name in services[service]["environment"] if name.startswith("MONGODB")]


def test_every_user_gets_a_password_where_it_is_made(services: dict[str, Any]) -> None:
    made = set(services["mongo-init"]["environment"])
    assert {mongo.password_variable(user) for user in mongo.MONGO_USERS} < made
    known = set(services["nats"]["environment"])
    assert {nats.password_variable(user) for user in nats.NATS_USERS} == known - {"NATS_SERVER_NAME"}


def test_the_topology_job_has_its_settings(services: dict[str, Any], environment: Environment) -> None:
    assert services["topology"]["command"] == ["gateway", "migrate"]
    assert set(services["topology"]["environment"]) == {"NATS_URL", "NATS_USER", "NATS_PASSWORD", "MONGODB_URI"}
    assert set(environment.topology()) - set(inherited()) == set(services["topology"]["environment"])


def test_the_command_line_has_its_variables_and_every_process(
    services: dict[str, Any], environment: Environment
) -> None:
    given = services["gateway"]["environment"]
    # An embedded stack has no passphrase of backups: its operator names one.
    assert set(environment.operator()) - set(inherited()) == set(given) - {"GATEWAY_BACKUP_PASSPHRASE"}
    assert services["restore"]["environment"] == given
    for name in ("gateway", "restore"):
        assert services[name]["profiles"] == ["tools"], "it is started by the operator alone"
    ports = {name: services[name]["environment"].get("HTTP_PORT", "9100") for name in SERVICES}
    assert given["GATEWAY_SERVICES"].split() == [f"{name}=http://{name}:{port}" for name, port in ports.items()]


def test_the_edge_gets_every_variable_of_its_configuration(services: dict[str, Any]) -> None:
    folder = COMPOSE.parent / "caddy"
    text = (folder / "Caddyfile").read_text() + (folder / "global.image").read_text()
    needed = set(re.findall(r"\{\$([A-Z_]+)\}", text))
    assert needed == set(services["caddy"]["environment"])


def test_forwarding_headers_are_believed_from_the_edge_alone(services: dict[str, Any]) -> None:
    address = services["caddy"]["networks"]["edge"]["ipv4_address"]
    for service in API_SERVICES:
        assert services[service]["environment"]["TRUSTED_PROXIES"] == address


def _bytes(text: str) -> int:
    return int(text[:-1]) * _UNITS[text[-1]]


def test_every_container_has_a_memory_limit(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert 128 * 1024**2 <= _bytes(service["mem_limit"]) <= 4 * 1024**3, name


@pytest.mark.parametrize(
    ("service", "budgets"),
    [("svc-admin-api", [OPEN_LIMITS, KNOWN_LIMITS]), ("svc-checkout-api", [OPEN_LIMITS, HOOK_LIMITS])],
)
def test_what_strangers_can_make_an_api_hold_fits_into_its_memory(
    services: dict[str, Any], service: str, budgets: list[BodyLimits]
) -> None:
    """Every body twice (pieces, then the whole), and of each connection a head and what came with it."""
    bodies = 2 * sum(budget.held_bytes for budget in budgets)
    limits = ConnectionLimits()
    connections = limits.total * (limits.head_bytes + 2 * RECEIVE_BUFFER_BYTES)

    assert _BASE_BYTES + bodies + connections < _bytes(services[service]["mem_limit"])
    assert services[service]["ulimits"]["nofile"] > 2 * limits.total


def test_the_image_knows_every_member_of_the_workspace() -> None:
    text = (COMPOSE.parent / "Dockerfile").read_text()
    members = [path.parent for pattern in ("libs/*", "svc-*") for path in REPOSITORY.glob(f"{pattern}/pyproject.toml")]
    for member in (*members, REPOSITORY / "simulators", REPOSITORY / "infra/embedded", REPOSITORY / "cli"):
        relative = member.relative_to(REPOSITORY)
        assert f"COPY {relative}/pyproject.toml {relative}/" in text
