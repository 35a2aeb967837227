"""``python -m invoice verify [register]``: prints one line per register and each broken row; exit status 1 if any."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TextIO

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_kit.mongo.client import open_client
from gateway_kit.mongo.documents import bind_documents
from invoice.ports import Stores
from invoice.store.documents import DOCUMENTS, stores_over
from invoice.use_cases.verify_register import verify_register


class VerifySettings(BaseSettings):
    """The database is all that the check needs: no keys, no bus."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mongodb_uri: SecretStr
    mongodb_database: str = "gw_invoice"


def main(arguments: Sequence[str]) -> int:
    """The command; the exit status."""
    return asyncio.run(_run(VerifySettings(), arguments))


async def _run(settings: VerifySettings, arguments: Sequence[str]) -> int:
    client = open_client(settings.mongodb_uri.get_secret_value())
    try:
        await bind_documents(client[settings.mongodb_database], DOCUMENTS)
        return await check(stores_over(), arguments, sys.stdout)
    finally:
        await client.close()


async def check(stores: Stores, wanted: Sequence[str], out: TextIO) -> int:
    """Check the wanted registers, or all; 0 when everything holds."""
    broken = False
    for register in wanted or [head.id for head in await stores.heads.find(None, {})]:
        findings = await verify_register(register, stores=stores)
        verdict = f"{len(findings.problems)} problems" if findings.problems else "intact"
        print(f"{register}: {findings.rows} rows, {verdict}", file=out)
        for problem in findings.problems:
            print(f"  {problem}", file=out)
        broken = broken or bool(findings.problems)
    return 1 if broken else 0
