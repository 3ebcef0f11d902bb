"""What for somebody asks: the purposes that a request may state, and what each role asks for. Pure.

The codes are those of HL7 v3-ActReason, which the audit keeps; the vocabulary `propositos` describes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from historia_clinica.access.operations import OF_ACCOUNTS, audited_operation
from historia_clinica.access.people import Rol


class Proposito(StrEnum):
    """In the words of the header."""

    TRATAMIENTO = "TRATAMIENTO"
    EMERGENCIA = "EMERGENCIA"
    SOLICITUD_PACIENTE = "SOLICITUD_PACIENTE"
    CALIDAD = "CALIDAD"
    AUDITORIA = "AUDITORIA"
    PAGO = "PAGO"
    SALUD_PUBLICA = "SALUD_PUBLICA"
    INVESTIGACION = "INVESTIGACION"
    LEGAL = "LEGAL"

    @property
    def codigo(self) -> str:
        return _CODES[self]


_CODES: Mapping[Proposito, str] = MappingProxyType(
    {
        Proposito.TRATAMIENTO: "TREAT",
        Proposito.EMERGENCIA: "ETREAT",
        Proposito.SOLICITUD_PACIENTE: "PATRQT",
        Proposito.CALIDAD: "HQUALIMP",
        Proposito.AUDITORIA: "HOPERAT",
        Proposito.PAGO: "HPAYMT",
        Proposito.SALUD_PUBLICA: "PUBHLTH",
        Proposito.INVESTIGACION: "HRESCH",
        Proposito.LEGAL: "HLEGAL",
    }
)
# Of what happens while an emergency access holds, whatever was stated.
BREAK_GLASS = "BTG"


@dataclass(frozen=True)
class Propositos:
    """`callado`: the code where nothing is stated; `admitidos`: what may be."""

    callado: str
    admitidos: frozenset[Proposito]


def _of(callado: str, *admitidos: Proposito) -> Propositos:
    return Propositos(callado, frozenset(admitidos))


_P = Proposito
OF_ROLE: Mapping[Rol, Propositos] = MappingProxyType(
    {
        Rol.ADMIN: _of("HSYSADMIN", _P.CALIDAD, _P.AUDITORIA, _P.LEGAL),
        Rol.ADMISIONISTA: _of(
            "PATADMIN", _P.TRATAMIENTO, _P.EMERGENCIA, _P.SOLICITUD_PACIENTE, _P.PAGO, _P.SALUD_PUBLICA, _P.LEGAL
        ),
        Rol.MEDICO: _of(
            "TREAT", _P.TRATAMIENTO, _P.EMERGENCIA, _P.SOLICITUD_PACIENTE, _P.CALIDAD, _P.SALUD_PUBLICA, _P.LEGAL
        ),
        Rol.RESULTADOS: _of(
            "TREAT", _P.TRATAMIENTO, _P.EMERGENCIA, _P.SOLICITUD_PACIENTE, _P.CALIDAD, _P.SALUD_PUBLICA
        ),
        Rol.PACIENTE: _of("PATRQT", _P.SOLICITUD_PACIENTE),
        Rol.AUDITOR: _of("HOPERAT", _P.AUDITORIA, _P.CALIDAD, _P.LEGAL),
        Rol.OFICIAL_DATOS: _of(
            "HOPERAT", _P.AUDITORIA, _P.CALIDAD, _P.LEGAL, _P.SOLICITUD_PACIENTE, _P.SALUD_PUBLICA, _P.PAGO
        ),
        Rol.INVESTIGADOR: _of("HRESCH", _P.INVESTIGACION),
    }
)
# Who has no role states what he likes, and asks for nothing in particular where he states nothing.
OF_NO_ROLE = frozenset(Proposito)


def silent(rol: Rol | None) -> str | None:
    """The code of a request that states nothing."""
    return OF_ROLE[rol].callado if rol else None


def admitted(rol: Rol | None) -> frozenset[Proposito]:
    return OF_ROLE[rol].admitidos if rol else OF_NO_ROLE


def belongs_to(endpoint: str) -> bool:
    """Whether a route is asked for a purpose: one that the audit keeps, and that is not about accounts."""
    return endpoint.partition(".")[0] not in OF_ACCOUNTS and audited_operation(endpoint) is not None
