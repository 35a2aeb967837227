"""The secrets of a composed deployment: ``python -m gateway_embedded.compose_env > infra/.env``."""

import argparse
import secrets

from gateway_kit.mongo import users as mongo
from gateway_kit.nats import permissions as nats

DOMAIN_VARIABLES = {
    "ADMIN_FRONTEND_DOMAIN": "dashboard",
    "ADMIN_BACKEND_DOMAIN": "api",
    "MAIN_FRONTEND_DOMAIN": "secure",
    "MAIN_BACKEND_DOMAIN": "webhook",
}


def new_variables(base_domain: str) -> dict[str, str]:
    """Every variable that ``infra/compose.yaml`` asks for, with fresh secrets."""
    variables = {name: f"{prefix}.{base_domain}" for name, prefix in DOMAIN_VARIABLES.items()}
    variables["ACME_EMAIL"] = f"hostmaster@{base_domain}"
    variables["SYSTEM_ENCRYPTION_KEY"] = secrets.token_hex(32)
    variables["SYSTEM_SEARCH_HASH_KEY"] = secrets.token_hex(32)
    variables["GATEWAY_BACKUP_PASSPHRASE"] = secrets.token_urlsafe(24)
    variables["MONGO_ROOT_PASSWORD"] = _password()
    # Letters and digits only: the server reads a key file as base64.
    variables["MONGO_REPLICA_KEY"] = secrets.token_hex(64)
    variables |= {mongo.password_variable(user): _password() for user in mongo.MONGO_USERS}
    variables |= {nats.password_variable(user): _password() for user in nats.NATS_USERS}
    return variables


def _password() -> str:
    # A leading letter: the broker's configuration reads what begins with a digit as a number.
    return "p" + secrets.token_hex(20)


def main() -> None:
    """Prints the file."""
    parser = argparse.ArgumentParser(prog="gateway_embedded.compose_env", description=__doc__)
    parser.add_argument("--domain", default="gateway.example", help="the four hosts are names under this one")
    for name, value in new_variables(parser.parse_args().domain).items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main()
