"""Create a service: a skeleton that starts, answers and is tested, and its entry in every list.

``make new-service NAME=svc-payouts TEXT="Payouts to merchants."`` writes a worker without a database. What only its
author knows is left to do, and printed at the end. ``tests/test_services.py`` fails while a list lacks the service.
"""

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway_contracts.services import SERVICES
from gateway_embedded.ports import PREFERRED

ROOT = Path(__file__).resolve().parent.parent
LAST = SERVICES[-1]
"""New entries go behind those of the last service."""
NAME = re.compile(r"svc-[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")

SKELETON = {
    "README.md": """# {name}

{text}

**Answers** `rpc.{rpc}.describe`. **Publishes** and **consumes** nothing yet.
""",
    "pyproject.toml": """[project]
name = "{name}"
version = "0.1.0"
description = "{text}"
requires-python = ">=3.11"
license = "Apache-2.0"
dependencies = ["gateway-contracts", "gateway-kit"]

[build-system]
requires = ["uv_build>=0.9"]
build-backend = "uv_build"

[tool.uv.build-backend]
module-name = "{package}"

[tool.uv.sources]
gateway-contracts = {{ workspace = true }}
gateway-kit = {{ workspace = true }}
""",
    "src/{package}/__init__.py": '"""{text}"""\n',
    "src/{package}/py.typed": "",
    "src/{package}/__main__.py": '''"""``python -m {package}``: run {name} until SIGTERM."""

from gateway_kit.service import run_service
from {package}.app import SERVICE, build
from {package}.settings import Settings

if __name__ == "__main__":
    run_service(Settings(), SERVICE, build)
''',
    "src/{package}/settings.py": '''"""Settings of {name}."""

from gateway_kit.settings import KitSettings


class Settings(KitSettings):
    """The settings that all services share."""
''',
    "src/{package}/app.py": '''"""The composition root of {name}."""

from typing import Final

from gateway_kit.service import Runtime
from {package}.rpc.handlers import DESCRIBE, describe

SERVICE: Final = "{name}"


async def build(runtime: Runtime) -> None:
    """Register what the service answers."""
    runtime.serve(DESCRIBE, describe)
''',
    "src/{package}/rpc/__init__.py": '"""Requests on the bus."""\n',
    "src/{package}/rpc/handlers.py": '''"""Requests that the service answers."""

from typing import Final

from gateway_contracts.base import Contract
from gateway_contracts.rpc import Call, Empty, Method
from {package}.use_cases.describe_service import describe_service


class Description(Contract):
    """The purpose of the service."""

    text: str


DESCRIBE: Final = Method("rpc.{rpc}.describe", Empty, Description)


async def describe(_request: Empty, _call: Call) -> Description:
    """Answer with the purpose of the service."""
    return Description(text=describe_service())
''',
    "src/{package}/use_cases/__init__.py": '"""Use cases, one module each."""\n',
    "src/{package}/use_cases/describe_service.py": '''"""Describe the service."""

from {package}.domain.purpose import PURPOSE


def describe_service() -> str:
    """The purpose of the service."""
    return PURPOSE
''',
    "src/{package}/domain/__init__.py": '"""Rules in plain Python."""\n',
    "src/{package}/domain/purpose.py": '''"""The purpose of the service."""

from typing import Final

PURPOSE: Final = "{text}"
''',
    "tests/unit/test_describe_{package}.py": """from gateway_contracts.actor import Actor
from gateway_contracts.rpc import Call, Empty
from {package}.rpc.handlers import describe


async def test_the_service_says_what_it_is_for() -> None:
    answer = await describe(Empty(), Call(actor=Actor(kind="service")))
    assert answer.text == "{text}"
""",
}

COMPOSE = """
  {name}:
    <<: *python
    image: payment-gateway/{name}
    mem_limit: 512m
    build: {{context: .., dockerfile: infra/Dockerfile, target: runtime, args: {{SERVICE: {name}}}}}
    networks: [data, outbound]
    command: [python, -m, {package}]
    environment:
      <<: *common
      LIVEZ_PORT: "9100"
      LIVEZ_HOST: 0.0.0.0
      NATS_USER: {name}
      NATS_PASSWORD: ${{NATS_PASSWORD_{variable}:?}}
    healthcheck: *worker-health
    depends_on: *after-admin
"""


@dataclass(frozen=True)
class NewService:
    """The names of the service to make."""

    name: str
    text: str

    @property
    def package(self) -> str:
        return self.name.removeprefix("svc-").replace("-", "_")

    @property
    def variable(self) -> str:
        return self.name.upper().replace("-", "_")

    def fill(self, template: str) -> str:
        """A template with these names."""
        return template.format(
            name=self.name, package=self.package, rpc=self.package, text=self.text, variable=self.variable
        )


def write_skeleton(service: NewService, root: Path) -> None:
    """The service's own folder."""
    for path, template in SKELETON.items():
        file = root / service.name / service.fill(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(service.fill(template))


def enter_in_lists(service: NewService, root: Path) -> None:
    """Every list that names the last service names the new one behind it."""
    last_variable = LAST.name.upper().replace("-", "_")
    port = max(PREFERRED[each.name] for each in SERVICES) + 1
    contracts, compose = "libs/contracts/src/gateway_contracts", "infra/compose.yaml"
    password = service.fill("      NATS_PASSWORD_{variable}: ${{NATS_PASSWORD_{variable}:?}}")
    _change(root / "pyproject.toml", lambda text: _in_project(service, text))
    for path, start, line in (
        (
            f"{contracts}/services.py",
            f'    ServiceSpec("{LAST.name}"',
            '    ServiceSpec("{name}", "{package}", "worker"),',
        ),
        ("infra/embedded/src/gateway_embedded/ports.py", f'    "{LAST.name}":', f'    "{{name}}": {port},'),
        ("infra/Dockerfile", f"COPY {LAST.name}/", "COPY {name}/pyproject.toml {name}/"),
        ("README.md", f"| `{LAST.name}` |", "| `{name}` | {text} |"),
        (compose, f"        {LAST.name}=http://", "        {name}=http://{name}:9100"),
    ):
        _behind(root, path, start, service.fill(line))
    # The entry of the last service may have many lines.
    access, end = service.fill('    ServiceAccess("{name}", rpc_name="{rpc}"),'), ")\n\n\ndef access_of"
    _replace(root / contracts / "access.py", end, f"{access}\n{end}")
    _behind(root, compose, f"      NATS_PASSWORD_{last_variable}:", password)
    _replace(root / compose, "\n  caddy:\n", service.fill(COMPOSE) + "\n  caddy:\n")
    target = f'"{LAST.name}:9100"'
    _replace(root / "docs/operating.md", target, f'{target}, "{service.name}:9100"')


def _in_project(service: NewService, text: str) -> str:
    """Members, paths and import rules."""
    source = f"{LAST.name} = {{ workspace = true }}"
    text = text.replace(source, f"{source}\n{source.replace(LAST.name, service.name)}")
    parts = re.compile(rf'"(?:{LAST.name}(?P<folder>(?:/src)?)|{LAST.package}(?P<part>(?:\.(?:domain|use_cases))?))"')

    def with_sibling(match: re.Match[str]) -> str:
        folder, part = match["folder"], match["part"]
        return f'{match[0]}, "{service.name}{folder}"' if part is None else f'{match[0]}, "{service.package}{part}"'

    return parts.sub(with_sibling, text)


def _behind(root: Path, path: str, start: str, line: str) -> None:
    """Put a line behind the one that starts so."""

    def changed(text: str) -> str:
        return re.sub(rf"^{re.escape(start)}.*$", lambda match: f"{match[0]}\n{line}", text, count=1, flags=re.M)

    _change(root / path, changed)


def _replace(file: Path, old: str, new: str) -> None:
    _change(file, lambda text: text.replace(old, new, 1))


def _change(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text()
    after = change(before)
    if after == before:
        raise SystemExit(f"{file}: the entry of {LAST.name} was not found")
    file.write_text(after)


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="for example svc-payouts")
    parser.add_argument("text", nargs="?", default="A new service.", help="its purpose in one sentence")
    given = parser.parse_args(arguments)
    if not NAME.fullmatch(given.name) or '"' in given.text:
        raise SystemExit("the name is svc- and words of small letters and digits; the text has no quotation mark")
    service = NewService(given.name, given.text)
    if (ROOT / service.name).exists() or service.package in {each.package for each in SERVICES}:
        raise SystemExit(f"{service.name} exists")
    write_skeleton(service, ROOT)
    enter_in_lists(service, ROOT)
    print(f"{service.name} is written. Now: uv lock, make schemas, make fmt; then its rights in access.py.")


if __name__ == "__main__":
    main(sys.argv[1:])
