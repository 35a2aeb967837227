"""docs/integration.md is executed: its commands run as they stand, each with a key that has exactly the scope that the
page names, and what comes back is what the page shows."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from gateway_testkit.guide import Block, Guide, Operation, agree
from gateway_testkit.guide_shop import GuideShop, open_guide_shop
from gateway_testkit.stack import REPOSITORY, Stack
from gateway_testkit.waiting import eventually

PAGES = [REPOSITORY / "docs" / "integration.md", REPOSITORY / "README.md"]
_FROM_DESCRIPTOR = re.compile(r"(\w+)=\$\(jq -r \.([\w.]+) \.run/stack\.json\)")
UNKNOWN = "0" * 24


@pytest.fixture(scope="module")
def guide() -> Guide:
    return Guide(PAGES[0])


@pytest_asyncio.fixture
async def shop(stack: Stack) -> AsyncIterator[GuideShop]:
    # Not shared: the page's idempotency keys are used once.
    async with open_guide_shop(stack) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def reference(stack: Stack) -> dict[Operation, str]:
    """The scope of every operation, by the reference."""
    async with stack.admin() as api:
        paths = (await api.get("/api/v1/openapi.json")).json()["paths"]
    return {
        Operation.of(method.upper(), path): operation.get("x-required-scope", "")
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def named_scopes(guide: Guide) -> dict[Operation, str]:
    """The page's table of scopes."""
    return {
        operation: scope.strip("`")
        for _, operations, scope in guide.table("Step", "Operation", "Scope")
        for operation in guide.operations(operations)
    }


def test_the_table_names_every_operation_of_the_page_with_its_scope(
    guide: Guide, reference: dict[Operation, str]
) -> None:
    table = named_scopes(guide)
    used = set(guide.operations()) | {block.operation for block in guide.commands}

    assert used - table.keys() == set(), "operations of the page without a row in its table of scopes"
    assert {operation: reference.get(operation) for operation in table} == table


async def test_without_its_scope_an_operation_is_refused_and_with_it_alone_it_is_not(
    guide: Guide, shop: GuideShop
) -> None:
    table = named_scopes(guide)
    guide.says("without the scope an operation is 403 `MISSING_SCOPE`")

    for operation, scope in table.items():
        path = operation.path.replace("{}", UNKNOWN)
        body: dict[str, str] | None = None if operation.method == "GET" else {}
        without = await shop.ask(
            operation.method, path, body, credential=await shop.key_with(set(table.values()) - {scope})
        )
        alone = await shop.ask(operation.method, path, body, credential=await shop.key_with({scope}))
        refused = without.json()
        assert (without.status_code, refused["code"]) == (403, "MISSING_SCOPE"), operation
        assert refused["requiredScope"] == scope, operation
        assert alone.status_code != 403, operation


async def test_the_two_scopes_that_are_enough_to_sell_are_enough(guide: Guide, shop: GuideShop) -> None:
    guide.says("`checkout:create` and `transaction:read` are enough to sell.")
    walk = Walk(guide, shop)
    key = await shop.key_with({"checkout:create", "transaction:read"})
    create = next(block for block in guide.commands if block.operation.path == "/checkouts/{}/create")
    asked = [block for block in guide.commands if block.operation.path.startswith("/transactions")][:2]

    await walk.answered(create, key)
    await walk.customer_pays()
    for block in asked:
        assert block.operation.method == "GET"
        await walk.answered(block, key)


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_what_is_taken_from_the_descriptor_is_there(page: Path, stack: Stack) -> None:
    taken = _FROM_DESCRIPTOR.findall(page.read_text())

    assert {"API", "KEY", "SITE", "SHOP"} <= {name for name, _ in taken}
    for _, path in taken:
        found: Any = stack.descriptor
        for part in path.split("."):
            found = found[part]
        assert isinstance(found, str)
        assert found


class Ran(NamedTuple):
    """Result of a command."""

    code: int
    output: str


class Walk:
    """A newcomer who runs the page's commands from top to bottom.

    Attributes:
        names: the shell's variables so far; ids are learned from the answers.
        folder: where the commands run.
    """

    def __init__(self, guide: Guide, shop: GuideShop, folder: Path | None = None) -> None:
        self.guide = guide
        self.shop = shop
        self.folder = folder
        self.names = {
            "API": shop.tenant.stack.descriptor["urls"]["adminApi"],
            "SITE": shop.site_id,
            "SHOP": shop.url,
        }

    async def run(self, block: Block, key: str) -> Ran:
        """One block in a shell."""
        process = await asyncio.create_subprocess_exec(
            *("bash", "-euo", "pipefail", "-c", block.text),
            env=os.environ | self.names | {"KEY": key},
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        assert process.returncode is not None
        return Ran(process.returncode, output.decode())

    async def refused(self, block: Block, key: str) -> None:
        """It must be refused to that key."""
        ran = await self.run(block, key)
        # `curl -f` shows no answer and ends with 22.
        assert ran.code == 22 or '"MISSING_SCOPE"' in ran.output, f"{block.text}{ran.output}"

    async def answered(self, block: Block, key: str) -> None:
        """It must succeed and answer what the page shows; one that only asks may do so a moment later."""
        if block.operation.method == "GET":
            await eventually(lambda: self._answers(block, key))
        else:
            await self._answers(block, key)

    async def _answers(self, block: Block, key: str) -> bool:
        ran = await self.run(block, key)
        assert ran.code == 0, f"{block.text}{ran.output}"
        if block.answer is not None:
            agree(block.answer.json, json.loads(ran.output), self.names, str(block.operation))
        else:
            self._check_document(block)
        return True

    def _check_document(self, block: Block) -> None:
        written = re.search(r"-o (\S+\.pdf)", block.text)
        assert written is not None, f"the page shows no answer of\n{block.text}"
        assert self.folder is not None
        assert (self.folder / written[1]).read_bytes().startswith(b"%PDF-")

    async def customer_pays(self) -> None:
        """On the page of the checkout that was just made."""
        checkout = await self.shop.read(f"/checkouts/{self.names['CHECKOUT']}")
        self.names["TRANSACTION"] = await self.shop.pay(checkout)
        notification = await self.shop.notified(self.names["TRANSACTION"], 1)
        shown = next(block for block in self.guide.blocks if '"schemaVersion"' in block.text)
        agree(shown.json, notification.json, self.names, "notification")
        assert notification.json["sessionPublicId"] == checkout["sessionPublicId"]

    async def customer_transfers(self) -> None:
        """A customer chooses bank transfer; the money has not come yet."""
        checkout = await self.shop.checkout()
        started = await self.shop.start(checkout, "wire")
        self.names["TRANSFER"] = started["transactionId"]

    async def money_comes_again(self) -> None:
        """The same transfer, a second time."""
        receipt = {"amount": 4900, "currency": "EUR", "receivedAt": "2026-01-16T09:00:00Z", "bankReference": "again"}
        await self.shop.tenant.make(f"/transactions/{self.names['TRANSFER']}/receipts", receipt)


async def test_every_command_works_with_exactly_its_scope_and_answers_what_the_page_shows(
    guide: Guide, shop: GuideShop, tmp_path: Path
) -> None:
    table = named_scopes(guide)
    walk = Walk(guide, shop, tmp_path)
    before = {"/transactions/{}/receipts": walk.customer_transfers, "/cases": walk.money_comes_again}
    after = {"/checkouts/{}/create": walk.customer_pays}
    errors = [block for block in guide.commands if block.answer and "error" in block.answer.json]

    for block in guide.commands:
        path = block.operation.path
        scope = table[block.operation]
        if path in before:
            await before[path]()
        await walk.refused(block, await shop.key_with(set(table.values()) - {scope}))
        await walk.answered(block, await shop.key_with({scope}))
        if path in after and block not in errors:
            await after[path]()
    assert len(guide.commands) >= 13
    assert {"CHECKOUT", "TRANSACTION", "INVOICE", "REFUND", "CREDIT_NOTE", "CASE"} <= walk.names.keys()
