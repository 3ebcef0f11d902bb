"""Access tokens: short JWTs that say which session asks, and nothing of what it may do: that is looked up each time.

HS256, because whoever verifies is whoever signs: nobody else could see whether a session still stands, so there is no
public key to give out. Its keys are derived from the signing keys, so that what is signed for one purpose never serves
another. One key signs; every key that is accepted verifies, by its `kid`.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey

from historia_clinica.errors import InvalidToken
from historia_clinica.settings import Settings

ALGORITHM = "HS256"
TYPE = "at+jwt"  # RFC 9068
ISSUER = AUDIENCE = "historia-clinica"
PURPOSE = b"historia-clinica access token 1"
LEEWAY = 60  # seconds by which the clocks of two replicas may differ
LONGEST = 2048
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Claims:
    """Whose session, and which."""

    documento: str
    sesion: UUID


class Tokens:
    def __init__(self, settings: Settings) -> None:
        keys = [_derived(key) for key in settings.signing_keys]
        self._signing = keys[0]
        self._accepted = {str(key.kid): key for key in keys}
        self.seconds = settings.historia_token_seconds

    def issue(self, claims: Claims, now: datetime) -> str:
        moment = int(now.timestamp())
        return jwt.encode(
            {"alg": ALGORITHM, "typ": TYPE, "kid": self._signing.kid},
            {
                "iss": ISSUER,
                "aud": AUDIENCE,
                "sub": claims.documento,
                "sid": str(claims.sesion),
                "jti": secrets.token_urlsafe(12),
                "iat": moment,
                "exp": moment + self.seconds,
            },
            self._signing,
            algorithms=[ALGORITHM],
        )

    def read(self, token: str, now: datetime) -> Claims:
        """Raises InvalidToken, whatever is wrong with it."""
        if len(token) > LONGEST or not WELL_FORMED.fullmatch(token):
            raise InvalidToken
        try:
            read = jwt.decode(token, self._key, algorithms=[ALGORITHM])
            _registry(now).validate(read.claims)
            claims = Claims(str(read.claims["sub"]), UUID(str(read.claims["sid"])))
        except (JoseError, ValueError, TypeError, LookupError) as error:
            raise InvalidToken from error
        if read.header.get("typ") != TYPE:
            raise InvalidToken
        return claims

    def _key(self, token: GuestProtocol) -> OctKey:
        return self._accepted[token.headers()["kid"]]


def _registry(now: datetime) -> jwt.JWTClaimsRegistry:
    """`exp` to the second; `iat` may be of a replica whose clock is ahead."""
    wanted: dict[str, Any] = {name: {"essential": True} for name in ("sub", "sid", "jti", "iat", "exp")}
    fixed: dict[str, Any] = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": AUDIENCE}}
    return _Registry(now=int(now.timestamp()), **wanted, **fixed)


class _Registry(jwt.JWTClaimsRegistry):
    def validate_iat(self, value: object) -> None:
        jwt.JWTClaimsRegistry(now=self.now, leeway=LEEWAY).validate_iat(value)


def _derived(key: str) -> OctKey:
    material = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
    named = hashlib.sha256(b"kid" + material).hexdigest()[:16]
    return OctKey.import_key(material, {"kid": named})
