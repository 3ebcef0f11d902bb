"""The identity provider's public keys: found, fetched and kept. The one place where the API asks another server.

What it gets is bounded in size and time, no redirect is followed, and of the threads that serve patients two at most
wait for it.
"""

import json
import ssl
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from historia_clinica.errors import ProviderUnavailable
from historia_clinica.settings import Settings
from historia_clinica.web import may_be_asked

KEPT = timedelta(minutes=10)  # a key that the provider withdraws serves no longer than that
PATIENCE = timedelta(seconds=60)  # between two looks for a key that was not there
REST = timedelta(seconds=5)  # after it did not answer
AT_ONCE = 2
SECONDS = 3.0  # for one document
LONGEST, PIECE = 262144, 65536  # bytes of one document
DISCOVERY = "/.well-known/openid-configuration"
KINDS: dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}

PublicKey = RSAKey | ECKey | OKPKey


@dataclass(frozen=True)
class _Held:
    keys: dict[str, PublicKey]
    since: datetime


class ProviderKeys:
    """Of one process. Moments are those of the clock that tokens are judged by."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.historia_oidc_issuer
        self._authority = settings.historia_oidc_ca_file
        self._held: _Held | None = None
        self._asked: datetime | None = None  # when it was last asked, whatever it answered
        self._door = threading.BoundedSemaphore(AT_ONCE)
        self._one = threading.Lock()

    def find(self, kid: str, now: datetime) -> PublicKey | None:
        """None where the provider has no such key. Raises ProviderUnavailable."""
        held = self._held
        if held and self._serves(held, kid, now):
            return held.keys.get(kid)
        if not self._door.acquire(blocking=False):
            raise ProviderUnavailable
        try:
            with self._one:
                return self._renewed(kid, now).keys.get(kid)
        finally:
            self._door.release()

    def _serves(self, held: _Held, kid: str, now: datetime) -> bool:
        """Whether what is kept is the answer, whatever the answer is."""
        if not _within(KEPT, held.since, now):
            return False
        return kid in held.keys or _within(PATIENCE, self._asked, now)

    def _renewed(self, kid: str, now: datetime) -> _Held:
        held = self._held
        if held and self._serves(held, kid, now):
            return held  # somebody else has just asked
        if not (held and _within(KEPT, held.since, now)) and _within(REST, self._asked, now):
            raise ProviderUnavailable
        self._asked = now
        self._held = _Held(self._fetch(), now)
        return self._held

    def _fetch(self) -> dict[str, PublicKey]:
        found = self._document(self._issuer.rstrip("/") + DISCOVERY)
        address = found.get("jwks_uri")
        if found.get("issuer") != self._issuer or not isinstance(address, str) or not self._may_ask(address):
            raise ProviderUnavailable
        listed = self._document(address).get("keys")
        if not isinstance(listed, list):
            raise ProviderUnavailable
        return {kid: key for kid, key in map(_read, listed) if kid and key}

    def _may_ask(self, address: str) -> bool:
        """Who is asked with TLS sends nobody to where there is none."""
        return may_be_asked(address) and (address.startswith("https:") or self._issuer.startswith("http:"))

    def _document(self, address: str) -> dict[str, Any]:
        try:
            found = json.loads(_get(address, self._authority))
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise ProviderUnavailable from error
        if not isinstance(found, dict):
            raise ProviderUnavailable
        return found


def _within(span: timedelta, since: datetime | None, now: datetime) -> bool:
    """Not where the clock was set back behind it, or what is kept would be kept for as long."""
    return since is not None and timedelta(0) <= now - since < span


def _get(address: str, authority: str) -> bytes:
    """Raises OSError, HTTPException or ValueError."""
    ends = time.monotonic() + SECONDS
    parts = urlsplit(address)
    host = str(parts.hostname)
    connection: HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=authority or None)  # read each time: it may have been renewed
        connection = HTTPSConnection(host, parts.port, timeout=SECONDS, context=context)
    else:
        connection = HTTPConnection(host, parts.port, timeout=SECONDS)
    with closing(connection):
        path = parts.path or "/"
        connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers={"Connection": "close"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise HTTPException
        body = bytearray()
        while piece := answer.read1(PIECE):
            body += piece
            if len(body) > LONGEST or time.monotonic() > ends:
                raise HTTPException
        return bytes(body)


def _read(listed: object) -> tuple[str | None, PublicKey | None]:
    """One of the provider's keys; Nones for what signs nothing, or is of a kind that we do not know."""
    if not isinstance(listed, dict) or listed.get("use", "sig") != "sig":
        return None, None
    kind, kid = KINDS.get(str(listed.get("kty"))), listed.get("kid")
    if kind is None or not isinstance(kid, str):
        return None, None
    try:
        return kid, kind.import_key(listed)
    except (JoseError, ValueError, TypeError, LookupError):
        return None, None
