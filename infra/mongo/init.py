"""Makes the database's users: run once per deployment, harmless when repeated.

Needs ``MONGODB_ADMIN_URI``, ``MONGODB_MEMBER`` (the address under which members of the replica set reach this server)
and each user's password in its variable (``MONGO_PASSWORD_SVC_IPN`` …).
"""

import os
import sys
import time

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from gateway_kit.mongo.users import CUSTOM_ROLES, MONGO_USERS, password_variable, roles_of

REPLICA_SET = "rs0"
PRIMARY_TIMEOUT_S = 60
ALREADY_INITIALIZED = 23

Client = MongoClient[dict[str, object]]


def initiate(client: Client, member: str) -> None:
    """Makes the server a replica set of one, and waits until it accepts writes."""
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [{"_id": 0, "host": member}]})
    except OperationFailure as failure:
        if failure.code != ALREADY_INITIALIZED:
            raise
    deadline = time.monotonic() + PRIMARY_TIMEOUT_S
    while not client.admin.command("hello")["isWritablePrimary"]:
        if time.monotonic() > deadline:
            sys.exit(f"{member} did not become a primary in {PRIMARY_TIMEOUT_S} s")
        time.sleep(0.2)


def ensure_roles(client: Client) -> None:
    """Creates the roles that are not built in, or gives them their rights of today."""
    for role in CUSTOM_ROLES:
        database = client[role.database]
        verb = "updateRole" if database.command("rolesInfo", role.name)["roles"] else "createRole"
        database.command(verb, role.name, privileges=list(role.privileges), roles=[])


def ensure_users(client: Client, passwords: dict[str, str]) -> None:
    """Creates what is missing; gives the others their password and rights of today."""
    known = {entry["user"] for entry in client.admin.command("usersInfo")["users"]}
    for user, password in passwords.items():
        verb = "updateUser" if user in known else "createUser"
        client.admin.command(verb, user, pwd=password, roles=roles_of(user))


def main() -> None:
    """Entry point of the job."""
    passwords = {user: os.environ[password_variable(user)] for user in MONGO_USERS}
    with Client(os.environ["MONGODB_ADMIN_URI"], directConnection=True) as client:
        initiate(client, os.environ["MONGODB_MEMBER"])
        ensure_roles(client)
        ensure_users(client, passwords)
    sys.stdout.write(f"users: {', '.join(passwords)}\n")


if __name__ == "__main__":
    main()
