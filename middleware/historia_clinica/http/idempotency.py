"""Idempotency-Key: a request sent again with its key is done once (draft-ietf-httpapi-idempotency-key-header-07).

The key becomes part of what is written: no table of keys, no second node, and nothing to clean up. A process that dies
between its commit and its answer leaves all that a repetition needs.
"""

import hashlib
import json
import re
from uuid import UUID, uuid4, uuid5

from flask import request

from historia_clinica.errors import MalformedRequest
from historia_clinica.http.fields import CEDULA

HEADER = "Idempotency-Key"
FORM = re.compile(r"[!-~]{1,128}")  # visible ASCII
NAMESPACE = UUID("5f0a2c3e-6f0b-5d0e-9c53-0d1f6c1b7a42")
ASKED = "numero"  # query parameter: the number under which a request was sent that is led to another
REFUSED = "Idempotency-Key lleva de 1 a 128 caracteres ASCII visibles, con o sin comillas alrededor."


def key(author: str) -> UUID | None:
    """What the current request is known by: one author, one method, one path, one key. Raises MalformedRequest."""
    offered = request.headers.get(HEADER)
    if offered is None:
        return None
    if not FORM.fullmatch(value := _unquoted(offered)):
        raise MalformedRequest(REFUSED)
    return uuid5(NAMESPACE, json.dumps([author, request.method, _path(), value]))


def fingerprint() -> bytes:
    """SHA-256 of what is asked for: two spellings of one JSON object are the same."""
    asked = [request.get_json() if request.get_data() else {}, request.headers.get("If-Match")]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def new_id(clave: UUID | None) -> UUID:
    """Of a row to be made: the same for each repetition, so that a second one finds the first."""
    return clave or uuid4()


def _path() -> str:
    """That of the first time: the patient may have got another number since."""
    asked, cedula = request.args.get(ASKED), (request.view_args or {}).get("cedula")
    if asked is None or cedula is None:
        return request.path
    if not re.fullmatch(CEDULA[1:-1], asked):
        raise MalformedRequest("«numero» no es un número de documento.")
    return request.path.replace(f"/{cedula}", f"/{asked}", 1)


def _unquoted(offered: str) -> str:
    """The draft wants a quoted string; most clients send the bare key."""
    return offered[1:-1] if len(offered) > 1 and offered[0] == offered[-1] == '"' else offered
