"""The environment variables of every process: what ``infra/compose.yaml`` sets too, with this machine's addresses."""

import os
from dataclasses import dataclass

from gateway_contracts.access import access_of
from gateway_contracts.collections import DATABASES
from gateway_contracts.services import SERVICES
from gateway_embedded.credentials import Credentials
from gateway_embedded.layout import Layout
from gateway_embedded.servers.caddy import CaddySettings
from gateway_embedded.servers.mongod import MongodSettings
from gateway_embedded.servers.nats import NatsSettings
from gateway_embedded.servers.process import LOOPBACK
from gateway_kit.mongo.users import TOPOLOGY_USER as MONGO_TOPOLOGY_USER
from gateway_kit.mongo.users import Roles, roles_of
from gateway_kit.nats.permissions import ADMIN_USER, TOPOLOGY_USER, render_authorization

API_SERVICES = tuple(service.name for service in SERVICES if service.kind == "api")
WORKERS = tuple(service.name for service in SERVICES if service.kind == "worker")
MODULES = {service.name: service.package for service in SERVICES}
SIMULATORS = ("stripe", "mollie", "gocardless", "paypal", "wise")
"""Providers that are simulated here; each has the listener ``<provider>-simulator``."""
PRELOADED = (
    *(f"{package}.app" for package in MODULES.values()),
    *(f"gateway_simulators.{provider}.app" for provider in SIMULATORS),
    "gateway_kit.mongo.indexes",
    "gateway_kit.nats.topology",
    "uvicorn.protocols.http.httptools_impl",
)
"""What the Python processes of a stack import, for a `Nursery`."""
DOMAINS = {
    "ADMIN_FRONTEND_DOMAIN": "admin.localhost",
    "ADMIN_BACKEND_DOMAIN": "api.localhost",
    "MAIN_FRONTEND_DOMAIN": "pay.localhost",
    "MAIN_BACKEND_DOMAIN": "hooks.localhost",
}
SENDER = "payments@gateway.example"
"""From of the mails of this stack; all of them end in its sink."""
# A banking day of theirs in seconds: who tries the stack out sees a payment settle, and not next week.
_SIMULATED_DAY_S = {"gocardless": "5", "paypal": "20"}
# Taken over from the shell that starts the stack; nothing else is.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LOG_LEVEL", "OTEL_EXPORTER_OTLP_ENDPOINT")
_IN_THE_BROKER = {
    "DOCUMENT_STORE": "nats",
    "S3_ENDPOINT": "",
    "S3_BUCKET": "",
    "S3_REGION": "us-east-1",
    "S3_ACCESS_KEY_ID": "",
    "S3_SECRET_ACCESS_KEY": "",
}
"""Where the documents of this stack lie."""
_LIMITS = {
    "MPG_RATE_LIMIT_ENABLED": "true",
    "MPG_RATE_LIMIT_REQUESTS_PER_MIN": "100",
    # Users of this machine are not limited by address.
    "MPG_RATE_LIMIT_WHITELIST": "127.0.0.1,::1",
}


@dataclass(frozen=True)
class Environment:
    """Addresses and variables of one stack."""

    layout: Layout
    ports: dict[str, int]
    credentials: Credentials

    def http(self, name: str) -> str:
        """The plain HTTP address of a listener."""
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def origin(self, domain_variable: str) -> str:
        """The public origin of one of the four hosts, through Caddy."""
        return f"https://{DOMAINS[domain_variable]}:{self.ports['edge-https']}"

    @property
    def mongod(self) -> MongodSettings:
        return MongodSettings(self.ports["mongod"], self.layout.data / "mongod", self.credentials.mongodb_root)

    @property
    def nats(self) -> NatsSettings:
        passwords = self.credentials.nats
        users = render_authorization(lambda user: f'"{passwords[user]}"')
        return NatsSettings(self.ports["nats"], self.ports["nats-monitor"], self.layout.data / "nats", users)

    @property
    def caddy(self) -> CaddySettings:
        folder = self.layout.repository / "infra" / "caddy"
        variables = DOMAINS | {
            "CADDY_BIND": LOOPBACK,
            "HTTP_PORT": str(self.ports["edge-http"]),
            "HTTPS_PORT": str(self.ports["edge-https"]),
            "CADDY_GLOBAL_FILE": str(folder / "global.embedded"),
            "ADMIN_UPSTREAM": f"{LOOPBACK}:{self.ports['svc-admin-api']}",
            "CHECKOUT_UPSTREAM": f"{LOOPBACK}:{self.ports['svc-checkout-api']}",
        }
        return CaddySettings(folder / "Caddyfile", self.ports["edge-https"], self.layout.caddy_home, variables)

    def service(self, name: str) -> dict[str, str]:
        """All variables of a service."""
        variables = inherited() | self._common(name)
        if name in DATABASES:
            password = self.credentials.mongodb[name]
            variables |= {"MONGODB_URI": self.mongod.uri(name, password), "MONGODB_DATABASE": DATABASES[name]}
        if name in API_SERVICES:
            variables |= self._http_settings(name)
        else:
            variables |= {"LIVEZ_PORT": str(self.ports[name]), "LIVEZ_HOST": LOOPBACK}
        if access_of(name).documents:
            variables |= _IN_THE_BROKER
        return variables | self._own(name)

    def topology(self) -> dict[str, str]:
        """Variables of the topology job."""
        return inherited() | {
            "NATS_URL": self.nats.url,
            "NATS_USER": TOPOLOGY_USER,
            "NATS_PASSWORD": self.credentials.nats[TOPOLOGY_USER],
            "MONGODB_URI": self.mongod.uri(MONGO_TOPOLOGY_USER, self.credentials.mongodb[MONGO_TOPOLOGY_USER]),
        }

    def operator(self) -> dict[str, str]:
        """Variables of the operator's command ``gateway``."""
        return (
            inherited()
            | _IN_THE_BROKER
            | {
                "NATS_URL": self.nats.url,
                "NATS_USER": ADMIN_USER,
                "NATS_PASSWORD": self.credentials.nats[ADMIN_USER],
                "NATS_MONITOR_URL": self.nats.monitor_url,
                "GATEWAY_SERVICES": self._processes(),
                "MONGODB_URI": self.mongod.uri(MONGO_TOPOLOGY_USER, self.credentials.mongodb[MONGO_TOPOLOGY_USER]),
                "SYSTEM_ENCRYPTION_KEY": self.credentials.system_encryption_key,
                "SYSTEM_SEARCH_HASH_KEY": self.credentials.system_search_hash_key,
            }
        )

    def simulator(self, provider: str) -> dict[str, str]:
        """Variables of a provider's simulator."""
        name, prefix = f"{provider}-simulator", f"{provider.upper()}_SIM"
        return inherited() | {
            f"{prefix}_HOST": LOOPBACK,
            f"{prefix}_PORT": str(self.ports[name]),
            f"{prefix}_STATE_DIR": str(self.layout.data / name),
            **({f"{prefix}_DAY_S": _SIMULATED_DAY_S[provider]} if provider in _SIMULATED_DAY_S else {}),
        }

    def _processes(self) -> str:
        """Addresses of all processes."""
        return " ".join(f"{name}={self.http(name)}" for name in MODULES)

    def _common(self, name: str) -> dict[str, str]:
        return {
            "ENVIRONMENT": "development",
            "NATS_URL": self.nats.url,
            "NATS_USER": name,
            "NATS_PASSWORD": self.credentials.nats[name],
            "SYSTEM_ENCRYPTION_KEY": self.credentials.system_encryption_key,
            "SYSTEM_SEARCH_HASH_KEY": self.credentials.system_search_hash_key,
        }

    def _http_settings(self, name: str) -> dict[str, str]:
        origins = {variable.replace("_DOMAIN", "_ORIGIN"): self.origin(variable) for variable in DOMAINS}
        listener = {"HTTP_HOST": LOOPBACK, "HTTP_PORT": str(self.ports[name])}
        limits = {name: os.environ.get(name, default) for name, default in _LIMITS.items()}
        return origins | listener | limits | {"TRUSTED_PROXIES": LOOPBACK}

    def _own(self, name: str) -> dict[str, str]:
        simulators = {f"{provider.upper()}_API_BASE": self.http(f"{provider}-simulator") for provider in SIMULATORS}
        return {
            "svc-admin-api": {"GATEWAY_SERVICES": self._processes(), "NATS_MONITOR_URL": self.nats.monitor_url},
            "svc-checkout-api": {"STRIPE_JS_URL": f"{self.http('stripe-simulator')}/v3/"},
            "svc-transaction": simulators
            | {
                # Simulators know nothing of this stack's certificate authority: they call the service itself.
                "MAIN_BACKEND_ORIGIN": self.http("svc-checkout-api"),
            },
            "svc-webhook-ingest": {"PAYPAL_CERT_HOSTS": self.http("paypal-simulator")},
            "svc-invoice": {"MAIN_FRONTEND_ORIGIN": self.origin("MAIN_FRONTEND_DOMAIN")},
            # Merchants of this stack live on this machine.
            "svc-ipn": {"IPN_ALLOW_PRIVATE_TARGETS": "true"},
            "svc-domains": {
                "MAIN_FRONTEND_DOMAIN": DOMAINS["MAIN_FRONTEND_DOMAIN"],
                "EDGE_ADDRESS": f"{LOOPBACK}:{self.ports['edge-https']}",
            },
            "svc-notify": {
                "NOTIFY_SMTP_HOST": LOOPBACK,
                "NOTIFY_SMTP_PORT": str(self.ports["mail-sink-smtp"]),
                "NOTIFY_SMTP_SECURITY": "none",
                "NOTIFY_SMTP_USER": "",
                "NOTIFY_SMTP_PASSWORD": "",
                "NOTIFY_SENDER_ADDRESS": SENDER,
                "NOTIFY_DKIM_SELECTOR": "",
                "NOTIFY_DKIM_KEY": "",
                "NOTIFY_LANGUAGE": "en",
            },
        }.get(name, {})


def inherited() -> dict[str, str]:
    """Variables that a process takes over from the starting shell."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def mongo_users(credentials: Credentials) -> dict[str, tuple[str, Roles]]:
    """Each user of this stack with its password and rights."""
    return {user: (password, roles_of(user)) for user, password in credentials.mongodb.items()}
