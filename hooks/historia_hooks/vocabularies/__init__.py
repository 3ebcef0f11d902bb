"""Vocabularies as files: those this package carries, one CSV and one JSON each, and an operator's own. No database.

One has its JSON alone: its rows are read out of an installed package.
"""

import csv
import gzip
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from importlib.resources import files
from typing import Any

from historia_hooks.errors import Misconfigured
from historia_hooks.vocabularies import cie10

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,39}")  # a version has the same form
LENGTHS = {"titulo": 200, "fuente": 500, "licencia": 500, "aviso": 2000}
DESCRIPTION_LENGTH = 2000
FILE_LENGTH = 64 * 2**20  # what an operator's file may hold, unpacked
FIELDS = ("codigo", "descripcion", "padre", "vigente_desde", "vigente_hasta", "atributos")
GZIP = b"\x1f\x8b"

Concept = tuple[str, ...]  # one text for each of FIELDS; empty: the source does not say


@dataclass(frozen=True)
class Heading:
    """What is told of one version of a vocabulary."""

    nombre: str
    version: str
    titulo: str
    fuente: str
    licencia: str
    vigente_desde: date
    completo: bool
    aviso: str | None = None

    def __post_init__(self) -> None:
        """Misconfigured, as an operator may have written it."""
        if not NAME.fullmatch(self.nombre):
            raise Misconfigured("el nombre lleva hasta 40 letras minúsculas sin tilde, dígitos o guiones")
        if not CODE.fullmatch(self.version):
            raise Misconfigured("la versión lleva hasta 40 letras sin tilde, dígitos, puntos, guiones o «+»")
        for name, length in LENGTHS.items():
            text = getattr(self, name)
            if text is not None and not (text.strip() and text.isprintable() and len(text) <= length):
                raise Misconfigured(f"{name}: debe ser un texto de una línea y de hasta {length} caracteres")


@dataclass(frozen=True)
class Vocabulary:
    """Its rows are read when they are asked for: most runs find it loaded and only compare."""

    heading: Heading
    sha256: str
    size: int
    rows: Callable[[], tuple[Concept, ...]] = field(repr=False)

    @cached_property
    def concepts(self) -> tuple[Concept, ...]:
        return self.rows()

    @property
    def key(self) -> tuple[str, str]:
        return self.heading.nombre, self.heading.version

    def as_csv(self) -> str:
        """The rows of the table, in the order of its columns."""
        text = io.StringIO()
        csv.writer(text).writerows((*self.key, *concept) for concept in self.concepts)
        return text.getvalue()


def carried() -> tuple[Vocabulary, ...]:
    """What this package brings. That its files are whole and as their headings say is for its tests."""
    found = sorted((file for file in files(__package__).iterdir() if file.name.endswith(".json")), key=lambda f: f.name)
    return tuple(_carried(json.loads(file.read_text(encoding="utf-8"))) for file in found)


def _carried(said: Mapping[str, Any]) -> Vocabulary:
    names = Heading.__dataclass_fields__.keys() & said.keys()
    values = {name: said[name] for name in names} | {"vigente_desde": date.fromisoformat(said["vigente_desde"])}
    heading, sha256 = Heading(**values), said["sha256"]
    return Vocabulary(heading, sha256, said["filas"], partial(_rows, heading, sha256))


def _rows(heading: Heading, sha256: str) -> tuple[Concept, ...]:
    found = read(heading, carried_csv(heading.nombre))
    if found.sha256 != sha256:
        raise Misconfigured(f"los datos de {heading.nombre} no son los de este programa: instálelo de nuevo, completo")
    return found.concepts


def carried_csv(nombre: str) -> bytes:
    """The CSV of one of those."""
    return cie10.content() if nombre == "cie10" else (files(__package__) / f"{nombre}.csv").read_bytes()


def read(
    heading: Heading, content: bytes, *, columns: Mapping[str, str] | None = None, separator: str = ","
) -> Vocabulary:
    """A vocabulary from a CSV file in UTF-8 with a line of column names, perhaps packed with gzip.

    `columns` says under which name a file has one of FIELDS. Raises Misconfigured, naming the line.
    """
    rows = csv.DictReader(io.StringIO(_text(content)), delimiter=separator, strict=True)
    try:
        concepts = tuple(_concepts(rows, columns or {}))
    except csv.Error:
        raise Misconfigured(f"línea {rows.reader.line_num}: no es CSV; ¿hay una comilla sin cerrar?") from None
    if not concepts:
        raise Misconfigured("el archivo no trae ningún concepto")
    return Vocabulary(heading, hashlib.sha256(content).hexdigest(), len(concepts), lambda: concepts)


def _text(content: bytes) -> str:
    try:
        if content.startswith(GZIP):
            with gzip.open(io.BytesIO(content)) as packed:
                content = packed.read(FILE_LENGTH + 1)
        if len(content) > FILE_LENGTH:
            raise Misconfigured(f"el archivo pasa de {FILE_LENGTH // 2**20} MiB")
        return content.decode("utf-8-sig")
    except (OSError, EOFError):
        raise Misconfigured("el archivo está cortado o no es gzip") from None
    except UnicodeDecodeError as error:
        raise Misconfigured(f"el archivo no está en UTF-8 (byte {error.start}); guárdelo como «CSV UTF-8»") from None


def _concepts(rows: "csv.DictReader[str]", columns: Mapping[str, str]) -> Iterator[Concept]:
    names = tuple(columns.get(field, field) for field in FIELDS)
    there = set(rows.fieldnames or ())
    needed = (*names[:2], *(columns[field] for field in columns))
    if missing := [name for name in dict.fromkeys(needed) if name not in there]:
        raise Misconfigured(
            f"el archivo no tiene la columna {', '.join(missing)}; dice la primera línea: ¿otro separador?"
        )
    seen: set[str] = set()
    for row in rows:
        concept = tuple((row.get(name) or "").strip() for name in names)
        if fault := _fault(concept, seen):
            raise Misconfigured(f"línea {rows.line_num}: {fault}")
        seen.add(concept[0])
        yield concept


def _fault(concept: Concept, seen: set[str]) -> str | None:
    codigo, descripcion, padre, desde, hasta, atributos = concept
    checks = (
        (CODE.fullmatch(codigo), "el código lleva hasta 40 letras sin tilde, dígitos, puntos, guiones o «+»"),
        (codigo not in seen, "el código está repetido"),
        (descripcion and len(descripcion) <= DESCRIPTION_LENGTH, "falta la descripción o es demasiado larga"),
        ("\0" not in descripcion, "la descripción tiene caracteres no válidos"),
        (not padre or CODE.fullmatch(padre), "el código del padre no tiene forma de código"),
        (_is_date(desde) and _is_date(hasta), "la vigencia debe ser una fecha AAAA-MM-DD"),
        (not (desde and hasta) or desde <= hasta, "la vigencia termina antes de empezar"),
        (_is_object(atributos), "los atributos deben ser un objeto JSON"),
    )
    return next((sentence for passed, sentence in checks if not passed), None)


def _is_date(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_object(text: str) -> bool:
    try:
        return not text or isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
