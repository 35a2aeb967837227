"""The demo tenant, made once over the public API: organization, key, providers, site, webhook endpoint.

``python -m gateway_embedded.seed`` runs at every start; what exists already stays, and the simulator learns the
webhook address again in case a port moved. What was made is kept in ``.run/seed.json``, step by step, so that an
interrupted seeding goes on where it stopped.
"""

import asyncio
import json
import secrets
import sys
from typing import Any

from gateway_embedded.credentials import load_credentials
from gateway_embedded.environment import Environment
from gateway_embedded.layout import Layout, default_layout, read_json, write_json
from gateway_embedded.rest import Rest
from gateway_embedded.servers.parentage import die_with_parent

KEY_SCOPES = [
    f"{resource}:*"
    for resource in (
        "checkout",
        "transaction",
        "invoice",
        "credit_note",
        "client",
        "event",
        "site",
        "provider",
        "domain",
        "organization",
        "api_key",
    )
]
WEBHOOK_EVENTS = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
    "charge.succeeded",
    "charge.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "refund.created",
    "refund.updated",
    "refund.failed",
]
INVOICING = {
    "enabled": True,
    "autoGenerateInvoice": True,
    "companyName": "Demo Handels GmbH",
    "companyAddress": {"street": "Beispielweg 1", "postalCode": "10115", "city": "Berlin", "country": "DE"},
    "companyEmail": "invoices@demo.example",
    "companyContact": "Accounts department",
    "companyPhone": "+49 30 123456",
    "vatId": "DE123456788",
    "bankIBAN": {"plaintext": "DE02120300000000202051"},
    "eInvoice": {"enabled": True},
}
NOTIFICATIONS = {"customerEvents": ["invoice.issued", "credit_note.issued"]}
WIRE = {
    "type": "wire",
    "label": "Bank transfer",
    "bankName": "Demo Bank",
    "accountHolder": "Demo Handels GmbH",
    "iban": "DE02120300000000202051",
    "bic": "BYLADEM1001",
}

WISE_ACCOUNTS = {
    "EUR": {"iban": "BE68539007547034", "bic": "TRWIBEB1XXX", "bankName": "Wise"},
    "GBP": {"accountNumber": "31926819", "routingCode": "60-16-13", "bankName": "Wise"},
}

# In the order in which the page offers them.
PROVIDERS = ("stripe", "mollie", "gocardless", "paypal", "wise", "wire")


class SeedingError(Exception):
    """A tool that seeding needs failed."""


class Seeder:
    """Makes what is missing and writes down what is there."""

    def __init__(self, layout: Layout, env: Environment, rest: Rest) -> None:
        self._layout = layout
        self._env = env
        self._rest = rest
        self._admin = env.http("svc-admin-api") + "/api/v1"
        self._done: dict[str, Any] = read_json(layout.seed)

    async def run(self) -> None:
        """All steps.

        Raises:
            RestError: a service refused a step.
            SeedingError: the first key could not be made.
        """
        await self._once("systemKey", self._create_system_key)
        await self._once("organizationId", self._create_organization)
        await self._once("apiKey", self._create_api_key)
        await self._once("invoicing", self._set_invoicing)
        await self._once("notifications", self._set_notifications)
        await self._once("webhook", self._register_webhook)
        await self._once("stripe", self._create_stripe)
        await self._once("mollie", self._create_mollie)
        await self._once("gocardless", self._create_gocardless)
        await self._once("paypal", self._create_paypal)
        await self._once("wise", self._create_wise)
        await self._once("wire", self._create_wire)
        await self._once("site", self._create_site)
        await self._offer_all()
        await self._point_webhook()
        await self._point_dashboards()
        await self._point_wise()
        self._keep("demo", self._demo())

    async def _once(self, name: str, step: Any) -> None:
        if name not in self._done:
            self._keep(name, await step())
            print(f"seeded {name}", flush=True)

    def _keep(self, name: str, value: Any) -> None:
        self._done[name] = value
        write_json(self._layout.seed, self._done)

    async def _create_system_key(self) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway_cli",
            "keys",
            "create-system",
            "--json",
            env=self._env.service("svc-admin-api"),
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        output, _ = await process.communicate()
        lines = output.decode().strip().splitlines()
        if process.returncode != 0 or not lines:
            raise SeedingError(f"`gateway keys create-system` ended with {process.returncode}")
        key: str = json.loads(lines[-1])["key"]
        return key

    async def _create_organization(self) -> str:
        made = await self._post("/organizations", {"name": "Demo", "country": "DE"}, key=self._done["systemKey"])
        return str(made["id"])

    async def _create_api_key(self) -> str:
        body = {"label": "Demo shop", "scopes": KEY_SCOPES, "livemode": False}
        path = f"/organizations/{self._done['organizationId']}/api-keys"
        return str((await self._post(path, body, key=self._done["systemKey"]))["key"])

    async def _set_invoicing(self) -> bool:
        url = f"{self._admin}/organizations/settings/invoicing"
        await self._rest.json("PUT", url, key=self._done["apiKey"], json=INVOICING)
        return True

    async def _set_notifications(self) -> bool:
        url = f"{self._admin}/organizations/settings/notifications"
        await self._rest.json("PUT", url, key=self._done["apiKey"], json=NOTIFICATIONS)
        return True

    async def _register_webhook(self) -> dict[str, str]:
        # The provider's record needs the endpoint's secret, and the endpoint's address the record's id: the address
        # follows later, as at the real provider.
        made = await self._stripe("/v1/webhook_endpoints", self._endpoint("pending"))
        return {"id": str(made["id"]), "secret": str(made["secret"])}

    async def _create_stripe(self) -> dict[str, str]:
        secret = self._done["webhook"]["secret"]
        body = {
            "type": "stripe",
            "label": "Card",
            "secretKey": self._stripe_key("sk"),
            "publishableKey": self._stripe_key("pk"),
            "webhookSecret": secret,
        }
        made = await self._post("/providers", body)
        return {"id": str(made["id"]), "webhookSecret": secret, "publishableKey": self._stripe_key("pk")}

    async def _create_mollie(self) -> dict[str, str]:
        body = {"type": "mollie", "label": "Mollie", "apiKey": f"test_{self._env.credentials.stripe_account}"}
        return {"id": str((await self._post("/providers", body))["id"])}

    async def _create_gocardless(self) -> dict[str, str]:
        secret = secrets.token_urlsafe(30)
        body = {
            "type": "gocardless",
            "label": "Direct debit",
            "accessToken": self._gocardless_token(),
            "webhookSecret": secret,
        }
        return {"id": str((await self._post("/providers", body))["id"]), "webhookSecret": secret}

    async def _create_paypal(self) -> dict[str, str]:
        webhook_id = "WH" + secrets.token_hex(8).upper()
        body = {
            "type": "paypal",
            "label": "PayPal",
            "clientId": self._paypal_client(),
            "clientSecret": f"secret-{self._env.credentials.stripe_account}",
            "webhookId": webhook_id,
        }
        return {"id": str((await self._post("/providers", body))["id"]), "webhookId": webhook_id}

    async def _create_wise(self) -> dict[str, str]:
        """The simulator signs with a key of its own, which the record names instead of Wise's."""
        control = self._env.http("wise-simulator") + "/_sim"
        token = f"token-{self._env.credentials.stripe_account}"
        profile = await self._rest.json("POST", f"{control}/profiles", json={"api_token": token})
        signing = await self._rest.json("GET", f"{control}/webhook-key")
        body = {
            "type": "wise",
            "label": "Transfer to our Wise account",
            "apiToken": token,
            "profileId": str(profile["id"]),
            "accountHolder": WIRE["accountHolder"],
            "accounts": WISE_ACCOUNTS,
            "webhookPublicKey": signing["pem"],
        }
        made = await self._post("/providers", body)
        return {"id": str(made["id"]), "apiToken": token}

    async def _create_wire(self) -> dict[str, str]:
        return {"id": str((await self._post("/providers", WIRE))["id"])}

    async def _create_site(self) -> dict[str, str]:
        body = {
            "name": "Demo shop",
            "branding": {"primaryColor": "#0b5fff"},
            "providerIds": self._offered(),
            "defaultProviderId": self._done["stripe"]["id"],
        }
        made = await self._post("/sites", body)
        self._done["offered"] = self._offered()
        return {"id": str(made["id"]), "ipnSecret": str(made["webhookSecret"])}

    def _offered(self) -> list[str]:
        return [str(self._done[name]["id"]) for name in PROVIDERS]

    async def _offer_all(self) -> None:
        """A stack that was seeded before has a site without the providers that came later."""
        if self._done.get("offered") != self._offered():
            url = f"{self._admin}/sites/{self._done['site']['id']}"
            await self._rest.json("PATCH", url, key=self._done["apiKey"], json={"providerIds": self._offered()})
            self._keep("offered", self._offered())

    async def _point_webhook(self) -> None:
        endpoint = self._endpoint(self._done["stripe"]["id"])
        await self._stripe(f"/v1/webhook_endpoints/{self._done['webhook']['id']}", endpoint)

    def _endpoint(self, provider_id: str) -> dict[str, str]:
        events = {f"enabled_events[{index}]": event for index, event in enumerate(WEBHOOK_EVENTS)}
        return {"url": self._hook_url(provider_id), **events}

    async def _point_dashboards(self) -> None:
        """Webhooks of GoCardless and PayPal are entered in their dashboards, here over the control interface."""
        gocardless, paypal = self._done["gocardless"], self._done["paypal"]
        endpoints: dict[str, dict[str, str]] = {
            "gocardless": {
                "id": "WEDEMO",
                "access_token": self._gocardless_token(),
                "secret": gocardless["webhookSecret"],
                "url": self._hook_url(gocardless["id"], "gocardless"),
            },
            "paypal": {
                "client_id": self._paypal_client(),
                "webhook_id": paypal["webhookId"],
                "url": self._hook_url(paypal["id"], "paypal"),
            },
        }
        for provider, endpoint in endpoints.items():
            url = f"{self._env.http(f'{provider}-simulator')}/_sim/webhook_endpoints"
            await self._rest.json("POST", url, json=endpoint)

    async def _point_wise(self) -> None:
        wise = self._done["wise"]
        subscription = {
            "api_token": wise["apiToken"],
            "name": "Demo",
            "trigger_on": "incoming-transfer#credited",
            "url": self._hook_url(wise["id"], "wise"),
        }
        await self._rest.json("POST", self._env.http("wise-simulator") + "/_sim/subscriptions", json=subscription)

    def _demo(self) -> dict[str, Any]:
        return {
            "organizationId": self._done["organizationId"],
            "siteId": self._done["site"]["id"],
            "apiKey": self._done["apiKey"],
            "systemKey": self._done["systemKey"],
            "ipnSecret": self._done["site"]["ipnSecret"],
            "providers": {name: self._done[name] for name in PROVIDERS},
        }

    def _hook_url(self, provider_id: str, provider_type: str = "stripe") -> str:
        return f"{self._env.http('svc-checkout-api')}/hooks/{provider_type}/{provider_id}"

    def _gocardless_token(self) -> str:
        return f"sandbox_{self._env.credentials.stripe_account}"

    def _paypal_client(self) -> str:
        return f"client-{self._env.credentials.stripe_account}"

    def _stripe_key(self, kind: str) -> str:
        return f"{kind}_test_{self._env.credentials.stripe_account}"

    async def _stripe(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        url = self._env.http("stripe-simulator") + path
        return await self._rest.json("POST", url, key=self._stripe_key("sk"), form=form)

    async def _post(self, path: str, body: dict[str, Any], *, key: str | None = None) -> dict[str, Any]:
        return await self._rest.json("POST", self._admin + path, key=key or self._done["apiKey"], json=body)


async def _seed(layout: Layout) -> None:
    ports = {name: int(port) for name, port in read_json(layout.ports).items()}
    env = Environment(layout, ports, load_credentials(layout))
    async with Rest() as rest:
        await Seeder(layout, env, rest).run()


def main() -> None:
    """Entry point of the job."""
    asyncio.run(_seed(default_layout()))


if __name__ == "__main__":
    main()
