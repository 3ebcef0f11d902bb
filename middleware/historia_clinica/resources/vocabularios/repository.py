"""SQL of vocabularies, two reference tables."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from historia_clinica.db import Scope, Statement, Transaction
from historia_clinica.words import as_query

LIST = Statement(
    """
    SELECT nombre, version, titulo, fuente, licencia, aviso, completo, conceptos, sha256, vigente_desde, fecha_registro,
           vigente_desde <= current_date AND version = first_value(version) OVER (
               PARTITION BY nombre, vigente_desde <= current_date
                   ORDER BY vigente_desde DESC, fecha_registro DESC, version DESC
           ) AS actual
      FROM vocabularios
     ORDER BY nombre, vigente_desde DESC, fecha_registro DESC, version DESC
    """,
    Scope.REFERENCE,
)
VERSION = Statement(
    """
    SELECT version
      FROM vocabularios
     WHERE nombre = %(nombre)s AND version = coalesce(%(version)s, version)
       AND (vigente_desde <= current_date OR version = %(version)s)
     ORDER BY vigente_desde DESC, fecha_registro DESC, version DESC
     LIMIT 1
    """,
    Scope.REFERENCE,
)
PAGE = Statement(
    """
    SELECT vocabulario, version, codigo, descripcion, padre, vigente_desde, vigente_hasta, atributos
      FROM conceptos
     WHERE vocabulario = %(vocabulario)s AND version = %(version)s AND codigo > %(after)s
       AND codigo ^@ %(codigo)s
       AND (%(words)s::tsquery IS NULL OR busqueda @@ %(words)s::tsquery)
     ORDER BY codigo
     LIMIT %(rows)s
    """,
    Scope.REFERENCE,
)
GET = Statement(
    """
    SELECT vocabulario, version, codigo, descripcion, padre, vigente_desde, vigente_hasta, atributos
      FROM conceptos
     WHERE vocabulario = %(vocabulario)s AND version = %(version)s AND codigo = %(codigo)s
    """,
    Scope.REFERENCE,
)


@dataclass(frozen=True)
class Vocabulario:
    nombre: str
    version: str
    titulo: str
    fuente: str
    licencia: str
    aviso: str | None
    completo: bool
    conceptos: int
    sha256: str
    vigente_desde: date
    fecha_registro: datetime
    actual: bool


@dataclass(frozen=True)
class Version:
    version: str


@dataclass(frozen=True)
class Concepto:
    vocabulario: str
    version: str
    codigo: str
    descripcion: str
    padre: str | None
    vigente_desde: date | None
    vigente_hasta: date | None
    atributos: dict[str, Any] | None


@dataclass(frozen=True)
class Wanted:
    """Which concepts of a version: codes with that beginning, and words that all occur, each perhaps cut short."""

    codigo: str | None = None
    buscar: str | None = None


def list_all(transaction: Transaction) -> list[Vocabulario]:
    return transaction.rows(LIST, {}, Vocabulario)


def version(transaction: Transaction, nombre: str, wanted: str | None) -> str | None:
    """That version if it is there, or the newest that is in force; None: there is none."""
    found = transaction.row(VERSION, {"nombre": nombre, "version": wanted}, Version)
    return found.version if found else None


def page(
    transaction: Transaction, key: tuple[str, str], wanted: Wanted, after: str | None, rows: int
) -> list[Concepto]:
    vocabulario, its_version = key
    values = {
        "vocabulario": vocabulario,
        "version": its_version,
        "after": after or "",
        "codigo": wanted.codigo or "",
        "words": as_query(wanted.buscar) if wanted.buscar else None,
        "rows": rows,
    }
    return transaction.rows(PAGE, values, Concepto)


def get(transaction: Transaction, key: tuple[str, str], codigo: str) -> Concepto | None:
    vocabulario, its_version = key
    return transaction.row(GET, {"vocabulario": vocabulario, "version": its_version, "codigo": codigo}, Concepto)
