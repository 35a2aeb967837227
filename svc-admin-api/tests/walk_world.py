"""An installation with one of everything that the pages of the console show."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import invoices_world
import walk_owners
import walk_plan
from admin_world import Api
from console_table import Entry
from console_visits import Visits
from documents_world import TEMPLATE
from events_world import MemoryLog, an_event, events_over
from messages_world import CHAT, DEFAULT, MESSAGE, OWN
from operations_world import a_letter
from traced import TRACE, a_payment_traced
from walk_plan import ACCOUNTS, Step

from admin_api.encryption.use_cases.advance_rotations import advance_rotations

_PARAMETER = re.compile(r"\{\w+\}")
_OF_USE = ("used_at", "refresh_hash", "sequence", "replacements")
"""Fields of a session that reading changes too."""


@dataclass
class World:
    """The installation, and the ids of what it has by the names of the plan."""

    api: Api
    organization_id: str
    values: dict[str, str] = field(default_factory=dict)

    def address(self, path: str, objects: Iterable[str]) -> str:
        """The path for these objects."""
        ids = iter(objects)
        return _PARAMETER.sub(lambda _: self.values[next(ids)], path)

    def address_of(self, entry: Entry) -> str:
        """The address of a page or an action."""
        objects = walk_plan.PAGES.get(entry.path, ()) if entry.method == "GET" else _step(entry.path).objects
        return self.address(entry.path, objects)

    def filled(self, path: str) -> dict[str, str]:
        """The inputs of the form of an action."""
        return {name: self.said(text) for name, text in _step(path).fields.items()}

    def said(self, text: str) -> str:
        """A text of the plan with the values of this world."""
        for name, value in self.values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    async def invitation(self, role: str, **person: str) -> dict[str, Any]:
        """An invitation of a member, or of an operator."""
        if role == "global":
            path, body = "/system/operators", person
        else:
            path, body = f"/organizations/{self.organization_id}/members", {**person, "role": role}
        return await made(self.api, path, self.api.system_key, body)

    async def stored(self) -> dict[str, list[str]]:
        """Everything that is stored, to compare."""
        found = {}
        for name in sorted(await self.api.db.list_collection_names()):
            hidden = dict.fromkeys(_OF_USE, False) if name == "sessions" else None
            rows = self.api.db[name].find(projection=hidden)
            found[name] = sorted([repr(row) async for row in rows])
        return found

    async def work(self) -> None:
        """Bring rotations of keys forward, as the service does in the background: a new one waits for their end."""
        await advance_rotations(encryption=self.api.applications[0].state.encryption)

    def asked(self) -> set[str]:
        """Requests that the owners have answered."""
        return {subject for subject, *_ in self.api.owners.asked}


def _step(path: str) -> Step:
    return walk_plan.ACTIONS.get(path, Step())


async def made(api: Api, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """A new object."""
    answer = await api.ask("POST", path, key, body)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def build(api: Api) -> World:
    """The installation; the person who walks through it is not there yet."""
    walk_owners.answer_all(api)
    world = World(api, await api.organization())
    world.values |= {
        "organization": world.organization_id,
        "paid": walk_owners.PAID,
        "unpaid": walk_owners.UNPAID,
        "refund": walk_owners.REFUND,
        "dispute": walk_owners.DISPUTE,
        "delivery": walk_owners.DELIVERY,
        "case": walk_owners.CASE,
        "domain": walk_owners.DOMAIN,
        "invoice": walk_owners.INVOICE,
        "draft": walk_owners.INVOICE_DRAFT,
        "paid_invoice": invoices_world.PAID,
        "payer": invoices_world.PAYER,
        "credit_note": walk_owners.CREDIT_NOTE,
        "document_template": TEMPLATE,
        "message": MESSAGE,
        **dict(zip(("event", "channel", "language"), OWN, strict=True)),
        **dict(zip(("chat_event", "chat_channel", "chat_language"), CHAT, strict=True)),
        **dict(zip(("other_event", "channel", "other_language"), DEFAULT, strict=True)),
        "trace": TRACE,
        "letter": "7",
    }
    _stream(world)
    await _shop(world)
    await _people(world)
    return world


def _stream(world: World) -> None:
    log = MemoryLog()
    log.publish(an_event("invoice.issued.v1", world.organization_id, livemode=True))
    a_payment_traced(log)
    world.api.deps = world.api.applications[0].state.deps = replace(world.api.deps, events=events_over(log))
    world.api.deps.operations.letters.stored += [a_letter(7), a_letter(8)]


async def _shop(world: World) -> None:
    api, values = world.api, world.values
    live = await api.key(world.organization_id, livemode=True)
    test = await api.key(world.organization_id)
    for name, account in ACCOUNTS.items():
        body = {"type": name, "label": name, "enabled": name != "mollie", **account}
        if "accounts" in account:
            body["accounts"] = json.loads(account["accounts"])
        values[name] = (await made(api, "/providers", live, body))["id"]
    offered = await made(api, "/providers", test, {"type": "wire", "label": "Tests", **ACCOUNTS["wire"]})
    values["site"] = (await api.site(test, providerIds=[offered["id"]]))["id"]
    values["client"] = (await made(api, "/clients", live, {"email": "jane@example.com"}))["id"]
    values["key"] = _id_of(await api.key(world.organization_id, "site:read"))
    body = {"label": "Walk", "scopes": ["organization:read"]}
    values["system_key"] = _id_of((await made(api, "/system/api-keys", api.system_key, body))["key"])


def _id_of(key: str) -> str:
    """The middle part of a key's text."""
    return key.split("_")[2].partition(".")[0]


async def _people(world: World) -> None:
    for name, role in (("boss", "admin"), ("colleague", "admin"), ("other_operator", "global")):
        invited = await world.invitation(role, email=f"{name}@example.com", name=name)
        registered = await Visits(world.api).register(invited["token"])
        assert registered.status_code == 200, registered.text
        world.values[name] = invited["member"]["id"]
    world.values["invited"] = (await world.invitation("viewer", email="invited@example.com"))["member"]["id"]
    other = World(world.api, await world.api.organization("Other GmbH"))
    world.values["other_organization"] = other.organization_id
