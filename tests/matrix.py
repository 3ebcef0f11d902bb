"""The matrix, walked: each route as each role about one's own, a related, a foreign and no patient."""

import collections
from collections.abc import Callable, Iterator
from typing import Any

from access import EMERGENCY, SUBJECTS, Door, Subject, World, break_glass, in_a_session, number, world
from historia_clinica.access.operations import OF_ACCOUNTS, OPEN, Accion, Operation, operation_of
from historia_clinica.access.people import Rol
from historia_hooks.matrix import Permission, carried
from versioned import CONSENT, RECORDS, RELATION, if_match
from werkzeug.routing import Rule

PERMISSIONS = carried().permissions
BODIES: dict[str, Callable[[], Any]] = {
    "pacientes.create": lambda: {"cedula": number(), "nombre": "Ana", "apellido": "Peña"},
    "pacientes.replace": lambda: {"nombre": "Ana", "apellido": "Peña", "motivo": "m"},
    "pacientes.change_number": lambda: {"cedula": number(), "motivo": "m"},
    "fusiones.merge": lambda: {"duplicado": number(), "motivo": "m"},
    "fusiones.split": lambda: {"duplicado": number(), "motivo": "m"},
    "medicos.create": lambda: {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": number()},
    "medicos.replace": lambda: {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": number(), "motivo": "m"},
    "usuarios.create": lambda: {"documento_id": number(), "nombre": "Inés", "email": f"{number()}@hospital.com"},
    "usuarios.replace": lambda: {"nombre": "Inés", "email": f"{number()}@hospital.com", "motivo": "m"},
    "notas.sign": lambda: None,
    "accesos_emergencia.create": lambda: EMERGENCY,
    "accesos_emergencia.review": lambda: {"dictamen": "justificado"},
}
for _kind in (*RECORDS, RELATION, CONSENT):
    _resource = _kind.path.split("/")[2].replace("-", "_")
    BODIES[f"{_resource}.create"] = _kind.first
    BODIES[f"{_resource}.replace"] = _kind.body
ABOUT_NO_PATIENT = {"cluster.locate"}  # where one is, or would be


def walked_world(door: Door) -> World:
    """With an emergency access of each patient besides."""
    RELATION.created(door.api)  # and with it the user whom its bodies name
    made = world(door.api)
    for name in SUBJECTS[:3]:
        subject = made.subjects[name]
        with door.of(in_a_session(made.people[Rol.MEDICO])) as api:
            subject.ids["accesos_emergencia"] = break_glass(api, subject.cedula)["id"]
    return made


def routes(door: Door) -> list[tuple[Rule, str, Operation]]:
    found = []
    for rule in door.api.application.url_map.iter_rules():
        operation = operation_of(rule.endpoint)
        if rule.endpoint in OPEN or rule.endpoint.partition(".")[0] in OF_ACCOUNTS:
            continue
        assert operation, f"{rule.endpoint}: nobody has said what it does (access/operations.py)"
        found += [(rule, method, operation) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def holds(permission: Permission, subject: str | None) -> bool:
    """As the table says it, in words of its own: not by the function that is under test."""
    if permission.condicion == "siempre":
        return True
    if subject is None:
        return permission.accion == "buscar"
    return subject == ("own" if permission.condicion == "propio" else "related")


def expected(rol: Rol, endpoint: str, method: str, operation: Operation, subject: str | None) -> int:
    wanted = (rol.value, operation.recurso, operation.accion.value)
    rows = [one for one in PERMISSIONS if (one.rol, one.recurso, one.accion) == wanted]
    if not rows:
        return 403
    if not any(holds(one, subject) for one in rows):
        return 403 if subject is None else 404
    if subject == "nobody" and endpoint not in ABOUT_NO_PATIENT:
        return 404
    if method == "GET" or operation.accion in (Accion.VERIFICAR, Accion.REVISAR):
        return 200
    return 201 if operation.accion is Accion.CREAR else 412


def hidden(rol: Rol, recurso: str, accion: str) -> set[str]:
    rows = [one for one in PERMISSIONS if (one.rol, one.recurso, one.accion) == (rol.value, recurso, accion)]
    return set(rows[0].campos_ocultos) if rows else set()


def names(body: Any) -> set[str]:
    """Of all members, however deep."""
    if isinstance(body, list):
        return set().union(*map(names, body))
    if isinstance(body, dict):
        return set(body).union(*map(names, body.values()))
    return set()


def ask(door: Door, rule: Rule, method: str, seeded: World, subject: Subject | None) -> Any:
    resource = rule.endpoint.partition(".")[0]
    known = {
        "cedula": subject.cedula if subject else None,
        "id": (subject.id_of(resource) if subject else seeded.medico_id),
        "documento_id": seeded.people[Rol.PACIENTE].usuario,
        "nombre": "finalidades",
        "codigo": "11",
    }
    with door.api.application.test_request_context():
        address = door.api.application.url_map.bind("localhost").build(
            rule.endpoint, {name: known[name] for name in rule.arguments}, method=method
        )
    of_somebody = {"paciente": seeded.subjects["related"].cedula}
    if method == "GET":
        return door.api.get(address, query_string=of_somebody if rule.endpoint == "auditoria.index" else None)
    if rule.endpoint == "auditoria.verify":
        return door.api.post(address, json=of_somebody)
    body = BODIES.get(rule.endpoint, lambda: {"motivo": "m"})()
    return door.api.open(address, method=method, json=body, headers=if_match('"99"'))


def cells(door: Door) -> Iterator[tuple[Rule, str, Operation, str | None]]:
    for rule, method, operation in routes(door):
        for subject in SUBJECTS if "cedula" in rule.arguments else (None,):
            yield rule, method, operation, subject


def walk(door: Door, seeded: World, rol: Rol) -> tuple[list[Any], collections.Counter[int]]:
    """The cells of a role that are not as the table says, and how many answers there were with each status."""
    wrong, counted = [], collections.Counter[int]()
    for rule, method, operation, name in cells(door):
        wanted = expected(rol, rule.endpoint, method, operation, name)
        with door.of(in_a_session(seeded.people[rol])):  # each in one of its own: what one opens, no other sees
            answer = ask(door, rule, method, seeded, seeded.subjects[name] if name else None)
        counted[answer.status_code] += 1
        concealed = set() if operation.recurso == "historia" else hidden(rol, operation.recurso, operation.accion)
        shown = concealed & names(answer.get_json() if answer.is_json and answer.status_code < 300 else None)
        if answer.status_code != wanted or shown:
            wrong.append((rule.endpoint, method, name, wanted, answer.status_code, shown))
    return wrong, counted
