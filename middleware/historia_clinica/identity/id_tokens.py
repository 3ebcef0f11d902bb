"""ID tokens of the identity provider: which are true, meant for us and fresh. All that is taken from one is `sub`.

A client got it by a code flow of its own and hands it in at once. Its `nonce` is the client's to compare: here it is
that a token serves once.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import GuestProtocol
from joserfc.jws import JWSRegistry

from historia_clinica.errors import LoginFailed
from historia_clinica.identity.provider import ProviderKeys, PublicKey
from historia_clinica.settings import Settings

ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA"})  # never one whose key a public key could be
LONGEST = 16384
OLDEST = 300  # seconds
LEEWAY = 30  # seconds by which the provider's clock may differ
SUBJECT = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True)
class Shown:
    """Who the provider says it is, and what tells this token from every other."""

    sujeto: str
    sha256: bytes


class IdTokens:
    def __init__(self, settings: Settings) -> None:
        self._keys = ProviderKeys(settings)
        self._issuer = settings.historia_oidc_issuer
        self._client = settings.historia_oidc_client_id

    def read(self, token: str, now: datetime) -> Shown:
        """Raises LoginFailed, whatever is wrong with it, and ProviderUnavailable."""

        def key(guest: GuestProtocol) -> PublicKey:
            return self._key(guest.headers(), now)

        try:
            read = jwt.decode(token, key, registry=SIGNATURES)
            self._registry(now).validate(read.claims)
        except (JoseError, ValueError, TypeError, LookupError, RecursionError) as error:
            raise LoginFailed from error
        if not (_is_id_token(read) and self._is_for_us(read.claims) and _is_fresh(read.claims, now)):
            raise LoginFailed
        # Of what is signed: a signature can be spelled, and for ES256 made, in more than one way.
        return Shown(read.claims["sub"], hashlib.sha256(token.rpartition(".")[0].encode()).digest())

    def _key(self, header: dict[str, Any], now: datetime) -> PublicKey:
        """Raises LookupError. Nobody makes us ask the provider with what no key of its could have signed."""
        kid = header.get("kid")
        if header["alg"] not in ALGORITHMS or not isinstance(kid, str):
            raise LookupError
        found = self._keys.find(kid, now)
        if found is None:
            raise LookupError
        return found

    def _registry(self, now: datetime) -> jwt.JWTClaimsRegistry:
        wanted: dict[str, Any] = {name: {"essential": True} for name in ("sub", "iat", "exp")}
        fixed: dict[str, Any] = {
            "iss": {"essential": True, "value": self._issuer},
            "aud": {"essential": True, "value": self._client},
        }
        return jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY, **wanted, **fixed)

    def _is_for_us(self, claims: dict[str, Any]) -> bool:
        """Also where it is for others too, or another asked for it."""
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        return claims.get("azp") == self._client if several or "azp" in claims else True


class _Signatures(JWSRegistry):
    max_header_length = 4096  # a certificate may stand beside the kid

    def get_alg(self, name: str) -> Any:
        """One of ours. Without the library's warning that EdDSA has a newer name: providers know it by the old one."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


SIGNATURES = _Signatures(strict_check_header=False)  # what is critical is refused in any case


def _is_id_token(token: jwt.Token) -> bool:
    """And not one for access or for logging out, with which the same keys are used. Keycloak says it in a claim."""
    return str(token.header.get("typ", "JWT")).upper() == "JWT" and token.claims.get("typ", "ID") == "ID"


def _is_fresh(claims: dict[str, Any], now: datetime) -> bool:
    old = int(now.timestamp()) - claims["iat"] > OLDEST
    return not old and SUBJECT.fullmatch(claims["sub"]) is not None
