"""Requests that could tell a patient whom one may not see from one who does not exist."""

import json
from collections.abc import Iterator
from typing import Any

from access import Subject, World, annul_orders, number, patient, user
from flask.testing import FlaskClient
from versioned import PACIENTES, RECORDS, if_match, key

OF_EACH_REQUEST = {"X-Request-ID", "Date"}
BODIES: dict[str, Any] = {kind.path.split("/")[2]: (kind.first(), kind.body()) for kind in RECORDS}

CONDITIONS: list[dict[str, Any]] = [
    {},
    {"headers": if_match('"1"')},
    {"headers": if_match('"99"') | key()},
    {"headers": {"If-None-Match": '"1"'}},
    {"query_string": {"version": "1"}},
    {"query_string": {"limite": "0"}},
    {"query_string": {"cursor": "x"}},
    {"query_string": "version=1&version=2"},
]
PROBED = ("consultas", "notas", "ordenes", "documentos")  # the others' routes are made by the same function


def requests(subject: Subject) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Of every kind that could tell one patient from another: by version, key, body, reference or cursor."""
    base = f"{PACIENTES}/{subject.cedula}"
    lists = [base, f"{base}/historia", f"{base}/historial", f"{base}/relaciones-atencion", f"{base}/fusiones"]
    glass = f"{base}/acceso-emergencia"
    lists += [glass, f"{glass}/{subject.id_of('accesos_emergencia')}"]
    for path in PROBED:
        there = f"{base}/{path}/{subject.id_of(path)}"
        lists += [f"{base}/{path}", there, f"{there}/historial"]
        first, change = BODIES[path]
        for sent in ({"json": first}, {"json": {"nada": 1}}, {"data": "{", "content_type": "application/json"}):
            yield from (("POST", f"{base}/{path}", one | sent) for one in CONDITIONS[:4])
        yield from (("PUT", there, one | {"json": change}) for one in CONDITIONS[:3])
        yield from (("POST", f"{there}/anulacion", one | {"json": {"motivo": "m"}}) for one in CONDITIONS[:3])
    yield from (("GET", address, one) for address in lists for one in CONDITIONS)
    yield from (("POST", f"{base}/notas/{subject.id_of('notas')}/firma", one) for one in CONDITIONS[:3])
    yield "GET", f"{base}/documentos/{subject.id_of('documentos')}/contenido", {}


def told(answer: Any) -> tuple[Any, ...]:
    """All that the sender learns from it."""
    headers = [(name, value) for name, value in answer.headers if name not in OF_EACH_REQUEST]
    body = json.loads(answer.data)
    assert len(body.pop("instance")) > 0
    return answer.status_code, headers, body


def out_of_sight(api: FlaskClient, seeded: World) -> dict[str, Subject]:
    """Patients whom nobody of this world attends, each there in another way; and one who is not there."""
    annulled, moved, survivor, duplicate = (patient(api, seeded.medico_id, user(api)) for _ in range(4))
    for subject in (annulled, moved, survivor, duplicate):
        annul_orders(api, subject)
    body = {"motivo": "m"}
    assert api.post(f"{PACIENTES}/{annulled.cedula}/anulacion", json=body, headers=if_match('"1"')).status_code == 200
    for path, sent, of in (
        ("cambio-documento", {"cedula": number()}, moved),
        ("fusion", {"duplicado": duplicate.cedula}, survivor),
    ):
        answer = api.post(f"{PACIENTES}/{of.cedula}/{path}", json=body | sent, headers=if_match('"1"'))
        assert answer.status_code == 200
    return {
        "foreign": seeded.subjects["foreign"],
        "annulled": annulled,
        "moved": moved,
        "merged": duplicate,
        "nobody": seeded.subjects["nobody"],
    }
