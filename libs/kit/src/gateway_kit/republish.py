"""Publishes a service's events once more: after a bus was lost, or restored from a backup (``gateway republish``).

What was published and not yet handled is gone from the bus, and still lies in the outbox of the database. A consumer
that has handled an event recognises it.
"""

from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase


async def republish(db: AsyncDatabase[dict[str, Any]], since: datetime) -> int:
    """Mark events that were published since then as pending; how many. The next sweep of the relay publishes them.

    Configuration is left out: its owners publish all of it at their start. Rows that were set aside stay so until they
    are redriven.
    """
    published = {"state": "sent", "kind": "event", "sent_at": {"$gte": since}}
    result = await db.outbox.update_many(published, {"$set": {"state": "pending"}, "$unset": {"sent_at": ""}})
    return result.modified_count
