"""``.run/stack.json``: where everything is, for tests, tools and people."""

from typing import Any

from gateway_embedded.environment import MODULES, SIMULATORS, Environment
from gateway_embedded.layout import read_json
from gateway_embedded.servers.process import LOOPBACK
from gateway_kit.nats.permissions import ADMIN_USER


def build_descriptor(env: Environment, processes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The descriptor of a running stack. It holds administrator credentials, for this stack only."""
    checkout = env.http("svc-checkout-api")
    edge = {
        "caCert": env.layout.shown(env.caddy.root_certificate),
        "adminFrontend": env.origin("ADMIN_FRONTEND_DOMAIN"),
        "adminBackend": env.origin("ADMIN_BACKEND_DOMAIN"),
        "mainFrontend": env.origin("MAIN_FRONTEND_DOMAIN"),
        "mainBackend": env.origin("MAIN_BACKEND_DOMAIN"),
    }
    return {
        "urls": {
            "adminApi": env.http("svc-admin-api"),
            "checkoutApi": checkout,
            "checkoutPages": checkout,
            "console": env.http("svc-admin-api"),
            "edge": edge["mainFrontend"],
        },
        "services": {name: env.http(name) for name in MODULES},
        "simulators": {provider: env.http(f"{provider}-simulator") for provider in SIMULATORS},
        "edge": edge,
        "nats": {
            "url": f"nats://{ADMIN_USER}:{env.credentials.nats[ADMIN_USER]}@{LOOPBACK}:{env.ports['nats']}",
            "monitor": env.nats.monitor_url,
        },
        "mongodb": {"uri": env.mongod.admin_uri},
        "mail": {"url": env.http("mail-sink")},
        "merchant": {"url": env.http("merchant"), "ipnUrl": f"{env.http('merchant')}/ipn"},
        "demo": read_json(env.layout.seed).get("demo", {}),
        "processes": {name: {key: value for key, value in shown.items()} for name, shown in processes.items()},
    }
