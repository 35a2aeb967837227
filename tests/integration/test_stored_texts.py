"""Whatever texts are accepted and stored: every list, page, event, notification and document that holds them can still
be made and read.

Hypothesis fills every field that takes free text (found in the OpenAPI document), sells, refunds, and reads all of it.
The usual run takes the same examples each time; ``NIGHTLY=1`` takes many others.
"""

import io
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pypdf
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from admin_api.web.examples import EXAMPLES
from gateway_contracts.bodies import NOT_BLANK
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.registry import EVENTS
from gateway_testkit.both_apis import ADDRESS, API, FULL_CHECKOUT, LISTS, NOT_PAGED, Shop, running_shop
from gateway_testkit.merchant import Merchant, running_merchant
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.openapi import Path, leaves, with_value
from gateway_testkit.tenants import INVOICING, WIRE
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600)]

SALES = 500 if IS_NIGHTLY else 6
CREATE = "POST /checkouts/{site_id}/create"
RECEIPT = "POST /transactions/{transaction_id}/receipts"
REFUND = "POST /transactions/{transaction_id}/refunds"
BASES: dict[str, dict[str, Any]] = {
    CREATE: {**FULL_CHECKOUT, "shippingAddress": ADDRESS},
    "PATCH /organizations/settings/invoicing": {**INVOICING, "invoiceNumberLayout": {"prefix": "INV-"}},
    "PATCH /sites/{site_id}": {"name": "Shop"},
    "PATCH /providers/{provider_id}": {name: value for name, value in WIRE.items() if name != "type"},
    "PATCH /clients/{client_id}": EXAMPLES["POST /clients"],
    RECEIPT: EXAMPLES[RECEIPT],
    REFUND: {"reason": "test", "dispatchIpn": True},
}
"""Requests that store texts; the fields of these bodies are replaced."""

MARKUP = ("'", '"', "\\", "\\u0000", "%s", "%00", "{}", "{{7*7}}", "${x}", "<b>", "</script>", "]]>", "&amp;", "&#0;")
CODE = ("<!--", "=1+1", "@import", "url(http://127.0.0.1/)", "../../etc/passwd", "null", "true", "0", ".", "$")
SPACES = ("  ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\u2029", "\ufeff", "\u200b", "\u00ad", "\u200d")
DIRECTIONS = ("\u202e", "\u2066", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627")
SCRIPTS = ("\u0e17\u0e35\u0e48", "\ud55c\uad6d", "\u0939\u093f\u0928\u094d\u0926\u0940", "e\u0301" * 20, "W" * 100)
EMOJI = ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U00020000", "\U0010fffd", "\ufdd0")
AWKWARD = (*MARKUP, *CODE, *SPACES, *DIRECTIONS, *SCRIPTS, *EMOJI)
PLAIN = st.characters(exclude_categories=["Cs", "Cc"])
TEXT = st.lists(st.sampled_from(AWKWARD) | st.text(PLAIN, max_size=12), min_size=1, max_size=3).map("".join)


class World:
    """The shop, its server that is notified, and where its requests take free text. (Hypothesis prints what it is given
    for each example, all fields of a dataclass too.)"""

    def __init__(self, shop: Shop, merchant: Merchant) -> None:
        self.shop = shop
        self.merchant = merchant
        self.bases = dict(BASES) | {
            "PATCH /sites/{site_id}": {"name": "Shop", "providerIds": [shop.ids["provider_id"]]}
        }
        self.free: dict[str, list[tuple[Path, int]]] = {}
        self.serial = itertools.count()

    async def send(self, name: str, body: Any, **ids: str) -> httpx.Response:
        method, path = name.split(" ")
        answer: httpx.Response = await self.shop.ask(method, path.format(**{**self.shop.ids, **ids}), body)
        return answer

    async def store(self, name: str, texts: Iterator[str], **ids: str) -> tuple[Any, dict[str, Any]]:
        """Send the request with a text in each free field. What is refused by its name is taken back: the rules of
        fields have tests of their own. The answer, and the body that was accepted."""
        base = self.bases[name]
        body = base
        for path, longest in self.free[name]:
            # A bank reference is that of one payment only.
            text = f"{next(self.serial)} {next(texts)}" if name == RECEIPT else next(texts)
            body = with_value(body, path, text[:longest])
        for _ in range(4):
            answer = await self.send(name, body, **ids)
            if answer.is_success:
                return answer.json(), body
            assert answer.status_code == 422, f"{name} {json.dumps(body)}: {answer.text}"
            body = self.without(name, body, {problem["field"] for problem in answer.json()["details"]})
        raise AssertionError(f"{name} {json.dumps(body)}: {answer.text}")

    def without(self, name: str, body: Any, refused: set[str]) -> Any:
        """The body with its own usual values where it was refused."""
        assert refused, f"{name}: no field is named"
        base = self.bases[name]
        for path, _ in self.free[name]:
            if any(_named(path) in {name, name.split("[")[0], name.rpartition(".")[0]} for name in refused):
                usual = _value_at(base, path)
                # What is usually absent goes with all around it.
                outer = str(path[0])
                body = {**body, outer: base.get(outer)} if usual is None else with_value(body, path, usual)
        return {field: value for field, value in body.items() if value is not None}


def _named(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _value_at(body: Any, path: Path) -> Any:
    for part in path:
        if isinstance(part, int):
            body = body[part] if isinstance(body, list) and len(body) > part else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


@pytest_asyncio.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with running_shop(tmp_path_factory.mktemp("texts")) as shop, running_merchant() as merchant:
        made = World(shop, merchant)
        await _find_free_fields(made)
        yield made


async def _find_free_fields(world: World) -> None:
    """Those that take a word of no meaning."""
    document = (await world.shop.merchants.get(f"{API}/openapi.json")).json()
    for name, base in world.bases.items():
        method, path = name.split(" ")
        content = document["paths"][API + path][method.lower()]["requestBody"]["content"]
        found: dict[Path, int] = {}
        for place, shape in leaves(document, content["application/json"]["schema"]):
            is_free = shape.get("pattern", NOT_BLANK) == NOT_BLANK and not {"enum", "const", "format"} & shape.keys()
            if shape.get("type") == "string" and is_free:
                found[place] = shape.get("maxLength", 200)
        free = []
        for place, longest in found.items():
            # A receipt and a refund move money: here they ask about a payment that does not exist.
            answer = await world.send(name, with_value(base, place, "Quay"), transaction_id="f" * 24)
            if answer.is_success or answer.status_code == 404:
                free.append((place, longest))
        world.free[name] = free
        assert free, name


@settings(
    max_examples=SALES,
    deadline=None,
    database=None,
    derandomize=not IS_NIGHTLY,
    # A failing example is not made smaller in the usual run, whose time is bounded.
    phases=list(Phase) if IS_NIGHTLY else [Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(texts=st.lists(TEXT, min_size=20, max_size=20))
async def test_a_sale_with_any_texts_can_be_read_everywhere(world: World, texts: list[str]) -> None:
    shop, endless = world.shop, itertools.cycle(texts)
    for name in ("PATCH /organizations/settings/invoicing", "PATCH /sites/{site_id}", "PATCH /providers/{provider_id}"):
        await world.store(name, endless)
    await world.store("PATCH /clients/{client_id}", endless)
    transaction_id, code, session = await _sell(world, endless)
    # One after the other: a newer status takes the place of one that was not sent yet.
    await _notified(world, transaction_id, 1)
    await _give_back(world, transaction_id, endless)
    await _notified(world, transaction_id, 3)
    await _documents(world, transaction_id, session)
    await _pages(world, transaction_id, code, session)
    for path in LISTS:
        listed = await shop.ask("GET", path.format(**shop.ids) + ("" if path in NOT_PAGED else "?limit=5"))
        assert listed.status_code == 200, f"{path}: {listed.text}"


async def _sell(world: World, texts: Iterator[str]) -> tuple[str, str, str]:
    """The ids of a paid transaction, and of its checkout."""
    shop = world.shop
    unique = {"ipnUrl": world.merchant.url, "externalReference": f"ORDER-{next(world.serial)}"}
    world.bases[CREATE] = {**world.bases[CREATE], **unique}
    made, body = await world.store(CREATE, texts)
    read = (await shop.ask("GET", f"/checkouts/{made['id']}")).json()
    # An entry without a value counts as not given.
    assert read["metadata"] == {name: value for name, value in body["metadata"].items() if value.strip()}
    assert read["externalReference"].strip() == body["externalReference"].strip()
    started = await shop.pay({"sessionPublicId": made["sessionPublicId"], "providerId": shop.ids["provider_id"]})
    assert started.is_success, started.text
    transaction_id = started.json()["transactionId"]
    await world.store(RECEIPT, texts, transaction_id=transaction_id)
    return transaction_id, made["shortCode"], made["sessionPublicId"]


async def _give_back(world: World, transaction_id: str, texts: Iterator[str]) -> None:
    refund, _ = await world.store(REFUND, texts, transaction_id=transaction_id)
    settle = f"{REFUND}/{{refund_id}}/settle"
    settled = await world.send(
        settle, EXAMPLES[settle] | {"dispatchIpn": True}, transaction_id=transaction_id, refund_id=refund["id"]
    )
    assert settled.is_success, settled.text
    read = await world.shop.ask("GET", f"/transactions/{transaction_id}")
    assert (read.status_code, read.json().get("unavailable", [])) == (200, []), read.text


async def _notified(world: World, transaction_id: str, status: int) -> None:
    notification = await world.merchant.notification(transaction_id, status)
    assert isinstance(notification.json["externalReference"], str)


async def _documents(world: World, transaction_id: str, session: str) -> None:
    """The invoice and the credit note, as the merchant and the customer read them."""
    for path, rows in (("invoices", "invoices"), ("credit-notes", "creditNotes")):

        async def listed(path: str = path, rows: str = rows) -> Any:
            answer = await world.shop.ask("GET", f"/{path}?transactionId={transaction_id}")
            assert answer.status_code == 200, answer.text
            return answer.json()[rows]

        [row] = await eventually(listed)

        async def drawn(place: str = f"/{path}/{row['id']}/pdf") -> bytes:
            answer = await world.shop.ask("GET", place)
            assert answer.status_code == 200, answer.text
            found: bytes = answer.content
            return found

        assert pypdf.PdfReader(io.BytesIO(await eventually(drawn))).pages
    own = await world.shop.customers.get(f"{API}/checkouts/{session}/documents")
    assert len(own.json()["documents"]) == 2, own.text


async def _pages(world: World, transaction_id: str, code: str, session: str) -> None:
    for path in (f"/checkout/{code}", f"/checkout/{code}/result/{transaction_id}"):
        page = await world.shop.customers.get(path, follow_redirects=True)
        assert page.status_code in (200, 410), f"{path}: {page.status_code}"
        assert page.headers["content-type"].startswith("text/html")
    status = await world.shop.customers.get(
        f"{API}/transactions/{transaction_id}/status", headers={"X-Checkout-Session": session}
    )
    assert status.status_code == 200, status.text


async def test_every_event_of_it_can_be_read_and_nothing_was_set_aside(world: World) -> None:
    js, seen = world.shop.bus.jetstream(), 0
    for stream in ("TRANSACTIONS", "INVOICES", "IPN", "TENANCY"):
        state = (await js.stream_info(stream)).state
        for sequence in range(state.first_seq, state.last_seq + 1):
            message = await js.get_msg(stream, sequence)
            assert message.data is not None
            kind = EVENTS[json.loads(message.data)["type"]]
            Envelope[kind].model_validate_json(message.data)  # type: ignore[valid-type]  # chosen by the event itself
            seen += 1
    assert seen > 5 * SALES
    assert (await js.stream_info("DEAD_LETTERS")).state.messages == 0
    for name, runtime in world.shop.runtimes.items():
        assert not any((await runtime.health.set_aside()).values()), name
