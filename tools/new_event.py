"""Create an event: its class, its entry in the registry and an example.

``make new-event NAME=invoice.voided.v1 OWNER=svc-invoice`` writes an event that says when and about which object;
its own fields are left to do. ``make schemas`` publishes its schema, ``make events`` enters it in the catalogue.
"""

import argparse
import json
import re
import sys
from pathlib import Path

from gateway_contracts.access import access_of
from gateway_contracts.events.registry import EVENTS, OWNERS
from gateway_contracts.topology import STREAMS

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = Path("libs/contracts/src/gateway_contracts")
NAME = re.compile(r"(?P<entity>[a-z_]+)\.(?P<action>[a-z_]+)\.v(?P<version>[1-9]\d*)")

MODULE = '''"""Events about the {entity}, written by {owner}."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.envelope import EventData
'''
CLASS = '''

class {name}(EventData):
    """The {entity} was {action}."""

    TYPE: ClassVar[str] = "{event}"

    {entity}_id: str
    occurred_at: datetime
'''
EXAMPLE_ID = "6560a1b2c3d4e5f6a7b8c9d9"
EXAMPLE_TIME = "2026-01-15T10:30:00.123000Z"


def write_class(event: str, owner: str, root: Path) -> str:
    """Add the class to the module of its entity; returns where it is (``invoice.InvoiceVoidedV1``)."""
    entity, action, version = event.split(".")
    name = "".join(word.capitalize() for word in f"{entity}_{action}_{version}".split("_"))
    file = root / CONTRACTS / "events" / f"{entity}.py"
    text = file.read_text() if file.exists() else MODULE.format(entity=entity, owner=owner)
    for line in ("from typing import ClassVar", "from datetime import datetime"):
        if not re.search(rf"^{line}\b", text, re.M):
            text = text.replace("\n\n", f"\n\n{line}\n", 1)
    file.write_text(text + CLASS.format(name=name, entity=entity, action=action.replace("_", " "), event=event))
    return f"{entity}.{name}"


def register(place: str, owner: str, root: Path) -> None:
    """Add it to the events of its owner."""
    file = root / CONTRACTS / "events" / "registry.py"
    text, module = file.read_text(), place.split(".")[0]
    imports = re.search(r"^from gateway_contracts\.events import \(([^)]*)\)$", text, re.M)
    assert imports is not None, "the registry imports the modules of events in brackets"
    modules = ", ".join(sorted({*re.findall(r"\w+", imports[1]), module}))
    text = text.replace(imports[0], f"from gateway_contracts.events import ({modules})")
    known = f'    "{owner}": ('
    if known in text:
        text = text.replace(known, f"{known}{place}, ", 1)
    else:
        text = text.replace("\n}\n", f"\n{known}{place},),\n}}\n", 1)
    file.write_text(text)


def write_example(event: str, owner: str, root: Path) -> None:
    """A whole message, as tests and documents read it."""
    entity = event.split(".")[0]
    body = {
        "specversion": "1.0",
        "id": "019bc0de-7a3b-7cc2-9d1e-5b8f4a2c6e01",
        "source": owner,
        "type": event,
        "time": EXAMPLE_TIME,
        "dataschema": f"urn:gateway:schema:{event}",
        "organizationId": "6560a1b2c3d4e5f6a7b8c9d0",
        "livemode": False,
        "entityId": EXAMPLE_ID,
        "sequence": 1,
        "correlationId": "req_7Qb2mX9c",
        "causationId": "019bc0de-7a3a-7b11-8c0d-4a7e3f1b5d00",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": {f"{_camel(entity)}Id": EXAMPLE_ID, "occurredAt": EXAMPLE_TIME},
    }
    file = root / "libs/contracts/examples" / event / "full.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(body, indent=2) + "\n")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def main(arguments: list[str]) -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="for example invoice.voided.v1")
    parser.add_argument("owner", help="the one service that publishes it")
    given = parser.parse_args(arguments)
    if not NAME.fullmatch(given.name):
        raise SystemExit("the name is <entity>.<what happened>.v<number>, in small letters")
    if given.name in EVENTS:
        raise SystemExit(f"{given.name} exists; it belongs to {OWNERS[given.name]}")
    register(write_class(given.name, given.owner, ROOT), given.owner, ROOT)
    write_example(given.name, given.owner, ROOT)
    entity = given.name.split(".")[0]
    print(f"{given.name} is written. Now: its fields and its example, make schemas events fmt.")
    if not any(subject.startswith(f"{entity}.") for spec in STREAMS for subject in spec.subjects):
        print(f"No stream takes {entity}.*: add its subjects to topology.py.")
    if not any(subject.startswith(f"{entity}.") for subject in access_of(given.owner).publishes):
        print(f"{given.owner} may not publish {entity}.*: add it to access.py.")


if __name__ == "__main__":
    main(sys.argv[1:])
