"""Writes the JSON Schema of every event type; refuses to overwrite one with a change that breaks readers.

A field may be added; a field that disappears, becomes required or changes its type needs a new version of the event.
``--check`` writes nothing and fails when the committed schemas are not those of the code.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.registry import EVENTS

SCHEMAS = Path(__file__).resolve().parent.parent / "libs" / "contracts" / "schemas"

Schema = dict[str, Any]


def schema_of(event_type: str) -> Schema:
    """The schema of the whole message: envelope and payload."""
    envelope = Envelope[EVENTS[event_type]]  # type: ignore[valid-type]  # the class is data here
    schema: Schema = envelope.model_json_schema(by_alias=True, mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": event_type}


def _objects(schema: Schema) -> dict[str, Schema]:
    """Every object definition by name; the message itself has the empty name."""
    return {"": schema, **schema.get("$defs", {})}


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Changes that break a reader of the old schema."""
    problems = []
    for name, before in _objects(old).items():
        after = _objects(new).get(name)
        if after is None:
            problems.append(f"{name}: gone")
            continue
        for field, shape in before.get("properties", {}).items():
            now = after.get("properties", {}).get(field)
            if now is None:
                problems.append(f"{name}.{field}: gone")
            elif _shape(now) != _shape(shape):
                problems.append(f"{name}.{field}: type changed")
        if dropped := set(before.get("required", [])) - set(after.get("required", [])):
            problems.append(f"{name}: no longer always present: {sorted(dropped)}")
    return problems


def _shape(field: Schema) -> Schema:
    return {key: value for key, value in field.items() if key not in {"title", "description", "default"}}


def render(schema: Schema) -> str:
    """Stable text for the repository."""
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def outdated() -> list[str]:
    """Event types whose committed schema is not the code's, and files of unknown types."""
    wrong = [
        event_type
        for event_type in EVENTS
        if not (path := SCHEMAS / f"{event_type}.json").exists() or path.read_text() != render(schema_of(event_type))
    ]
    return wrong + sorted(path.stem for path in SCHEMAS.glob("*.json") if path.stem not in EVENTS)


def main() -> int:
    """Returns the exit code: 1 when something is outdated (check) or would break readers (write)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        wrong = outdated()
        print("\n".join(wrong) or "schemas are up to date")
        return 1 if wrong else 0
    SCHEMAS.mkdir(exist_ok=True)
    failed = False
    for event_type in EVENTS:
        path, schema = SCHEMAS / f"{event_type}.json", schema_of(event_type)
        problems = breaking_changes(json.loads(path.read_text()), schema) if path.exists() else []
        if problems:
            failed = True
            print(f"{event_type}: needs a new version: {'; '.join(problems)}")
        else:
            path.write_text(render(schema))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
