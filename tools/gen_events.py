"""Writes ``docs/asyncapi.json``, which FastStream makes from the handlers, and ``docs/events.md``, the event catalogue.

``--check`` writes nothing and fails when one of them is not that of the code.
"""

import argparse
import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from faststream.nats import NatsBroker
from faststream.specification.asyncapi import AsyncAPI

from gateway_contracts.envelope import Envelope
from gateway_contracts.events import provider
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_contracts.events.registry import EVENTS, OWNERS
from gateway_contracts.services import SERVICES
from gateway_contracts.topology import STREAMS, StreamSpec
from gateway_kit.nats.consumers import EventRouter
from gateway_kit.nats.subscriber import DurableSubscriber

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "asyncapi.json"
PAGE = ROOT / "docs" / "events.md"
EXAMPLES = ROOT / "libs/contracts/examples"
ANY_ORGANIZATION = "6560a1b2c3d4e5f6a7b8c9d0"

HEAD = """# Events

Made by `make events` from the contracts and the handlers; a test keeps it current. [asyncapi.json](asyncapi.json) is
the same for machines, with all fields: FastStream writes it.

An event is published on `<type>.<organizationId>`, at least once, in order per aggregate, wrapped in one envelope. A
consumer is durable; it applies each event once ([outbox and inbox](architecture.md#outbox-and-inbox)). Fields are added
to a type and never removed; anything else is a new version. The examples below show `data`; the envelope around it:

```json
{envelope}
```

| event | published by | stream | consumers |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Reader:
    """A handler of a durable consumer."""

    service: str
    durable: str
    filter_subject: str
    text: str

    def takes(self, event: str) -> bool:
        """Whether the consumer's filter lets the event through."""
        return _matches(self.filter_subject, f"{event}.{ANY_ORGANIZATION}")


def _matches(pattern: str, subject: str) -> bool:
    parts, tokens = pattern.split("."), subject.split(".")
    return len(parts) == len(tokens) and all(part in ("*", token) for part, token in zip(parts, tokens, strict=True))


def routers() -> Iterator[EventRouter]:
    """Those of all services. Registration touches no dependency, so each gets a stand-in."""
    for service in SERVICES:
        source = ROOT / service.name / "src"
        for file in sorted(source.glob(f"{service.package}/**/consumers/*.py")):
            module = importlib.import_module(".".join(file.relative_to(source).with_suffix("").parts))
            if make := getattr(module, "router", None):
                yield make(**{name: Mock() for name in inspect.signature(make).parameters})


def subscribers(found: list[EventRouter]) -> list[DurableSubscriber]:
    """By name."""
    every = [subscriber for router in found for subscriber in router.durable_subscribers]
    return sorted(every, key=lambda subscriber: subscriber.spec.durable)


def document(found: list[EventRouter]) -> str:
    """The AsyncAPI document: what is received, and what the relay publishes."""
    broker = NatsBroker(logger=None, apply_types=False)
    broker.include_routers(*found)
    for event, data in EVENTS.items():
        broker.publisher(f"{event}.*", schema=Envelope[data], title=event, description=_text_of(data))  # type: ignore[valid-type]
    broker.publisher(f"{provider.TYPE}.*", schema=ReceivedProviderEvent, title=provider.TYPE)
    # Servers differ per installation.
    made = json.loads(AsyncAPI(broker, title="Payment gateway", version="1").to_specification().to_json())
    del made["servers"]
    for channel in made["channels"].values():
        del channel["servers"]
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def page(found: list[EventRouter]) -> str:
    """The catalogue."""
    readers = [
        Reader(each.spec.service, each.spec.durable, each.spec.filter_subject, _description(each))
        for each in subscribers(found)
    ]
    owners = {**OWNERS, provider.TYPE: "svc-webhook-ingest"}
    rows = [_row(event, owner, readers) for event, owner in sorted(owners.items())]
    sections = [_section(event, owners[event], readers) for event in sorted(owners)]
    whole = json.loads((EXAMPLES / min(EVENTS) / "full.json").read_text())
    envelope = json.dumps(whole | {"data": {}}, indent=2)
    return HEAD.replace("{envelope}", envelope) + "\n".join(rows) + "\n" + "\n".join(sections)


def _row(event: str, owner: str, readers: list[Reader]) -> str:
    names = ", ".join(f"`{reader.durable}`" for reader in readers if reader.takes(event)) or "–"
    anchor = event.replace(".", "")
    return f"| [`{event}`](#{anchor}) | {owner} | {_stream_of(event).name} | {names} |"


def _section(event: str, owner: str, readers: list[Reader]) -> str:
    lines = [f"\n## {event}\n", _text_of(EVENTS.get(event, ReceivedProviderEvent)), f"\nPublished by {owner}."]
    lines += [f"\n- {each.service}, `{each.durable}`: {each.text}" for each in readers if each.takes(event)]
    if event in EVENTS:
        data = json.loads((EXAMPLES / event / "full.json").read_text())["data"]
        lines.append(f"\n```json\n{json.dumps(data, indent=2)}\n```")
    else:
        lines.append("\nThe body is ciphertext, the attributes are headers (`gateway_contracts.events.provider`).")
    return "\n".join(lines) + "\n"


def _stream_of(event: str) -> StreamSpec:
    subject = f"{event}.{ANY_ORGANIZATION}"
    (stream,) = (spec for spec in STREAMS if any(_matches(pattern, subject) for pattern in spec.subjects))
    return stream


def _text_of(data: type[Any]) -> str:
    """The first paragraph of its docstring."""
    return re.sub(r"\s+", " ", inspect.cleandoc(data.__doc__ or "").split("\n\n")[0])


def _description(subscriber: DurableSubscriber) -> str:
    (call,) = subscriber.calls
    return inspect.cleandoc(call.description or "").split("\n")[0]


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    found = list(routers())
    texts = {DOCUMENT: document(found), PAGE: page(found)}
    if check:
        old = [file for file, text in texts.items() if not file.exists() or file.read_text() != text]
        print(*(f"{file.relative_to(ROOT)} is not current: run `make events`" for file in old), sep="\n")
        return bool(old)
    for file, text in texts.items():
        file.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
