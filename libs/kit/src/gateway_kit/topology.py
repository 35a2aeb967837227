"""``python -m gateway_kit.topology``: the job that prepares bus and databases before any service starts.

It runs under its own NATS user (``topology``) and an administrative MongoDB user; services hold neither right.
"""

import asyncio

import nats
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway_kit.logging import configure_logging, get_logger
from gateway_kit.mongo.client import open_client, require_version
from gateway_kit.mongo.indexes import apply_collections
from gateway_kit.nats.topology import apply_topology

log = get_logger(__name__)


class TopologySettings(BaseSettings):
    """Settings of the job; ``MONGODB_URI`` names the administrative user."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    nats_url: str
    nats_user: str
    nats_password: SecretStr
    mongodb_uri: SecretStr
    nats_replicas: int = 1
    log_level: str = "INFO"


async def apply(settings: TopologySettings) -> None:
    """Streams, consumers, buckets, collections, indexes."""
    client = await nats.connect(
        settings.nats_url,
        user=settings.nats_user,
        password=settings.nats_password.get_secret_value(),
        inbox_prefix=f"_INBOX_{settings.nats_user}".encode(),
    )
    mongo = open_client(settings.mongodb_uri.get_secret_value())
    try:
        await apply_topology(client, replicas=settings.nats_replicas)
        await require_version(mongo)
        await apply_collections(mongo)
    finally:
        await client.close()
        await mongo.close()
    log.info("topology.applied")


def main() -> None:
    """Entry point of the job."""
    settings = TopologySettings()
    configure_logging("topology", settings.log_level)
    asyncio.run(asyncio.wait_for(apply(settings), 60))


if __name__ == "__main__":
    main()
