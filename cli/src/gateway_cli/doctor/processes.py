"""The processes: alive, ready, and what their metrics say."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway_cli.doctor.finding import Finding
from gateway_cli.doctor.metrics import Metrics
from gateway_cli.doctor.thresholds import OF_PROCESSES, Threshold
from gateway_cli.installation import SERVICES_VARIABLE, Installation, without_credentials
from gateway_contracts.services import SERVICES

if TYPE_CHECKING:
    import httpx

DEADLINE_S: Final = 5.0
CHECK: Final = "processes"
_PROBES: Final = {"api": ("/health", "/internal/health"), "worker": ("/livez", "/readyz")}
_METRICS: Final = "/internal/metrics"


@dataclass(frozen=True)
class Process:
    """One process as it answered; ``metrics`` are None where they could not be read."""

    service: str
    address: str
    finding: Finding
    metrics: Metrics | None

    @property
    def name(self) -> str:
        return f"{self.service} ({self.address})"


async def check_processes(installation: Installation) -> list[Finding]:
    """Every process of every service, all at once."""
    import httpx

    addresses = installation.addresses()
    async with httpx.AsyncClient(timeout=DEADLINE_S, trust_env=False) as client:
        processes = await asyncio.gather(
            *(_ask(client, service, url) for service, urls in addresses.items() for url in urls)
        )
    unnamed = [
        Finding(CHECK, "unknown", f"{name} could not be checked: {SERVICES_VARIABLE} has no address of it.")
        for name, urls in addresses.items()
        if not urls
    ]
    measured = [finding for threshold in OF_PROCESSES for finding in _compare(threshold, processes)]
    return [*(process.finding for process in processes), *unnamed, *measured]


async def _ask(client: "httpx.AsyncClient", service: str, url: str) -> Process:
    import httpx

    address = without_credentials(url)
    kind = next(spec.kind for spec in SERVICES if spec.name == service)
    alive, ready = _PROBES[kind]
    try:
        (await client.get(url + alive)).raise_for_status()
        answer = await client.get(url + ready)
    except httpx.HTTPError as exc:
        text = f"{service} does not answer at {address} ({type(exc).__name__})."
        return Process(service, address, Finding(CHECK, "attention", text), None)
    finding = Finding(CHECK, "ok", f"{service} is alive and ready at {address}.")
    if answer.status_code != 200:
        text = f"{service} is alive at {address} and not ready: {_failing(answer)}."
        finding = Finding(CHECK, "attention", text)
    return Process(service, address, finding, await _metrics(client, url))


def _failing(answer: "httpx.Response") -> str:
    """Names of its failing checks: a text of workers, an object of API services."""
    try:
        failing = answer.json().get("failing", "")
    except (ValueError, AttributeError):
        failing = ""
    return ", ".join(failing) if isinstance(failing, dict) else str(failing) or f"status {answer.status_code}"


async def _metrics(client: "httpx.AsyncClient", url: str) -> Metrics | None:
    import httpx

    try:
        answer = await client.get(url + _METRICS)
        return Metrics(answer.raise_for_status().text)
    except (httpx.HTTPError, ValueError):
        return None


def _compare(threshold: Threshold, processes: list[Process]) -> list[Finding]:
    """The values of all processes that have the metric; those that did not measure it are named."""
    values: dict[str, float] = {}
    findings = []
    for process in processes:
        if process.service not in threshold.services:
            continue
        if process.metrics is None or not process.metrics.is_measured(threshold.source):
            text = f"{process.name}: {threshold.meaning} was not measured ({threshold.source})."
            findings.append(Finding(threshold.check, "unknown", text))
            continue
        for label, value in process.metrics.values(threshold.source):
            values[f"{process.name} {label}".rstrip()] = value
    return [*threshold.findings(values), *findings] if values else findings
