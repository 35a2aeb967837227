"""The installation as this service can see it: probes and metrics over HTTP, the bus, its own database."""

import asyncio

from nats.aio.client import Client

from admin_api.operations.ports import Report
from gateway_contracts.clock import Clock
from gateway_contracts.collections import DATABASES
from gateway_kit.health_report.addresses import Addresses
from gateway_kit.health_report.bus import ConsumerState, check_bus, consumer_states, dead_letter_counts
from gateway_kit.health_report.database import check_database
from gateway_kit.health_report.finding import Finding
from gateway_kit.health_report.guard import CHECK_S, guarded
from gateway_kit.health_report.processes import Process, ask_processes, findings_of
from gateway_kit.health_report.repeated import Repeated
from gateway_kit.mongo.client import MongoClient
from gateway_kit.shared_answers import SharedAnswers


class InstallationInspector:
    """Asks once for all who look at the same moment.

    Args:
        addresses: of the processes; services without one are reported as not checked.
        monitor_url: the address of the bus' monitoring, if there is one.
    """

    def __init__(
        self,
        nats: Client,
        mongo: MongoClient,
        clock: Clock,
        *,
        addresses: Addresses,
        monitor_url: str | None,
    ) -> None:
        self._nats = nats
        self._mongo = mongo
        self._clock = clock
        self._addresses = addresses
        self._monitor_url = monitor_url
        self._repeated = Repeated()
        self._reports: SharedAnswers[Report] = SharedAnswers()

    async def examine(self) -> Report:
        """See the port."""
        return await self._reports.ask("report", self._examine)

    async def _examine(self) -> Report:
        processes: list[Process] = []
        consumers: list[ConsumerState] = []
        letters: dict[str, int] = {}

        async def of_processes() -> list[Finding]:
            processes.extend(await ask_processes(self._addresses))
            return findings_of(processes, self._addresses)

        async def numbers() -> list[Finding]:
            consumers.extend(await consumer_states(self._nats))
            letters.update(await dead_letter_counts(self._nats))
            return []

        results = await asyncio.gather(
            guarded("processes", of_processes(), CHECK_S),
            guarded("bus", check_bus(self._nats, self._monitor_url), CHECK_S),
            guarded("bus", numbers(), CHECK_S),
            guarded("database", check_database(self._mongo, tuple(DATABASES.values())), CHECK_S),
        )
        findings = self._repeated.judge([finding for found in results for finding in found])
        return Report(self._clock.now(), findings, processes, consumers, letters)
