"""One port per listener, chosen once and kept, so that links and data stay valid from start to start."""

from gateway_embedded.layout import Layout, read_json, write_json
from gateway_embedded.servers.process import PortClaims

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
    "svc-reporting": 19106,
    "svc-notify": 19107,
    "stripe-simulator": 12111,
    "mollie-simulator": 12112,
    "gocardless-simulator": 12113,
    "paypal-simulator": 12114,
    "wise-simulator": 12115,
    "merchant": 18091,
    "mail-sink": 18092,
    "mail-sink-smtp": 18025,
    "edge-http": 18080,
    "edge-https": 18443,
}


def choose_ports(layout: Layout, claims: PortClaims) -> dict[str, int]:
    """The ports of this start: the kept ones where they are free, others where they are not; saves the choice.

    They are ours as long as the claims are held.
    """
    kept = read_json(layout.ports)
    chosen: dict[str, int] = {}
    for name, preferred in PREFERRED.items():
        port = int(kept.get(name, preferred))
        if port in chosen.values() or not claims.take(port):
            port = claims.any(but=set(chosen.values()) | set(kept.values()))
        chosen[name] = port
    write_json(layout.ports, chosen)
    return chosen
