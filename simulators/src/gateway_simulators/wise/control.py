"""Calls of the control API beyond the common ones: senders, and Wise's decisions."""

from starlette.requests import Request

from gateway_simulators.control import Actions
from gateway_simulators.store import Json
from gateway_simulators.wise.errors import invalid, not_found
from gateway_simulators.wise.keys import SigningKey
from gateway_simulators.wise.world import World, account_of_token, public


def actions_of(world: World, key: SigningKey) -> Actions:
    """Every route under ``/_sim`` that is Wise's own."""
    control = _Control(world)
    return [
        ("POST", "/profiles", lambda given, request: {"id": int(_named(given))}),
        ("POST", "/subscriptions", control.subscribe),
        ("POST", "/incoming-transfers", control.receive),
        ("POST", "/transfers/{id}/status", control.change),
        ("POST", "/subscriptions/{id}/test", control.test),
        ("POST", "/access", control.give_access),
        ("GET", "/webhook-key", lambda given, request: {"pem": key.public_pem}),
    ]


def account_of(given: Json) -> str | None:
    """The account of a control call: by token, or by profile id."""
    if "api_token" in given:
        return account_of_token(str(given["api_token"]))
    account = given.get("account")
    return str(account) if account else None


class _Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def subscribe(self, given: Json, request: Request) -> Json:
        """``{"api_token", "name", "trigger_on", "url"}``: replaces the account's subscription of that name."""
        account, name = _named(given), str(given.get("name", ""))
        for entry in list(self._world.store.newest_first("subscription")):
            if (entry["_account"], entry["name"]) == (account, name):
                self._world.store.remove("subscription", entry["id"])
        return public(self._world.subscribe(account, given))

    def receive(self, given: Json, request: Request) -> Json:
        """``{"api_token", "amount", "currency"?, "reference"?, "sender"?, "status"?, "state"?}``, major units."""
        return self._world.receive(_named(given), given)

    def change(self, given: Json, request: Request) -> Json:
        """``{"status"}`` of a transfer, from now on."""
        transfer = self._world.store.get("transfer", request.path_params["id"])
        if transfer is None:
            raise not_found(request.path_params["id"])
        changed = {**transfer, "status": str(given.get("status", "outgoing_payment_sent"))}
        return public(self._world.store.put("transfer", str(transfer["id"]), changed))

    def test(self, given: Json, request: Request) -> Json:
        """A test notification."""
        subscription = self._world.store.get("subscription", request.path_params["id"])
        if subscription is None:
            raise not_found(request.path_params["id"])
        return public(self._world.test(subscription))

    def give_access(self, given: Json, request: Request) -> Json:
        """``{"api_token", "granted"}``: whether incoming transfers may be read."""
        account = _named(given)
        return self._world.store.put("access", account, {"id": account, "granted": bool(given.get("granted", True))})


def _named(given: Json) -> str:
    account = account_of(given)
    if account is None:
        raise invalid("api_token", "is missing")
    return account
