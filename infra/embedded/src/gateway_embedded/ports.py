"""One port per listener, chosen once and kept, so that links and data stay valid from start to start."""

import random

from gateway_embedded.layout import Layout, read_json, write_json
from gateway_embedded.servers.process import is_port_free

PREFERRED = {
    "mongod": 27117,
    "nats": 14222,
    "nats-monitor": 18222,
    "svc-admin-api": 15001,
    "svc-checkout-api": 16001,
    "svc-webhook-ingest": 19101,
    "svc-transaction": 19102,
    "svc-invoice": 19103,
    "svc-ipn": 19104,
    "svc-domains": 19105,
    "stripe-simulator": 12111,
    "mollie-simulator": 12112,
    "gocardless-simulator": 12113,
    "paypal-simulator": 12114,
    "wise-simulator": 12115,
    "merchant": 18091,
    "edge-http": 18080,
    "edge-https": 18443,
}
# Below the range from which the system takes the local ports of outgoing connections.
_FALLBACK_RANGE = range(20_000, 32_000)


def choose_ports(layout: Layout) -> dict[str, int]:
    """The ports of this start: the kept ones where they are free, others where they are not; saves the choice."""
    kept = read_json(layout.ports)
    chosen: dict[str, int] = {}
    for name, preferred in PREFERRED.items():
        port = int(kept.get(name, preferred))
        if port in chosen.values() or not is_port_free(port):
            port = _another(set(chosen.values()) | set(kept.values()))
        chosen[name] = port
    write_json(layout.ports, chosen)
    return chosen


def _another(taken: set[int]) -> int:
    candidates = [port for port in _FALLBACK_RANGE if port not in taken]
    random.shuffle(candidates)
    return next(port for port in candidates if is_port_free(port))
