"""People sign in with passkeys: the first operator, invited members, refresh, reuse, logout, forged tokens."""

import asyncio
import base64
import json
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from admin_world import Api
from joserfc import jwt
from joserfc.jwk import OctKey
from structlog.testing import capture_logs

from admin_api.people.adapters.session_tokens import AUDIENCE, ISSUER, TYPE
from admin_api.people.domain.session import ACCESS_LIFETIME, IDLE_LIFETIME, SESSION_LIFETIME
from admin_api.people.opening import announce_bootstrap, open_sessions
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.issue_bootstrap_token import issue_bootstrap_token
from admin_api.shared.use_cases.report_refusals import report_refusals
from gateway_contracts.ids import new_object_id
from gateway_testkit.authenticator import Passkey
from gateway_testkit.clock import FrozenClock

pytestmark = pytest.mark.integration

ORIGIN = "https://admin.example"
COOKIE = "__Secure-gw_refresh"


@dataclass
class Browser:
    """A person's browser: a passkey, the refresh cookie, the access token."""

    api: Api
    passkey: Passkey
    cookie: str = ""
    token: str = ""

    async def post(self, path: str, body: Any = None, *, signed_in: bool = False, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if signed_in:
            named["authorization"] = f"Bearer {self.token}"
        if self.cookie:
            named["cookie"] = f"{COOKIE}={self.cookie}"
        answer: httpx.Response = await self.api.http.post(f"/api/v1/auth{path}", json=body, headers=named)
        if answer.is_success and "accessToken" in answer.text:
            self.token = answer.json()["accessToken"]
            self.cookie = answer.cookies[COOKIE]
        return answer

    async def register(self, token: str, **person: str) -> httpx.Response:
        began = await self.post("/register", {"token": token, **person})
        if not began.is_success:
            return began
        made = self.passkey.register(began.json()["publicKey"])
        body = {"ceremonyId": began.json()["ceremonyId"], "token": token, "credential": made, "label": "Laptop"}
        return await self.post("/register-complete", body)

    async def sign_in(self) -> httpx.Response:
        began = await self.post("")
        signed = self.passkey.sign_in(began.json()["publicKey"])
        body = {"ceremonyId": began.json()["ceremonyId"], "credential": signed}
        return await self.post("/authenticate-complete", body)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: httpx.Response = await self.api.http.get(
            f"/api/v1{path}", headers={"authorization": f"Bearer {self.token}", **named}
        )
        return answer

    async def delete(self, path: str) -> httpx.Response:
        answer: httpx.Response = await self.api.http.delete(
            f"/api/v1{path}", headers={"authorization": f"Bearer {self.token}"}
        )
        return answer


def browser(api: Api, **options: Any) -> Browser:
    return Browser(api, Passkey(origin=ORIGIN, **options))


def access_of(api: Api) -> SessionAccess:
    return open_sessions(api.tenancy, system_encryption_key=secrets.token_hex(32), frontend_origin=ORIGIN)


async def bootstrap_token(api: Api) -> str:
    issued = await issue_bootstrap_token(tenancy=api.tenancy, bootstrap=access_of(api).bootstrap)
    assert issued is not None
    return issued[0]


async def operator(api: Api) -> Browser:
    person = browser(api)
    answer = await person.register(await bootstrap_token(api), email="ops@example.com", name="Olga Ops")
    assert answer.status_code == 201, answer.text
    return person


async def member(api: Api, organization_id: str, role: str, email: str = "jane@example.com") -> Browser:
    person = browser(api)
    token = await invitation(api, organization_id, role, email)
    answer = await person.register(token)
    assert answer.status_code == 201, answer.text
    return person


async def invitation(api: Api, organization_id: str, role: str, email: str) -> str:
    body = {"email": email, "role": role}
    answer = await api.ask("POST", f"/organizations/{organization_id}/members", api.system_key, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def test_the_first_operator_comes_in_by_the_printed_token(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    access = access_of(api)
    await announce_bootstrap(access)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "bootstrapToken" in line]
    await announce_bootstrap(access)
    assert "bootstrapToken" not in capsys.readouterr().out

    person = browser(api)
    answer = await person.register(printed[0]["bootstrapToken"], email="ops@example.com", name="Olga Ops")

    assert answer.status_code == 201
    body = answer.json()
    assert (body["tokenType"], body["expiresIn"]) == ("Bearer", 600)
    assert body["person"] | {"id": ""} == {
        "id": "",
        "email": "ops@example.com",
        "name": "Olga Ops",
        "memberships": [{"organizationId": None, "role": "global", "signInAgain": False}],
    }
    assert (await person.get("/system/api-keys")).status_code == 200
    stored = str([row async for row in api.db.bootstrap_tokens.find()])
    assert printed[0]["bootstrapToken"] not in stored


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api) -> None:
    person = await operator(api)
    header = (await person.sign_in()).headers["set-cookie"]
    parts = {part.strip().lower() for part in header.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/api/v1/auth", "max-age=604800"} <= parts


async def test_the_bootstrap_token_works_once(api: Api) -> None:
    token = await bootstrap_token(api)
    rivals = [browser(api) for _ in range(4)]
    answers = await asyncio.gather(
        *(rival.register(token, email=f"ops{index}@example.com") for index, rival in enumerate(rivals))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    assert await api.db.members.count_documents({"role": "global"}) == 1
    late = await browser(api).register(token, email="late@example.com")
    assert late.status_code == 401
    assert await issue_bootstrap_token(tenancy=api.tenancy, bootstrap=access_of(api).bootstrap) is None


async def test_the_bootstrap_token_expires_and_can_be_replaced(api: Api) -> None:
    old = await bootstrap_token(api)
    assert await issue_bootstrap_token(tenancy=api.tenancy, bootstrap=access_of(api).bootstrap) is None
    new = await issue_bootstrap_token(tenancy=api.tenancy, bootstrap=access_of(api).bootstrap, is_replacing=True)
    assert new is not None
    assert (await browser(api).register(old, email="a@example.com")).status_code == 401

    clock = FrozenClock(api.tenancy.clock.now() + timedelta(hours=25))
    object.__setattr__(api.tenancy, "clock", clock)
    assert (await browser(api).register(new[0], email="a@example.com")).status_code == 401


async def test_the_first_operator_says_who_they_are(api: Api) -> None:
    answer = await browser(api).register(await bootstrap_token(api))
    assert (answer.status_code, answer.json()["details"][0]["field"]) == (422, "email")


async def test_an_invited_member_acts_within_the_role(api: Api) -> None:
    organization_id, other = await api.organization(), await api.organization("Other GmbH")
    person = await member(api, organization_id, "viewer")
    assert (await person.sign_in()).status_code == 200

    assert (await person.get("/sites")).status_code == 200
    own = await api.http.post("/api/v1/sites", json={"name": "X"}, headers={"authorization": f"Bearer {person.token}"})
    assert (own.status_code, own.json()["code"]) == (403, "MISSING_SCOPE")
    assert (await person.get(f"/organizations/{other}")).status_code == 404
    assert (await person.get("/sites", cookie=f"selectedOrganization={other}")).status_code == 404
    assert (await person.get("/system/api-keys")).status_code == 403


async def test_the_organization_is_that_of_the_path_or_the_cookie(api: Api) -> None:
    person = await operator(api)
    first, second = await api.organization("First"), await api.organization("Second")
    for name, organization_id in (("one", first), ("two", second)):
        await api.site(await api.key(organization_id), name=name)

    answers = [await person.get("/sites", cookie=f"selectedOrganization={item}") for item in (first, second)]
    assert [[site["name"] for site in answer.json()["sites"]] for answer in answers] == [["one"], ["two"]]
    assert (await person.get(f"/organizations/{second}", cookie=f"selectedOrganization={first}")).status_code == 200
    assert (await person.get("/sites")).status_code == 403
    assert (await person.get("/sites", cookie=f"selectedOrganization={new_object_id()}")).status_code == 404


async def test_who_belongs_to_several_organizations_selects_one(api: Api) -> None:
    first, second = await api.organization("First"), await api.organization("Second")
    person = await member(api, first, "admin")
    token = await invitation(api, second, "viewer", "jane@example.com")

    stranger = await browser(api).register(token)
    assert (stranger.status_code, stranger.json()["code"]) == (409, "SIGN_IN_TO_ACCEPT")
    accepted = await person.post("/invitations/accept", {"token": token}, signed_in=True)
    assert accepted.json() == {"organizationId": second, "role": "viewer"}
    undecided = await person.get("/sites")
    assert (undecided.status_code, undecided.json()["code"]) == (400, "ORGANIZATION_NOT_SELECTED")
    assert (await person.get("/sites", cookie=f"selectedOrganization={second}")).status_code == 200


async def test_an_invitation_is_for_one_person(api: Api) -> None:
    organization_id = await api.organization()
    jane = await member(api, organization_id, "viewer")
    token = await invitation(api, organization_id, "admin", "joe@example.com")

    answer = await jane.post("/invitations/accept", {"token": token}, signed_in=True)

    assert (answer.status_code, answer.json()["code"]) == (401, "INVITATION_INVALID")


async def test_people_choose_the_mode(api: Api) -> None:
    organization_id = await api.organization()
    person = await member(api, organization_id, "admin")
    for headers in ({"gateway_mode": "test"}, {"cookie": "selectedMode=test"}, {}):
        api.owners.asked.clear()
        await person.get("/transactions", **headers)
        assert [call[2].livemode for call in api.owners.asked] == [not headers]


async def test_a_removed_member_is_refused_at_once(api: Api) -> None:
    organization_id = await api.organization()
    await member(api, organization_id, "admin", "boss@example.com")
    person = await member(api, organization_id, "viewer")
    members = await api.ask("GET", f"/organizations/{organization_id}/members?role=viewer", api.system_key)
    path = f"/organizations/{organization_id}/members/{members.json()['members'][0]['id']}"
    assert (await api.ask("DELETE", path, api.system_key)).status_code == 204
    assert (await person.get(f"/organizations/{organization_id}")).status_code == 404


async def test_refresh_replaces_both_tokens(api: Api) -> None:
    person = await operator(api)
    cookie, token = person.cookie, person.token
    answer = await person.post("/refresh-token")
    assert answer.status_code == 200
    assert person.cookie != cookie
    assert person.token != token
    check = await person.get("/auth/login/check")
    assert (check.status_code, check.json()["valid"], check.json()["person"]["name"]) == (200, True, "Olga Ops")


async def test_a_refresh_token_used_twice_ends_the_session_for_both(api: Api) -> None:
    person = await operator(api)
    thief = Browser(api, person.passkey, cookie=person.cookie)
    await person.post("/refresh-token")
    assert (await person.get("/auth/login/check")).status_code == 200

    stolen = await thief.post("/refresh-token", user_agent="another browser")

    assert (stolen.status_code, stolen.json()["code"]) == (401, "REFRESH_TOKEN_REUSED")
    assert (await person.post("/refresh-token")).status_code == 401
    assert (await person.get("/auth/login/check")).status_code == 401
    assert await api.db.audit_log.count_documents({"action": "session.refresh_reused"}) == 1


async def test_invented_refresh_tokens_end_no_session(api: Api) -> None:
    person = await operator(api)
    await person.post("/refresh-token")
    name, sequence, secret, mac = person.cookie.split(".")
    invented = [
        f"{name}.1.{secret}.{mac}",
        f"{name}.{sequence}.{secret}.{'0' * 64}",
        f"{name}.99.{secret}.{mac}",
        f"{name}.{sequence}.{secret}",
        "rt_",
        "",
        "x" * 5000,
        f"rt_{new_object_id()}.{sequence}.{secret}.{mac}",
    ]
    for text in invented:
        answer = await Browser(api, person.passkey, cookie=text).post("/refresh-token")
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_INVALID")
    assert (await person.post("/refresh-token")).status_code == 200


async def test_logout_ends_one_session_and_everywhere_all(api: Api) -> None:
    first = await operator(api)
    second, third = (Browser(api, first.passkey) for _ in range(2))
    for other in (second, third):
        assert (await other.sign_in()).status_code == 200

    left = await first.post("/logout", signed_in=True)
    assert left.status_code == 204
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert (await first.get("/auth/login/check")).status_code == 401
    assert (await first.post("/refresh-token")).status_code == 401
    assert (await second.get("/auth/login/check")).status_code == 200

    # By the cookie alone, as a page does whose access token ran out.
    assert (await second.post("/logout", {"everywhere": True})).status_code == 204
    assert (await third.get("/auth/login/check")).status_code == 401
    assert (await third.post("/refresh-token")).status_code == 401
    assert (await browser(api).post("/logout")).status_code == 204


async def test_a_person_sees_their_sessions_and_ends_one(api: Api) -> None:
    first = await operator(api)
    lost = Browser(api, first.passkey)
    await lost.sign_in()
    await lost.post("/refresh-token")

    shown = (await first.get("/auth/sessions")).json()["sessions"]
    assert [item["isCurrent"] for item in shown] == [False, True], "newest first"
    assert {item["passkeyId"] for item in shown} == {first.passkey.id}
    assert shown[0]["createdAt"] < shown[0]["lastUsedAt"] < shown[0]["expiresAt"]
    assert "secret" not in json.dumps(shown).lower()

    ended = await first.delete(f"/auth/sessions/{shown[0]['id']}")
    assert (ended.status_code, "set-cookie" in ended.headers) == (204, False)
    assert (await lost.get("/auth/login/check")).status_code == 401
    assert (await lost.post("/refresh-token")).status_code == 401
    assert [item["id"] for item in (await first.get("/auth/sessions")).json()["sessions"]] == [shown[1]["id"]]
    assert await api.db.audit_log.count_documents({"action": "session.end", "object_id": shown[0]["id"]}) == 1

    own = await first.delete(f"/auth/sessions/{shown[1]['id']}")
    assert "Max-Age=0" in own.headers["set-cookie"]
    assert (await first.get("/auth/sessions")).status_code == 401


async def test_sessions_of_others_do_not_exist(api: Api) -> None:
    person = await operator(api)
    stranger = await member(api, await api.organization(), "admin")
    [foreign] = (await stranger.get("/auth/sessions")).json()["sessions"]

    for name in (foreign["id"], new_object_id(), "x" * 24, "%00"):
        answer = await person.delete(f"/auth/sessions/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "SESSION_NOT_FOUND")
    assert (await stranger.get("/auth/login/check")).status_code == 200
    key = await api.key(await api.organization())
    for verb, path in (("GET", "/auth/sessions"), ("DELETE", f"/auth/sessions/{foreign['id']}")):
        answer = await api.ask(verb, path, key)
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_INVALID"), "a key has no sessions"


async def test_sessions_end_by_time(api: Api) -> None:
    person = await operator(api)
    clock = FrozenClock(api.tenancy.clock.now())
    object.__setattr__(api.tenancy, "clock", clock)
    start = clock.now()

    clock.set(start + ACCESS_LIFETIME + timedelta(seconds=2))
    assert (await person.get("/auth/login/check")).status_code == 401
    assert (await person.post("/refresh-token")).status_code == 200
    clock.advance(IDLE_LIFETIME + timedelta(seconds=1))
    assert (await person.post("/refresh-token")).status_code == 401

    other = Browser(api, person.passkey)
    await other.sign_in()
    for _ in range(int(SESSION_LIFETIME / timedelta(hours=11))):
        clock.advance(timedelta(hours=11))
        assert (await other.post("/refresh-token")).status_code == 200
    clock.advance(timedelta(hours=11))
    assert (await other.post("/refresh-token")).status_code == 401


def _segment(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_forged_tokens_are_refused(api: Api) -> None:
    person = await operator(api)
    header, payload, signature = person.token.split(".")
    known = json.loads(base64.urlsafe_b64decode(header + "=="))
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    stranger = OctKey.import_key(secrets.token_bytes(32))
    forged = [
        f"{_segment({**known, 'alg': 'none'})}.{payload}.",
        f"{_segment({'alg': 'none'})}.{payload}.",
        f"{_segment({**known, 'alg': 'HS512'})}.{payload}.{signature}",
        f"{_segment({**known, 'alg': 'RS256'})}.{payload}.{signature}",
        f"{header}.{_segment({**claims, 'sub': new_object_id()})}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}.",
        f"{header}.{payload}",
        "ey.ey.ey",
        "ey" + "a" * 10_000,
        jwt.encode({"alg": "HS256", "kid": known["kid"], "typ": TYPE}, claims, stranger),
        jwt.encode({"alg": "HS256", "kid": "../../dev/null", "typ": TYPE}, claims, stranger),
        jwt.encode({"alg": "HS256", "typ": TYPE}, claims, stranger),
    ]
    for text in forged:
        answer = await api.http.get("/api/v1/auth/login/check", headers={"authorization": f"Bearer {text}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "SESSION_INVALID"), text
        assert (await api.ask("GET", "/sites", text)).status_code == 401
    assert (await person.get("/auth/login/check")).status_code == 200


async def test_tokens_of_the_right_key_need_the_right_claims(api: Api) -> None:
    person = await operator(api)
    payload = json.loads(base64.urlsafe_b64decode(person.token.split(".")[1] + "=="))
    assert (payload["iss"], payload["aud"]) == (ISSUER, AUDIENCE)
    keys = api.sessions.tokens._keys
    name, key = await keys.current(api.tenancy.clock.now())
    wrong: list[dict[str, Any]] = [
        {"aud": "customer"},
        {"iss": "another"},
        {"exp": int(time.time()) - 1},
        {"sid": new_object_id()},
        {"sub": new_object_id()},
    ]
    for change in wrong:
        text = jwt.encode({"alg": "HS256", "kid": name, "typ": TYPE}, {**payload, **change}, OctKey.import_key(key))
        assert (await api.ask("GET", "/auth/login/check", text)).status_code == 401, change
    for missing in ("exp", "aud", "iss", "sid", "sub"):
        partial = {claim: value for claim, value in payload.items() if claim != missing}
        text = jwt.encode({"alg": "HS256", "kid": name, "typ": TYPE}, partial, OctKey.import_key(key))
        assert (await api.ask("GET", "/auth/login/check", text)).status_code == 401, missing
    plain = jwt.encode({"alg": "HS256", "kid": name, "typ": "JWT"}, payload, OctKey.import_key(key))
    assert (await api.ask("GET", "/auth/login/check", plain)).status_code == 401


async def test_after_a_rotation_old_tokens_run_out_and_new_ones_have_another_key(api: Api) -> None:
    person = await operator(api)
    old = person.token
    await api.sessions.tokens._keys.rotate(api.tenancy.clock.now())
    assert (await person.get("/auth/login/check")).status_code == 200
    await person.post("/refresh-token")
    kids = {json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"] for token in (old, person.token)}
    assert len(kids) == 2
    assert (await person.get("/auth/login/check")).status_code == 200


async def test_a_challenge_works_once_and_for_its_own_kind(api: Api) -> None:
    person = await operator(api)
    began = (await person.post("")).json()
    signed = person.passkey.sign_in(began["publicKey"])
    body = {"ceremonyId": began["ceremonyId"], "credential": signed}
    assert (await person.post("/authenticate-complete", body)).status_code == 200
    again = await person.post("/authenticate-complete", body)
    assert (again.status_code, again.json()["code"]) == (401, "LOGIN_FAILED")

    began = (await person.post("/passkeys", signed_in=True)).json()
    began["publicKey"]["rpId"] = "admin.example"
    body = {"ceremonyId": began["ceremonyId"], "credential": person.passkey.sign_in(began["publicKey"])}
    assert (await person.post("/authenticate-complete", body)).status_code == 401


async def test_the_challenge_of_another_cannot_be_guessed_and_used_up(api: Api) -> None:
    begun = [(await browser(api).post("")).json()["ceremonyId"] for _ in range(8)]
    begun += [(await (await operator(api)).post("/passkeys", signed_in=True)).json()["ceremonyId"]]
    # Ascending ids have nine bytes in common: of the second and of the process.
    assert len({ceremony_id[8:18] for ceremony_id in begun}) == len(begun)


async def test_wrong_answers_of_authenticators_are_refused(api: Api) -> None:
    person = await operator(api)

    async def attempt(passkey: Passkey, **changes: Any) -> int:
        began = (await person.post("")).json()
        signed = passkey.sign_in({**began["publicKey"], **changes})
        return (
            await person.post("/authenticate-complete", {"ceremonyId": began["ceremonyId"], "credential": signed})
        ).status_code

    own = person.passkey
    copies = {name: getattr(own, name) for name in ("credential_id", "user_handle", "count", "_key")}
    assert await attempt(Passkey(origin="https://evil.example", **copies)) == 401
    assert await attempt(Passkey(origin=ORIGIN, **{**copies, "credential_id": b"unknown-credential"})) == 401
    assert await attempt(Passkey(origin=ORIGIN, flags=0x01, **copies)) == 401
    assert await attempt(Passkey(origin=ORIGIN, **{**copies, "user_handle": b"another user"})) == 401
    assert await attempt(Passkey(origin=ORIGIN, credential_id=own.credential_id, count=50)) == 401
    assert await attempt(own, rpId="evil.example") == 401
    assert await attempt(own, challenge="AAAA") == 401
    assert await attempt(own) == 200
    # A copy of the authenticator is behind in its count.
    assert await attempt(Passkey(origin=ORIGIN, **{**copies, "count": 0})) == 401
    with capture_logs() as lines:
        await report_refusals(api.deps.refusals, tenancy=api.deps.tenancy)
    assert [(line["event"], line["count"]) for line in lines] == [("security.sign_in_refused", 8)]


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 5},
        {"id": "AQ"},
        {"id": "AQ", "rawId": "AQ", "type": "public-key", "response": {}},
        {"id": "AQ", "rawId": "AQ", "type": "public-key", "response": "x"},
        {"id": "AQ", "rawId": "AQ", "type": "public-key", "response": {"clientDataJSON": "%%", "signature": []}},
        {
            "id": "AQ",
            "rawId": "AQ",
            "type": "public-key",
            "response": {"attestationObject": "oA", "clientDataJSON": ""},
        },
        {"id": "x" * 2000},
        {"id": "\u0000"},
    ],
)
async def test_malformed_credentials_are_never_a_mistake_of_ours(api: Api, credential: dict[str, Any]) -> None:
    token = await bootstrap_token(api)
    person = browser(api)
    began = (await person.post("/register", {"token": token, "email": "a@example.com"})).json()
    body = {"ceremonyId": began["ceremonyId"], "token": token, "credential": credential}
    # 422: control characters are refused in any field of any request.
    refused = {422} if credential.get("id") == "\u0000" else {400, 401}
    assert (await person.post("/register-complete", body)).status_code in refused
    began = (await person.post("")).json()
    body = {"ceremonyId": began["ceremonyId"], "credential": credential}
    assert (await person.post("/authenticate-complete", body)).status_code in refused
    assert (await person.register(token, email="a@example.com")).status_code == 201


async def test_more_passkeys(api: Api) -> None:
    person = await operator(api)
    began = (await person.post("/passkeys", signed_in=True)).json()
    second = Passkey(origin=ORIGIN)
    body = {"ceremonyId": began["ceremonyId"], "credential": second.register(began["publicKey"]), "label": "Phone"}
    made = await person.post("/passkeys/complete", body, signed_in=True)
    assert (made.status_code, made.json()["label"]) == (201, "Phone")
    known = (await person.get("/auth/passkeys")).json()["passkeys"]
    assert [item["label"] for item in known] == ["Laptop", "Phone"]
    assert "Phone" not in str([row async for row in api.db.passkeys.find()])

    headers = {"authorization": f"Bearer {person.token}"}
    for label, shown in (({"label": "Red phone"}, "Red phone"), ({}, "Red phone"), ({"label": None}, None)):
        renamed = await api.http.patch(f"/api/v1/auth/passkeys/{second.id}", json=label, headers=headers)
        assert (renamed.status_code, renamed.json()["label"]) == (200, shown)
    assert "Red phone" not in str([row async for row in api.db.passkeys.find()])

    phone = Browser(api, second)
    assert (await phone.sign_in()).status_code == 200
    headers = {"authorization": f"Bearer {phone.token}"}
    gone = await api.http.delete(f"/api/v1/auth/passkeys/{person.passkey.id}", headers=headers)
    assert gone.status_code == 204
    assert (await person.get("/auth/login/check")).status_code == 401
    assert (await person.sign_in()).status_code == 401
    last = await api.http.delete(f"/api/v1/auth/passkeys/{second.id}", headers=headers)
    assert (last.status_code, last.json()["code"]) == (409, "LAST_PASSKEY")


async def test_pages_of_other_origins_get_nothing(api: Api) -> None:
    person = await operator(api)
    for path in ("", "/refresh-token", "/logout"):
        answer = await person.post(path, origin="https://evil.example")
        assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert (await person.post("/refresh-token", origin=ORIGIN)).status_code == 200


async def test_nothing_personal_and_no_secret_is_stored_in_clear(api: Api) -> None:
    person = await operator(api)
    await person.post("/refresh-token")
    await browser(api).post("/register", {"token": "x" * 30, "email": "canary@example.com"})
    dump = ""
    for name in await api.db.list_collection_names():
        dump += str([row async for row in api.db[name].find()])
    for canary in ("ops@example.com", "Olga Ops", person.cookie, person.cookie.split(".")[2], person.token):
        assert canary not in dump
