"""What the schemas of such records have in common, and those that are made from a noun."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import create_model

from historia_clinica.http.conditional import VersionMeta
from historia_clinica.http.fields import Cedula, Schema
from historia_clinica.records.noun import Noun


class PacienteEnRuta(Schema):
    cedula: Cedula


class RegistroEnRuta(Schema):
    cedula: Cedula
    id: UUID


class Registro(Schema):
    # What every answer has; a row of the table as well.
    id: UUID
    paciente_id: str
    fecha_registro: datetime
    actualizado_en: datetime
    version: int


@dataclass(frozen=True)
class Lists:
    """A page of records, a page of the versions of one, and one of those versions; types that mypy cannot know."""

    page: Any
    history: Any
    version: Any


def lists(noun: Noun, answer: Any) -> Lists:
    version: Any = create_model(f"VersionDe{noun.one}", __base__=VersionMeta, **_fields({noun.member: answer}))
    return Lists(
        page=create_model(
            f"Pagina{noun.many}", __base__=Schema, **_fields({noun.members: list[answer], "siguiente": str | None})
        ),
        history=create_model(
            f"Historial{noun.one}", __base__=Schema, **_fields({"versiones": list[version], "siguiente": str | None})
        ),
        version=version,
    )


def _fields(types: dict[str, Any]) -> dict[str, Any]:
    """All of them required."""
    return {name: (kind, ...) for name, kind in types.items()}


@dataclass(frozen=True)
class Examples:
    """Bodies and answers, for the published document."""

    new: dict[str, Any]
    answer: dict[str, Any]
    change: dict[str, Any]
    changed: dict[str, Any]
    annulment: dict[str, Any]
    annulled: dict[str, Any]


def examples(
    new: Mapping[str, Any], change: Mapping[str, Any], annulled: str, motivo: str, made: Mapping[str, Any] | None = None
) -> Examples:
    """Of a record of a patient: `made` is what an answer has beyond the body. For the others see `examples_of`."""
    answer = {
        "id": "b2f6ac0c-0a53-4f53-9f0c-44b0b4f3b6a1",
        "paciente_id": "0102030405",
        "fecha_registro": "2026-01-31T13:31:07Z",
        "actualizado_en": "2026-01-31T13:31:07Z",
        "version": 1,
        **new,
        **(made or {}),
    }
    return examples_of(new, answer, change, annulled, motivo)


def examples_of(
    new: Mapping[str, Any],
    answer: Mapping[str, Any],
    change: Mapping[str, Any],
    annulled: str,
    motivo: str,
    fixed: str | None = None,
) -> Examples:
    """From a whole body and its answer, what corrects it with its reason, the state and the reason of an annulment, and
    the member that a correction does not send.
    """
    later = {**answer, "actualizado_en": "2026-03-02T15:04:05Z", "version": 2}
    return Examples(
        new=dict(new),
        answer=dict(answer),
        change={name: value for name, value in new.items() if name != fixed} | dict(change),
        changed=later | {name: value for name, value in change.items() if name != "motivo"},
        annulment={"motivo": motivo},
        annulled=later | {"estado": annulled},
    )
