"""Every list that names the services agrees with the one in `gateway_contracts.services`."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway_contracts.access import ACCESS
from gateway_contracts.collections import COLLECTIONS
from gateway_contracts.events.registry import OWNERS
from gateway_contracts.services import SERVICES
from gateway_contracts.topology import CONSUMERS, STREAMS
from gateway_embedded.layout import REPOSITORY
from gateway_embedded.ports import PREFERRED

NAMES = {service.name for service in SERVICES}
PACKAGES = {service.package for service in SERVICES}
PROJECT: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
RULES = {rule["name"]: rule for rule in PROJECT["tool"]["importlinter"]["contracts"]}


def services_in(values: Iterable[str]) -> set[str]:
    """The names of services, with what follows a ``/`` cut off."""
    return {name for value in values if (name := value.split("/")[0]).startswith("svc-")}


def parts_of(name: str) -> set[str]:
    """Packages with such a part (``domain``, ``use_cases``), as the import rules write them."""
    whole = REPOSITORY.glob(f"svc-*/src/*/{name}/__init__.py")
    by_context = REPOSITORY.glob(f"svc-*/src/*/*/{name}/__init__.py")
    return {f"{file.parent.parent.name}.{name}" for file in whole} | {
        f"{file.parent.parent.parent.name}.*.{name}" for file in by_context
    }


def is_shared(file: Path) -> bool:
    """Whether tests import it by its plain name."""
    return file.stem != "conftest" and not file.stem.startswith("test_")


def test_every_folder_of_a_service_is_listed_with_its_package() -> None:
    manifests = REPOSITORY.glob("svc-*/pyproject.toml")
    assert {manifest.parent.name for manifest in manifests} == NAMES
    packages = REPOSITORY.glob("svc-*/src/*/__main__.py")
    found = {(main.parts[-4], main.parts[-2]) for main in packages}
    assert found == {(service.name, service.package) for service in SERVICES}


def test_the_workspace_installs_every_service() -> None:
    assert services_in(PROJECT["project"]["dependencies"]) == NAMES
    assert services_in(PROJECT["tool"]["uv"]["sources"]) == NAMES


def test_types_and_tests_of_every_service_are_checked() -> None:
    paths = PROJECT["tool"]["mypy"]["mypy_path"]
    assert {path.split("/")[0] for path in paths if re.fullmatch(r"svc-[a-z-]+/src", path)} == NAMES
    assert services_in(PROJECT["tool"]["pytest"]["ini_options"]["testpaths"]) == NAMES
    helpers = REPOSITORY.glob("*/tests/*.py"), REPOSITORY.glob("libs/*/tests/*.py")
    shared = {str(file.parent.relative_to(REPOSITORY)) for each in helpers for file in each if is_shared(file)}
    assert {path for path in paths if path.endswith("/tests")} == shared


def test_import_rules_hold_for_every_service() -> None:
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) >= PACKAGES
    assert set(RULES["Services never import each other"]["modules"]) == PACKAGES
    command_line = RULES["The command line alone knows several services, and nothing knows it"]
    assert set(command_line["source_modules"]) >= PACKAGES
    contexts = RULES["Layers inside a context of svc-admin-api"]["containers"]
    assert {*RULES["Layers inside a service"]["containers"], *(name.split(".")[0] for name in contexts)} == PACKAGES
    assert set(RULES["Domain code is plain Python"]["source_modules"]) == parts_of("domain")
    use_cases = RULES["Use cases know ports, not stores or adapters"]
    assert set(use_cases["source_modules"]) >= parts_of("use_cases")
    # The stores of svc-admin-api are its ports, over MongoDB or in memory (ADR 0054).
    stores = parts_of("store") - {"admin_api.*.store"}
    assert set(use_cases["forbidden_modules"]) >= stores | parts_of("adapters")


def test_the_bus_and_the_database_know_every_service() -> None:
    assert {access.service for access in ACCESS} == NAMES
    assert {spec.database for spec in COLLECTIONS} == {service.database for service in SERVICES if service.database}
    named = {*(spec.owner for spec in STREAMS), *(spec.service for spec in CONSUMERS), *OWNERS.values()}
    assert services_in(named) <= NAMES


def test_the_embedded_stack_and_the_containers_start_every_service() -> None:
    compose = yaml.safe_load((REPOSITORY / "infra/compose.yaml").read_text())
    assert services_in(PREFERRED) == NAMES
    assert services_in(compose["services"]) == NAMES
    copied = re.findall(r"^COPY (svc-[a-z-]+)/pyproject\.toml", (REPOSITORY / "infra/Dockerfile").read_text(), re.M)
    assert set(copied) == NAMES


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_documents_name_every_service(service: Any) -> None:
    assert f"| `{service.name}` |" in (REPOSITORY / "README.md").read_text()
    assert (REPOSITORY / service.name / "README.md").exists()
    port = {"svc-admin-api": 5001, "svc-checkout-api": 6001}.get(service.name, 9100)
    assert f'"{service.name}:{port}"' in (REPOSITORY / "docs/operating.md").read_text(), "targets of the metrics"
