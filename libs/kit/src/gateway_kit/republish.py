"""``python -m gateway_kit.republish 2026-01-31T08:00:00Z``: publish a service's events since then once more.

For an operator whose bus was lost, or was restored from a backup: what was published and not yet handled is gone from
it, and still lies in the outbox of the database. A consumer that has handled an event recognises it. Run it in the
environment of each service with a database (``MONGODB_URI``, ``MONGODB_DATABASE``); the running service publishes
what it marks.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.clock import SystemClock
from gateway_contracts.collections import OUTBOX_KEPT_S
from gateway_kit.mongo.client import open_client

USAGE = "usage: python -m gateway_kit.republish <moment with its time zone, such as 2026-01-31T08:00:00Z>\n"


class RepublishSettings(BaseSettings):
    """The service's own database."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mongodb_uri: SecretStr
    mongodb_database: str


async def republish(db: AsyncDatabase[dict[str, Any]], since: datetime) -> int:
    """Mark events that were published since then as pending; how many. The next sweep of the relay publishes them.

    Configuration is left out: its owners publish all of it at their start. Rows that were set aside stay so until they
    are redriven.
    """
    published = {"state": "sent", "kind": "event", "sent_at": {"$gte": since}}
    result = await db.outbox.update_many(published, {"$set": {"state": "pending"}, "$unset": {"sent_at": ""}})
    return result.modified_count


async def _run(since: datetime) -> int:
    settings = RepublishSettings()
    client = open_client(settings.mongodb_uri.get_secret_value())
    try:
        return await republish(client[settings.mongodb_database], since)
    finally:
        await client.close()


def main(arguments: list[str]) -> int:
    """The command; the exit status."""
    try:
        (text,) = arguments
        since = datetime.fromisoformat(text)
    except ValueError:
        sys.stderr.write(USAGE)
        return 2
    if since.tzinfo is None:
        sys.stderr.write(USAGE)
        return 2
    kept_since = SystemClock().now() - timedelta(seconds=OUTBOX_KEPT_S)
    if since < kept_since:
        sys.stderr.write(f"events published before {kept_since:%Y-%m-%dT%H:%M:%SZ} are no longer kept\n")
    sys.stdout.write(f"{asyncio.run(_run(since))} events will be published again\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
