"""The keys with which the API signs whose rows a transaction is about, in the form in which a node keeps them. Pure but
for the clock.

The signature is an HMAC as RFC 2104 has it but for the two keys, which are drawn by themselves instead of by exclusive
or (PostgreSQL has none of bytes): H(outer ‖ H(inner ‖ message)), both filled up to a block. The other side is
`historia_clinica.row_context`, and `contexto_paciente` (revision 0013) verifies.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence

from historia_hooks.errors import Misconfigured

PURPOSES = (b"historia-contexto-fuera", b"historia-contexto-dentro")
MOST = 4  # PostgreSQL keeps verifiers of up to 512 characters
UNUSED = base64.b64encode(bytes(32)).decode()  # nobody logs in with it


def signed_context(signing_key: str, paciente: str) -> str:
    """As the API says it, for a number or for all of them (*)."""
    outer, inner = (_derived(signing_key, purpose) + bytes(32) for purpose in PURPOSES)
    said = f"{int(time.time()):010d}{paciente}"
    return hashlib.sha256(outer + hashlib.sha256(inner + said.encode()).digest()).hexdigest() + said


def context_verifier(signing_keys: Sequence[str]) -> str:
    """What the role has for a password: of the form of a SCRAM verifier, whose salt may be of any length. The keys are
    derived, so that who reads it signs no tokens. Raises Misconfigured for too many.
    """
    if len(signing_keys) > MOST:
        raise Misconfigured(f"HISTORIA_SIGNING_KEYS_ACCEPTED: caben {MOST - 1} claves además de la que firma")
    derived = (_derived(key, purpose) for key in signing_keys for purpose in PURPOSES)
    return f"SCRAM-SHA-256$4096:{base64.b64encode(b''.join(derived)).decode()}${UNUSED}:{UNUSED}"


def _derived(signing_key: str, purpose: bytes) -> bytes:
    return hmac.digest(signing_key.encode(), purpose, hashlib.sha256)
