"""Applies and verifies streams, consumers and buckets from the data in ``gateway_contracts.topology``."""

import json
from typing import Any

from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import BucketNotFoundError, NotFoundError

from gateway_contracts.topology import (
    CONFIG_BUCKET,
    CONSUMERS,
    DOCUMENTS_BUCKET,
    LIMITS_BUCKET,
    LIMITS_TTL,
    MESSAGE_BYTES_MAX,
    STREAMS,
    ConsumerSpec,
    StreamSpec,
)
from gateway_kit.logging import get_logger

log = get_logger(__name__)

_NANOSECONDS = 1_000_000_000
_LIMITS_BYTES_MAX = 64 * 1024**2


class TopologyDrift(RuntimeError):
    """A stream or consumer on the server differs from what this version was built for."""


def _stream_config(spec: StreamSpec, replicas: int) -> dict[str, Any]:
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "limits",
        "storage": spec.storage,
        "discard": "old",
        "num_replicas": 1 if spec.storage == "memory" else replicas,
        "max_age": int(spec.max_age.total_seconds()) * _NANOSECONDS,
        "max_bytes": spec.max_bytes,
        "max_msg_size": MESSAGE_BYTES_MAX,
        "duplicate_window": int(min(spec.duplicate_window, spec.max_age).total_seconds()) * _NANOSECONDS,
        "allow_atomic": spec.atomic,
        "allow_direct": True,
    }


def _consumer_config(spec: ConsumerSpec) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        durable_name=spec.durable,
        filter_subject=spec.filter_subject,
        ack_policy=api.AckPolicy.EXPLICIT,
        deliver_policy=api.DeliverPolicy.ALL,
        ack_wait=spec.ack_wait_s,
        max_deliver=spec.max_deliver,
        max_ack_pending=spec.max_ack_pending,
    )


async def apply_topology(client: Client, *, replicas: int = 1) -> None:
    """Create or update everything; running it again changes nothing.

    Raises:
        RuntimeError: the server refused a stream.
    """
    js = client.jetstream()
    for spec in STREAMS:
        await _apply_stream(client, spec, replicas)
    for consumer in CONSUMERS:
        await js.add_consumer(consumer.stream, _consumer_config(consumer))
    try:
        await js.key_value(CONFIG_BUCKET)
    except BucketNotFoundError:
        await js.create_key_value(api.KeyValueConfig(bucket=CONFIG_BUCKET, history=1, replicas=replicas))
    try:
        await js.key_value(LIMITS_BUCKET)
    except BucketNotFoundError:
        await js.create_key_value(
            api.KeyValueConfig(
                bucket=LIMITS_BUCKET,
                history=1,
                ttl=LIMITS_TTL.total_seconds(),
                max_bytes=_LIMITS_BYTES_MAX,
                storage=api.StorageType.MEMORY,
            )
        )
    try:
        await js.object_store(DOCUMENTS_BUCKET)
    except (BucketNotFoundError, NotFoundError):
        await js.create_object_store(DOCUMENTS_BUCKET, config=api.ObjectStoreConfig(replicas=replicas))


async def _apply_stream(client: Client, spec: StreamSpec, replicas: int) -> None:
    # Through the raw API: the client's own configuration class does not know atomic batches.
    config = json.dumps(_stream_config(spec, replicas)).encode()
    known = json.loads((await client.request(f"$JS.API.STREAM.INFO.{spec.name}", b"", timeout=5)).data)
    action = "CREATE" if "error" in known else "UPDATE"
    answer = json.loads((await client.request(f"$JS.API.STREAM.{action}.{spec.name}", config, timeout=10)).data)
    if "error" in answer:
        raise RuntimeError(f"stream {spec.name}: {answer['error']['description']}")
    log.info("topology.stream", stream=spec.name, action=action.lower())


async def verify_topology(js: JetStreamContext, service: str) -> None:
    """Check, at a service's start, that its consumers are what it was built for.

    Raises:
        TopologyDrift: the topology job of this version has not run.
    """
    for spec in CONSUMERS:
        if spec.service != service:
            continue
        try:
            actual = (await js.consumer_info(spec.stream, spec.durable)).config
        except NotFoundError as exc:
            raise TopologyDrift(f"consumer {spec.durable} is missing: run the topology job") from exc
        wanted = _consumer_config(spec)
        for field in ("filter_subject", "ack_wait", "max_deliver", "max_ack_pending"):
            if getattr(actual, field) != getattr(wanted, field):
                raise TopologyDrift(f"consumer {spec.durable} differs in {field}: run the topology job")
