"""Patients to be merged, with records of every kind, and all that is stored of one; for one node and for many."""

import contextlib
import itertools
import time
from typing import Any

from flask.testing import FlaskClient
from historia_local.nodes import Cluster
from versioned import CONSENT, DIAGNOSTICO, ORDEN, RECORDS, RELATION, RESULTADO, if_match

PACIENTES, MEDICOS = "/api/v1/pacientes", "/api/v1/medicos"
PARTS = "SELECT name, key FROM partes_de_paciente()"
# Written by a merge itself, and by its undoing.
OWN_ROW = ("public.pacientes", "public.pacientes_historial", "public.fusiones")
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)
Stored = dict[str, list[dict[str, Any]]]


def number() -> str:
    return f"F-{next(_numbers)}"


def person(api: FlaskClient, cedula: str | None = None) -> str:
    """The number of a patient of whom nothing else is known."""
    body = {"cedula": cedula or number(), "nombre": "Ana", "apellido": f"Peña {next(_numbers)}"}
    assert api.post(PACIENTES, json=body).status_code == 201
    return body["cedula"]


def patient(api: FlaskClient, cedula: str | None = None) -> str:
    """The number of one with a corrected record of each kind, records that name others, a signed note, one annulled."""
    cedula = person(api, cedula)
    names = {"nombre": "Ana María", "apellido": "Peña", "motivo": "m"}
    correct(api, f"{PACIENTES}/{cedula}", names)
    RELATION.request(api)  # and with it the user whom its bodies name
    for kind in (*RECORDS, RELATION, CONSENT):
        made = add(api, cedula, kind.path.split("/")[2], **kind.first())
        correct(api, f"/api/v1/{kind.path.format(cedula=cedula, id=made['id'])}", kind.body())
    body = {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": f"F{next(_numbers)}"}
    medico = api.post(MEDICOS, json=body).get_json()["id"]
    consulta = add(api, cedula, "consultas", diagnostico="Control", medico_id=medico)["id"]
    add(api, cedula, "diagnosticos", **DIAGNOSTICO, consulta_id=consulta)
    orden = add(api, cedula, "ordenes", **ORDEN, consulta_id=consulta)["id"]
    add(api, cedula, "resultados", **RESULTADO, orden_id=orden)
    nota = add(api, cedula, "notas", tipo="evolucion", texto="Estable", medico_id=medico, consulta_id=consulta)["id"]
    assert api.post(f"{PACIENTES}/{cedula}/notas/{nota}/firma", headers=if_match('"1"')).status_code == 200
    add(api, cedula, "notas", tipo="adenda", texto="Sin fiebre", adenda_de=nota)
    gone = add(api, cedula, "alergias", afirmacion="sin_informacion")["id"]
    address = f"{PACIENTES}/{cedula}/alergias/{gone}/anulacion"
    assert api.post(address, json={"motivo": "m"}, headers=if_match('"1"')).status_code == 200
    return cedula


def add(api: FlaskClient, cedula: str, path: str, **body: Any) -> Any:
    made = api.post(f"{PACIENTES}/{cedula}/{path}", json=body)
    assert made.status_code == 201, made.get_data(as_text=True)
    return made.get_json()


def correct(api: FlaskClient, address: str, body: dict[str, Any], version: int = 1) -> Any:
    changed = api.put(address, json=body, headers=if_match(f'"{version}"'))
    assert changed.status_code == 200, changed.get_data(as_text=True)
    return changed.get_json()


def merge(api: FlaskClient, cedula: str, duplicado: str, version: int | None = None, **headers: str) -> Any:
    body = {"duplicado": duplicado, "motivo": "Se registró dos veces"}
    return api.post(f"{PACIENTES}/{cedula}/fusion", json=body, headers=known(api, cedula, version) | headers)


def split(api: FlaskClient, cedula: str, duplicado: str, version: int | None = None, **headers: str) -> Any:
    body = {"duplicado": duplicado, "motivo": "Eran dos personas"}
    return api.post(f"{PACIENTES}/{cedula}/separacion", json=body, headers=known(api, cedula, version) | headers)


def known(api: FlaskClient, cedula: str, version: int | None = None) -> dict[str, str]:
    """Of that version of the patient, or of the one that there is."""
    return if_match(f'"{version}"' if version else api.get(f"{PACIENTES}/{cedula}").headers.get("ETag", '"1"'))


def stored(cluster: Cluster, cedula: str) -> Stored:
    """All rows of that number, of every table, without the number."""
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(PARTS)
        found = {}
        for name, key in cursor.fetchall():
            cursor.execute(
                f"SELECT to_jsonb(one) - '{key}' - 'paciente_cedula' FROM {name} one WHERE {key} = %s", (cedula,)
            )
            found[name] = sorted((kept for (kept,) in cursor.fetchall()), key=_order)
        return found


def records(kept: Stored) -> Stored:
    """Without the rows that a merge and its undoing write themselves."""
    return {name: rows for name, rows in kept.items() if name not in OWN_ROW}


def together(*kept: Stored) -> Stored:
    """All of them in the order of `stored`."""
    return {name: sorted((row for each in kept for row in each[name]), key=_order) for name in kept[0]}


def _order(row: dict[str, Any]) -> str:
    return f"{row['id']} {row.get('version')}"


def as_before(now: Stored, before: Stored, versions: int) -> None:
    """Every row is as it was, byte for byte; the patient's own has so many versions more and says the same."""
    assert records(now) == records(before)
    [row], [former] = now["public.pacientes"], before["public.pacientes"]
    written = ("version", "actualizado_en", "cambiado_por", "motivo", "peticion", "clave", "huella")
    assert row == former | {name: row[name] for name in written}
    assert row["version"] == former["version"] + versions
    history = now["public.pacientes_historial"]
    assert len(history) == len(before["public.pacientes_historial"]) + versions
    assert all(one in history for one in before["public.pacientes_historial"])
