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
    LIMITS_BYTES_MAX,
    LIMITS_TTL,
    MESSAGE_BYTES_MAX,
    STREAMS,
    ConsumerSpec,
    Storage,
    StreamSpec,
)
from gateway_kit.logging import get_logger

log = get_logger(__name__)

_NANOSECONDS = 1_000_000_000
_STREAM_NOT_FOUND = 10059
_BUCKETS = (f"KV_{CONFIG_BUCKET}", f"OBJ_{DOCUMENTS_BUCKET}")


class TopologyDrift(RuntimeError):
    """A stream or consumer on the server differs from what this version was built for."""


def _stream_config(spec: StreamSpec, replicas: int) -> dict[str, Any]:
    return {
        "name": spec.name,
        "subjects": list(spec.subjects),
        "retention": "limits",
        "discard": "old",
        **_storage_config(spec.storage, replicas),
        "max_age": int(spec.max_age.total_seconds()) * _NANOSECONDS,
        "max_bytes": spec.max_bytes,
        "max_msg_size": MESSAGE_BYTES_MAX,
        "duplicate_window": int(min(spec.duplicate_window, spec.max_age).total_seconds()) * _NANOSECONDS,
        "allow_atomic": spec.atomic,
        "allow_direct": True,
    }


def _storage_config(storage: Storage, replicas: int) -> dict[str, Any]:
    # In memory a stream itself would be gone after a crash of a single server, until the topology job runs again.
    if storage == "scratch":
        return {"storage": "file", "persist_mode": "async", "num_replicas": 1}
    return {"storage": "file", "num_replicas": replicas}


def _limits_config() -> dict[str, Any]:
    """A key-value bucket of the client's form; the client itself does not know ``persist_mode``."""
    ttl = int(LIMITS_TTL.total_seconds()) * _NANOSECONDS
    return {
        "name": f"KV_{LIMITS_BUCKET}",
        "subjects": [f"$KV.{LIMITS_BUCKET}.>"],
        "discard": "new",
        **_storage_config("scratch", 1),
        "max_age": ttl,
        "max_bytes": LIMITS_BYTES_MAX,
        "max_msgs_per_subject": 1,
        "duplicate_window": ttl,
        "allow_rollup_hdrs": True,
        "allow_msg_ttl": True,
        "deny_delete": True,
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
        await _apply_stream(client, _stream_config(spec, replicas))
    for consumer in CONSUMERS:
        await js.add_consumer(consumer.stream, _consumer_config(consumer))
    try:
        await js.key_value(CONFIG_BUCKET)
    except BucketNotFoundError:
        await js.create_key_value(api.KeyValueConfig(bucket=CONFIG_BUCKET, history=1, replicas=replicas))
    await _apply_stream(client, _limits_config())
    try:
        await js.object_store(DOCUMENTS_BUCKET)
    except (BucketNotFoundError, NotFoundError):
        await js.create_object_store(DOCUMENTS_BUCKET, config=api.ObjectStoreConfig(replicas=replicas))


async def _apply_stream(client: Client, config: dict[str, Any]) -> None:
    """Through the raw API: the client's own configuration class does not know atomic batches."""
    name = config["name"]
    known = await _ask(client, f"$JS.API.STREAM.INFO.{name}", None)
    action = "CREATE" if known is None else "UPDATE"
    if known is not None and _is_replaced(known["config"], config):
        await _ask(client, f"$JS.API.STREAM.DELETE.{name}", None)
        action = "CREATE"
    if await _ask(client, f"$JS.API.STREAM.{action}.{name}", config) is None:
        raise RuntimeError(f"stream {name} cannot be applied")
    log.info("topology.stream", stream=name, action=action.lower())


def _is_replaced(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """A stream's storage cannot be changed. What is scratch now may be lost; any other difference is refused."""
    return "persist_mode" in wanted and any(known.get(key) != wanted[key] for key in ("storage", "persist_mode"))


async def _ask(client: Client, subject: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
    """The answer of the API; None where the stream does not exist.

    Raises:
        RuntimeError: it was refused.
    """
    payload = b"" if body is None else json.dumps(body).encode()
    answer: dict[str, Any] = json.loads((await client.request(subject, payload, timeout=10)).data)
    if "error" not in answer:
        return answer
    if answer["error"]["err_code"] == _STREAM_NOT_FOUND:
        return None
    raise RuntimeError(f"{subject}: {answer['error']['description']}")


async def filled_streams(client: Client) -> list[str]:
    """Names of the streams and buckets that hold a message, without those that may be lost at any time."""
    found = []
    for name in [*(spec.name for spec in STREAMS if spec.storage == "file"), *_BUCKETS]:
        known = await _ask(client, f"$JS.API.STREAM.INFO.{name}", None)
        if known is not None and known["state"]["messages"]:
            found.append(name)
    return found


async def remove_topology(client: Client) -> None:
    """Remove all streams, with their consumers, and buckets: everything on the bus can be made again (ADR 0023)."""
    for name in [*(spec.name for spec in STREAMS), *_BUCKETS, f"KV_{LIMITS_BUCKET}"]:
        await _ask(client, f"$JS.API.STREAM.DELETE.{name}", None)


async def verify_topology(js: JetStreamContext, service: str) -> None:
    """Check, at a service's start, that its consumers are what it was built for.

    Raises:
        TopologyDrift: the topology job of this version has not run.
    """
    for spec in CONSUMERS:
        if spec.service == service and (difference := await _consumer_drift(js, spec)) is not None:
            raise TopologyDrift(f"{difference}: run the topology job")


async def find_drift(client: Client) -> list[str]:
    """Each difference between streams and consumers on the server and those that this version declares.

    Raises:
        nats.errors.Error: the server does not answer.
    """
    found = []
    for wanted in [*(_stream_config(spec, 1) for spec in STREAMS), _limits_config()]:
        known = await _ask(client, f"$JS.API.STREAM.INFO.{wanted['name']}", None)
        if known is None:
            found.append(f"stream {wanted['name']} is missing")
            continue
        # How many servers keep a stream is the operator's choice.
        fields = wanted.keys() - {"num_replicas"}
        differing = sorted(field for field in fields if known["config"].get(field, False) != wanted[field])
        found += [f"stream {wanted['name']} differs in {field}" for field in differing]
    of_consumers = [await _consumer_drift(client.jetstream(), spec) for spec in CONSUMERS]
    return [*found, *(difference for difference in of_consumers if difference is not None)]


async def _consumer_drift(js: JetStreamContext, spec: ConsumerSpec) -> str | None:
    try:
        actual = (await js.consumer_info(spec.stream, spec.durable)).config
    except NotFoundError:
        return f"consumer {spec.durable} is missing"
    wanted = _consumer_config(spec)
    for field in ("filter_subject", "ack_wait", "max_deliver", "max_ack_pending"):
        if getattr(actual, field) != getattr(wanted, field):
            return f"consumer {spec.durable} differs in {field}"
    return None
