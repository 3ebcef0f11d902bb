"""Signs whose rows a transaction is about, so that the database touches no others. Pure but for the clock.

`contexto_paciente` (revision 0013 of the schema) verifies it, and `ve_reservado` (0017) of what physicians reserved
whose it may be, with keys that `historia-hooks sync` brings to the nodes
(`historia_hooks.context_key`, where the construction is described). It holds for five minutes.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Protocol

EVERYBODY = "*"
RESERVED = "reservados"  # begins what is signed about those
PURPOSES = (b"historia-contexto-fuera", b"historia-contexto-dentro")
FILLED = bytes(32)  # up to a block of SHA-256


class Signer(Protocol):
    def __call__(self, said: str, purpose: str = "") -> str: ...


def signer(signing_key: str, clock: Callable[[], float] = time.time) -> Signer:
    """signed(paciente) -> the value of historia.contexto for that number, or for EVERYBODY; signed(medico, RESERVED) ->
    that of historia.reservados.
    """
    outer, inner = (hmac.digest(signing_key.encode(), purpose, hashlib.sha256) + FILLED for purpose in PURPOSES)

    def signed(said: str, purpose: str = "") -> str:
        dated = f"{int(clock()):010d}{said}"
        message = f"{purpose}{dated}".encode()
        return hashlib.sha256(outer + hashlib.sha256(inner + message).digest()).hexdigest() + dated

    return signed
