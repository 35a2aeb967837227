"""FastStream's concurrent pull subscriber for one durable consumer of the topology."""

from typing import Any, Final

from faststream import AckPolicy
from faststream._internal.endpoint.subscriber.call_item import CallsCollection
from faststream.nats import JStream, PullSub
from faststream.nats.subscriber.config import NatsSubscriberConfig, NatsSubscriberSpecificationConfig
from faststream.nats.subscriber.specification import NatsSubscriberSpecification
from faststream.nats.subscriber.usecases import ConcurrentPullStreamSubscriber
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig
from nats.js.client import DEFAULT_JS_SUB_PENDING_BYTES_LIMIT, DEFAULT_JS_SUB_PENDING_MSGS_LIMIT

from gateway_contracts.topology import ConsumerSpec
from gateway_kit.nats.backlog import Backlog, Message
from gateway_kit.nats.backlog_worker import BacklogWorker
from gateway_kit.nats.connection import inbox_prefix
from gateway_kit.nats.delivery import Delivery, StoredMsg
from gateway_kit.nats.eager_pull import EagerPull
from gateway_kit.nats.intake import INTAKE_MAX, Intake
from gateway_kit.nats.retries import Retries
from gateway_kit.set_aside import SetAside

_FETCH_TIMEOUT_S: Final = 5


class DurableSubscriber(ConcurrentPullStreamSubscriber):
    """Subscriber of one durable consumer. Its messages come from the broker and from the service's backlog.

    Overrides how the subscription is made (`EagerPull`) and the context of log lines (ADR 0050).

    Args:
        spec: the consumer; it exists already.
        broker_config: the configuration of the router that declares it.
    """

    def __init__(self, spec: ConsumerSpec, broker_config: Any) -> None:
        calls = CallsCollection[Msg]()
        about = NatsSubscriberSpecificationConfig(
            subject=spec.filter_subject, queue=None, title_=spec.durable, description_=None, include_in_schema=True
        )
        super().__init__(
            NatsSubscriberConfig(
                subject=spec.filter_subject,
                sub_config=ConsumerConfig(durable_name=spec.durable, filter_subjects=[]),
                extra_options={
                    "pending_msgs_limit": DEFAULT_JS_SUB_PENDING_MSGS_LIMIT,
                    "pending_bytes_limit": DEFAULT_JS_SUB_PENDING_BYTES_LIMIT,
                    "durable": spec.durable,
                    "stream": spec.stream,
                    "inbox_prefix": inbox_prefix(spec.service).encode() + b".",
                },
                no_reply=True,
                _outer_config=broker_config,
                _ack_policy=AckPolicy.NACK_ON_ERROR,
            ),
            NatsSubscriberSpecification(_outer_config=broker_config, calls=calls, specification_config=about),
            calls,
            queue="",
            stream=JStream(spec.stream, declare=False),
            pull_sub=PullSub(batch_size=spec.workers, timeout=_FETCH_TIMEOUT_S),
            # Not the handlers that run at once: these are bounded per tenant by `Intake`.
            max_workers=INTAKE_MAX,
        )
        self.spec = spec
        self._log_context = super().get_log_context(None)
        self._intake = Intake(spec)
        self._retries: Retries | None = None

    def keep_backlog(self, backlog: Backlog, set_aside: SetAside) -> BacklogWorker:
        """Where messages go that are not handled now; the worker has to run beside the subscriber."""
        self._retries = Retries(self.spec, backlog, set_aside)
        return BacklogWorker(self.spec, backlog, self._retries.woken, self._handle_stored)

    async def parse(self, raw: Msg) -> Delivery:
        """FastStream's parser for this subscriber."""
        assert self._retries is not None, "a consumer needs the backlog of its service's database"
        return Delivery(raw, spec=self.spec, intake=self._intake, retries=self._retries)

    async def stop(self) -> None:
        """Hand back to the broker what waits for a place, and wait for the handlers that run."""
        self._intake.close()
        await super().stop()

    def get_log_context(self, message: Any) -> dict[str, str]:
        """Made once: FastStream would parse the subject for each message, for a logger that our brokers do not have."""
        return dict(self._log_context)

    async def _create_subscription(self) -> None:
        if self.subscription is None:
            await super()._create_subscription()
            assert self.subscription is not None, "just made"
            self.subscription = EagerPull(self.subscription)

    async def _handle_stored(self, message: Message) -> None:
        await self.process_message(StoredMsg(message))
