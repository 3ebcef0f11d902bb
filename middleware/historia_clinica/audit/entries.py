"""One row of the audit before it has a place in its chain, and which chain that is. Pure."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

from historia_clinica.access.people import ANONYMOUS, Persona

# Whoever did not identify himself has no chain of his own: with one for all of them each would wait for the others.
ANONYMOUS_CHAINS = 16
AGENT = 200  # characters kept of a User-Agent


class Resultado(StrEnum):
    """How a request ended, for whoever reads the audit."""

    EXITO = "exito"
    LLEVADO = "llevado"
    DENEGADO = "denegado"
    NO_ENCONTRADO = "no_encontrado"
    RECHAZADO = "rechazado"
    FALLO = "fallo"


class Vinculo(StrEnum):
    """How the chain of one number goes on in that of another, seen from the chain that says it."""

    PASA_A = "pasa_a"
    VIENE_DE = "viene_de"
    RECIBE = "recibe"
    FUSIONADO_EN = "fusionado_en"
    DEVUELVE = "devuelve"
    SEPARADO_DE = "separado_de"


@dataclass(frozen=True)
class Chain:
    """A patient's, by the number, or one of the system's."""

    name: str
    system: bool = False


@dataclass(frozen=True)
class Entry:
    """What a request did. No clinical text and no value that was searched for: `consulta` are names of parameters."""

    usuario_id: str
    rol: str | None
    accion: str
    recurso: str
    recurso_id: str | None
    version: int | None
    proposito: str | None
    resultado: Resultado
    ip: str | None
    agente: str | None
    peticion_id: str
    consulta: str | None


@dataclass(frozen=True)
class Tie:
    """What ties a patient to the one with that number, as the chain of each says it."""

    here: Vinculo
    number: str
    there: Vinculo


def system_chain(persona: Persona) -> Chain:
    """One for each user; one of a few for the others."""
    if persona == ANONYMOUS:
        return Chain(f"a:{secrets.randbelow(ANONYMOUS_CHAINS)}", system=True)
    return Chain(f"u:{persona.usuario}", system=True)


def result_of(status: int) -> Resultado:
    """What a status of HTTP means."""
    if status in {401, 403}:
        return Resultado.DENEGADO
    if status == 404:
        return Resultado.NO_ENCONTRADO
    by_class = {4: Resultado.RECHAZADO, 5: Resultado.FALLO}
    if status // 100 == 3 and status != 304:  # that one confirms what was read
        return Resultado.LLEVADO
    return by_class.get(status // 100, Resultado.EXITO)


def pseudonym(number: str, key: str) -> str:
    """Of a number that is nobody's: equal for equal numbers, and telling nobody without the key which one it was."""
    return "~" + hmac.new(key.encode(), f"auditoria\0{number}".encode(), hashlib.sha256).hexdigest()[:32]
