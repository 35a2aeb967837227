"""The printed result."""

import os
import platform
from collections.abc import Sequence

from bench.notifications import Relayed
from bench.two_tenants import PERCENT, Disturbed
from bench.webhooks import Measured


def webhook_rows(measured: Sequence[Measured]) -> str:
    """W1: rates, latencies, share of the ceiling, processor time."""
    head = ["W1 connections", "stored/s", "p50 ms", "p99 ms", "ceiling/s", "p99 ms", "share", "CPU µs each", "refused"]
    rows = []
    for row in measured:
        refused = sum(count for (kind, _), count in row.gateway.answers.items() if kind == "forged")
        cpu = ", ".join(f"{name} {spent:.0f}" for name, spent in row.cpu_us.items() if name != "bench.ceiling")
        rows.append(
            [
                str(row.connections),
                f"{row.gateway.per_s:,.0f}",
                f"{row.gateway.percentile_ms(50):.1f}",
                f"{row.gateway.percentile_ms(99):.1f}",
                f"{row.ceiling.per_s:,.0f}",
                f"{row.ceiling.percentile_ms(99):.1f}",
                f"{row.gateway.per_s / row.ceiling.per_s:.0%}" if row.ceiling.per_s else "-",
                cpu,
                str(refused),
            ]
        )
    return render(head, rows)


def notification_rows(relayed: Sequence[Relayed]) -> str:
    """W3: latency from webhook to notification."""
    head = ["W3 webhooks/s", "p50 ms", "p99 ms", "bare relay p50 ms", "p99 ms", "notified", "lost", "stolen"]
    rows = [
        [
            str(row.rate),
            f"{row.gateway.percentile_ms(50):.1f}",
            f"{row.gateway.percentile_ms(99):.1f}",
            f"{row.ceiling.percentile_ms(50):.1f}",
            f"{row.ceiling.percentile_ms(99):.1f}",
            str(len(row.gateway.latencies_s)),
            str(row.gateway.lost),
            f"{row.gateway.stolen_percent:.1f}%",
        ]
        for row in relayed
    ]
    return render(head, rows)


def two_tenants_rows(rows: Sequence[Disturbed]) -> str:
    """Two tenants: the middle turn of each disturbance, and the ratios of all."""
    head = ["two tenants", "alone p50 ms", "p90 ms", "disturbed p50 ms", "p90 ms", "ratio", "all turns", "lost"]
    cells = []
    for row in (row for row in rows if row.turns):
        alone, disturbed = row.middle.alone, row.middle.disturbed
        figures = [f"{load.percentile_ms(percent):.1f}" for load in (alone, disturbed) for percent in (50, PERCENT)]
        cells.append([row.name, *figures, f"{row.middle.ratio:.2f}", row.ratios(), str(row.lost)])
    return render(head, cells)


def machine() -> str:
    """The machine, and how busy it was before (a busy machine measures itself)."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, load averages now {load}"


def render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
