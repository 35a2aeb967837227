"""The processes: alive, ready, and the values of their metrics."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway_contracts.services import SERVICES
from gateway_kit.health_report.addresses import SERVICES_VARIABLE, Addresses, without_credentials
from gateway_kit.health_report.finding import N_, Finding
from gateway_kit.health_report.metrics import Metrics
from gateway_kit.health_report.thresholds import OF_PROCESSES, Threshold

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


async def ask_processes(addresses: Addresses) -> list[Process]:
    """Every process of every service, all at once; one that does not answer is one of them."""
    import httpx

    async with httpx.AsyncClient(timeout=DEADLINE_S, trust_env=False) as client:
        return await asyncio.gather(
            *(_ask(client, service, url) for service, urls in addresses.items() for url in urls)
        )


async def find_answering(addresses: Addresses) -> list[str]:
    """Services of which a process is alive, with its address."""
    import httpx

    places = [(service, url) for service, urls in addresses.items() for url in urls]
    async with httpx.AsyncClient(timeout=DEADLINE_S, trust_env=False) as client:
        found = await asyncio.gather(*(_is_alive(client, service, url) for service, url in places))
    return [
        f"{service} ({without_credentials(url)})"
        for (service, url), is_alive in zip(places, found, strict=True)
        if is_alive
    ]


def findings_of(processes: Sequence[Process], addresses: Addresses) -> list[Finding]:
    """The findings from the answers; services without an address are named."""
    unnamed = [_unnamed(name) for name, urls in addresses.items() if not urls]
    measured = [finding for threshold in OF_PROCESSES for finding in _compare(threshold, processes)]
    return [*(process.finding for process in processes), *unnamed, *measured]


async def check_processes(addresses: Addresses) -> list[Finding]:
    """The findings of all processes."""
    return findings_of(await ask_processes(addresses), addresses)


def measured_values(threshold: Threshold, processes: Sequence[Process]) -> Mapping[str, float]:
    """The measured values by their place: a process or service, with the label of the metric where it has one."""
    found: dict[str, float] = {}
    for process in processes:
        if process.service in threshold.services and process.metrics is not None:
            owner = process.service if threshold.is_shared else process.name
            for label, value in process.metrics.values(threshold.source):
                place = f"{owner} {label}".rstrip()
                found[place] = max(value, found.get(place, value))
    return found


async def _is_alive(client: "httpx.AsyncClient", service: str, url: str) -> bool:
    import httpx

    try:
        await client.get(url + _probes_of(service)[0])
    except (httpx.ConnectError, httpx.ConnectTimeout):
        return False
    except httpx.HTTPError:
        # It took the connection.
        return True
    return True


def _probes_of(service: str) -> tuple[str, str]:
    """Its probes: alive, ready."""
    return _PROBES[next(spec.kind for spec in SERVICES if spec.name == service)]


async def _ask(client: "httpx.AsyncClient", service: str, url: str) -> Process:
    import httpx

    address = without_credentials(url)
    alive, ready = _probes_of(service)
    facts = {"service": service, "address": address}
    try:
        (await client.get(url + alive)).raise_for_status()
        answer = await client.get(url + ready)
    except httpx.HTTPError as exc:
        pattern = N_("%(service)s does not answer at %(address)s (%(error)s).")
        found = Finding(CHECK, "attention", pattern, facts={**facts, "error": type(exc).__name__})
        return Process(service, address, found, None)
    found = Finding(CHECK, "ok", N_("%(service)s is alive and ready at %(address)s."), facts=facts)
    if answer.status_code != 200:
        pattern = N_("%(service)s is alive at %(address)s and not ready: %(failing)s.")
        found = Finding(CHECK, "attention", pattern, facts={**facts, "failing": _failing(answer)})
    return Process(service, address, found, await _metrics(client, url))


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


def _unnamed(service: str) -> Finding:
    pattern = N_("%(service)s could not be checked: %(variable)s has no address of it.")
    return Finding(CHECK, "unknown", pattern, facts={"service": service, "variable": SERVICES_VARIABLE})


def _compare(threshold: Threshold, processes: Sequence[Process]) -> list[Finding]:
    """The values of all processes that have the metric; those that did not measure it are named."""
    findings = [
        _not_measured(threshold, process)
        for process in processes
        if process.service in threshold.services
        and (process.metrics is None or not process.metrics.is_measured(threshold.source))
    ]
    values = measured_values(threshold, processes)
    return [*threshold.findings(values), *findings] if values else findings


def _not_measured(threshold: Threshold, process: Process) -> Finding:
    pattern = N_("%(place)s: %(meaning)s was not measured (%(metric)s).")
    facts = {"place": process.name, "meaning": threshold.meaning, "metric": threshold.source}
    return Finding(threshold.check, "unknown", pattern, facts=facts)
