"""``python -m bench [w1] [w3] [two-tenants]``: measure, print one table, fail below the floors."""

import argparse
import signal
import sys

from bench import two_tenants
from bench.notifications import FLOOR_RATE, Relayed, floor_p99_ms, problems_of, run_ceiling, run_gateway
from bench.rig import running_rig
from bench.stack import running_layout, running_stack
from bench.table import machine, notification_rows, two_tenants_rows, webhook_rows
from bench.two_tenants import Disturbed, run_two_tenants
from bench.webhooks import Measured, run_webhooks
from gateway_testkit.stack import Stack

WORKLOADS = ("w1", "w3", "two-tenants")


def main() -> int:
    """The exit code: 1 below a floor."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="|".join(WORKLOADS))
    # Being ended must take the servers down too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = parser.parse_args().workloads or list(WORKLOADS)
    if unknown := set(wanted) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(sorted(unknown))}")
    measured: list[Measured] = []
    relayed: list[Relayed] = []
    disturbed: list[Disturbed] = []
    if {"w1", "w3"} & set(wanted):
        with running_rig() as rig:
            if "w1" in wanted:
                _say("W1: webhooks through both services, and the bare ceiling")
                measured = list(run_webhooks(rig))
            if "w3" in wanted:
                _say("W3: the bare relay")
                ceiling = run_ceiling(rig.ceiling_port, rig.account)
    if "w3" in wanted:
        _say("W3: the whole stack (creates its payments first)")
        with running_stack() as stack:
            gateway = run_gateway(stack)
        relayed = [Relayed(through, bare) for through, bare in zip(gateway, ceiling, strict=True)]
    if "two-tenants" in wanted:
        _say("Two tenants: the notifications of one while the other makes trouble, in turns")
        with running_layout() as layout:
            disturbed = run_two_tenants(Stack(layout.run))
    return _report(measured, relayed, disturbed)


def _report(measured: list[Measured], relayed: list[Relayed], disturbed: list[Disturbed]) -> int:
    print(f"\n{machine()}\n")
    if measured:
        print(webhook_rows(measured), end="\n\n")
    if relayed:
        print(notification_rows(relayed))
        print(f"at {FLOOR_RATE}/s the middle one counts: p99 {floor_p99_ms(relayed):.0f} ms", end="\n\n")
    if disturbed:
        print(two_tenants_rows(disturbed))
        print(two_tenants.summary(disturbed), end="\n\n")
    problems = [problem for row in measured for problem in row.problems]
    problems += problems_of(relayed) if relayed else []
    problems += two_tenants.problems_of(disturbed) if disturbed else []
    for problem in problems:
        print(f"FAILED: {problem}")
    if not problems:
        print("All floors are met; stored = acknowledged.")
    return 1 if problems else 0


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    sys.exit(main())
