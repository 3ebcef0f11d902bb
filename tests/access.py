"""People of each role and patients who are theirs or not, for tests on one node and on many. Nobody logs in here."""

import itertools
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from flask import g
from flask.testing import FlaskClient
from historia_clinica.access.people import ANONYMOUS, Persona, Rol
from versioned import CONSENT, MEDICOS, ORDEN, PACIENTES, RECORDS, USUARIOS, if_match

_numbers = itertools.count(time.time_ns() // 1000 % 10**12)
EMERGENCY = {"motivo": "riesgo_vital", "justificacion": "Llega en paro y nadie más puede atenderlo"}
SUBJECTS = ("own", "related", "foreign", "nobody")


def number() -> str:
    return f"A-{next(_numbers)}"


class Door:
    """The API, asked as whoever stands before it; as nobody with a role unless told otherwise."""

    def __init__(self, api: FlaskClient) -> None:
        self.api = api
        self._who = ANONYMOUS
        # before everything else of the application, as whatever reads a token does
        api.application.before_request_funcs.setdefault(None, []).insert(0, self._enter)

    @contextmanager
    def of(self, who: Persona) -> Iterator[FlaskClient]:
        self._who = who
        try:
            yield self.api
        finally:
            self._who = ANONYMOUS

    def _enter(self) -> None:
        g.persona = self._who


@dataclass
class Subject:
    """A patient and the identifiers of one record of each kind, by the resource of its routes."""

    cedula: str
    uuid: UUID | None = None
    ids: dict[str, str] = field(default_factory=dict)

    def id_of(self, recurso: str) -> str:
        return self.ids.get(recurso) or str(uuid.uuid4())


@dataclass
class World:
    """Everybody asks about the same patients: one of each of SUBJECTS."""

    people: dict[Rol, Persona]
    subjects: dict[str, Subject]
    medico_id: int


def made(api: FlaskClient, address: str, body: dict[str, Any]) -> Any:
    answer = api.post(address, json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return answer.get_json()


def physician(api: FlaskClient) -> int:
    return int(made(api, MEDICOS, {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": number()})["id"])


def user(api: FlaskClient) -> str:
    documento = number()
    body = {"documento_id": documento, "nombre": "Inés", "email": f"{documento}@hospital.com"}
    return str(made(api, USUARIOS, body)["documento_id"])


def relate(api: FlaskClient, cedula: str, usuario: str, **more: str) -> Any:
    body = {"usuario_id": usuario, "origen": "admision", **more}
    return made(api, f"{PACIENTES}/{cedula}/relaciones-atencion", body)


def in_a_session(who: Persona) -> Persona:
    """The same person, who has just logged in."""
    return replace(who, sesion=uuid.uuid4())


def break_glass(api: FlaskClient, cedula: str, **more: str) -> Any:
    return made(api, f"{PACIENTES}/{cedula}/acceso-emergencia", EMERGENCY | more)


def person(api: FlaskClient, cedula: str | None = None) -> Subject:
    """A patient of whom nothing else is known."""
    body = {"cedula": cedula or number(), "nombre": "Ana", "apellido": "Peña", "telefono": "300", "ciudad": "Popayán"}
    answer = made(api, PACIENTES, body)
    return Subject(answer["cedula"], UUID(answer["id"]))


def patient(api: FlaskClient, medico_id: int, usuario: str) -> Subject:
    """A patient with a record of each kind, in the name of that physician where it has one."""
    subject = person(api)
    for kind in (*RECORDS, CONSENT):
        path = kind.path.split("/")[2]
        listing = f"{PACIENTES}/{subject.cedula}/{path}"
        first = made(api, listing, kind.first())
        if "medico_id" in first:
            first = made(api, listing, kind.first() | {"medico_id": medico_id})
        subject.ids[path.replace("-", "_")] = first["id"]
    ended = {"desde": "2025-01-01T00:00:00Z", "hasta": "2026-01-01T00:00:00Z"}
    subject.ids["relaciones_atencion"] = relate(api, subject.cedula, usuario, **ended)["id"]
    return subject


def annul_orders(api: FlaskClient, subject: Subject) -> None:
    """What was ordered for the patient no longer is."""
    listing = f"{PACIENTES}/{subject.cedula}/ordenes"
    for row in api.get(listing).get_json()["ordenes"]:
        answer = api.post(f"{listing}/{row['id']}/anulacion", json={"motivo": "m"}, headers=if_match('"1"'))
        assert answer.status_code == 200


def world(api: FlaskClient) -> World:
    medico_id = physician(api)
    past = user(api)
    subjects = {name: patient(api, medico_id, past) for name in SUBJECTS[:3]} | {"nobody": Subject(number())}
    people = {
        rol: Persona(
            user(api),
            rol,
            medico_id=medico_id if rol is Rol.MEDICO else None,
            paciente_id=subjects["own"].cedula if rol is Rol.PACIENTE else None,
            paciente_uuid=subjects["own"].uuid if rol is Rol.PACIENTE else None,
        )
        for rol in Rol
    }
    for who in people.values():
        relate(api, subjects["related"].cedula, who.usuario)
    for name in ("own", "foreign"):
        annul_orders(api, subjects[name])
    return World(people, subjects, medico_id)


def order(api: FlaskClient, cedula: str) -> Any:
    return made(api, f"{PACIENTES}/{cedula}/ordenes", ORDEN)
