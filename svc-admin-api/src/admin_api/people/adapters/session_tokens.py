"""Access tokens: JSON Web Tokens that only this service signs and reads."""

from datetime import UTC, datetime
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from admin_api.people.adapters.signing_keys import SigningKeys
from admin_api.people.domain.session import ACCESS_LIFETIME, Session
from admin_api.people.ports import AccessClaims
from gateway_contracts.ids import new_object_id

ALGORITHM: Final = "HS256"
TYPE: Final = "at+jwt"
ISSUER: Final = "svc-admin-api"
AUDIENCE: Final = "operator"
_CHARACTERS_MAX: Final = 2_000


class JwtAccessTokens:
    """HMAC, one algorithm, the key chosen by its name among our own: what the token says of itself decides nothing."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    async def issue(self, session: Session, now: datetime) -> str:
        name, key = await self._keys.current(now)
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": session.person_id,
            "sid": session.id,
            "jti": new_object_id(),
            "iat": issued,
            "exp": issued + int(ACCESS_LIFETIME.total_seconds()),
        }
        header = {"alg": ALGORITHM, "kid": name, "typ": TYPE}
        return jwt.encode(header, claims, OctKey.import_key(key), algorithms=[ALGORITHM])

    async def verify(self, text: str, now: datetime) -> AccessClaims | None:
        if len(text) > _CHARACTERS_MAX or not text.isascii():
            return None
        try:
            header = jws.extract_compact(text.encode()).headers()
            key = await self._keys.find(str(header.get("kid", "")))
            if key is None or header.get("typ") != TYPE:
                return None
            token = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM])
            _claims(now).validate(token.claims)
        except (JoseError, ValueError, TypeError):
            return None
        claims = token.claims
        return AccessClaims(
            session_id=str(claims["sid"]),
            person_id=str(claims["sub"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )


def _claims(now: datetime) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True},
        sid={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )
