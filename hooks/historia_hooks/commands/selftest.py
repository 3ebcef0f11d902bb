"""Tries the system from end to end, through the API and beside it in SQL, and removes what it wrote.

It prints one line for each finding and must not change anything but its own invented patients, and the account of a
program with which it asks: an API that lets in only who has one is tried like any other.
"""

import json
import secrets
import string
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

import click
from psycopg2 import sql

from historia_hooks.accounts import Program, remove, temporary_program
from historia_hooks.addresses import Address
from historia_hooks.apply import Transaction
from historia_hooks.connections import Nodes
from historia_hooks.state import has_extension, query

PATIENTS = 12
ATTEMPTS = 20  # a choice of patients that all hash to one node is rare; so many in a row never happen
ALPHABET = string.ascii_uppercase + string.digits

PLACES = """
SELECT p.cedula, t.relation, s.nodename, s.nodeport, d.shardminvalue, shard_name(d.logicalrelid, d.shardid)
  FROM unnest(%(cedulas)s) AS p (cedula)
 CROSS JOIN (VALUES ('pacientes'), ('consultas')) AS t (relation)
  JOIN pg_dist_shard d
    ON d.shardid = get_shard_id_for_distribution_column(('public.' || t.relation)::regclass, p.cedula)
  JOIN citus_shards s ON s.shardid = d.shardid
"""
ON_THE_NODE = "SELECT count(*) FROM {} WHERE {} = %(cedula)s"
KEYS = {"pacientes": "cedula", "consultas": "paciente_id"}
BESIDE = """
SELECT count(*) FROM public.consultas c JOIN public.pacientes p ON p.cedula = c.paciente_id
 WHERE p.cedula = %(cedula)s AND c.paciente_id = %(cedula)s AND c.id = %(consulta)s
"""
DISTRIBUTED = "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = to_regclass('public.pacientes')"
ABANDONED = """
SELECT coalesce(array_agg(cedula), '{}') FROM public.pacientes
 WHERE cedula ~ '^PRUEBA-[0-9A-Z]{4}-[0-9]{2}$' AND apellido ~ '^De Prueba [0-9]+$'
   AND fecha_registro < now() - interval '1 hour'
"""
ABANDONED_ACCOUNTS = """
SELECT documento_id FROM public.cuentas
 WHERE documento_id ~ '^PRUEBA-[0-9A-Z]{8}$' AND creada_en < now() - interval '1 hour'
"""
NAME = "Prueba de la instalación"
SCOPES = ["pacientes:crear", "consultas:crear", "consultas:leer"]
CLEAN = (
    "DELETE FROM public.consultas WHERE paciente_id = ANY (%(cedulas)s)",
    "DELETE FROM public.pacientes WHERE cedula = ANY (%(cedulas)s)",
)


class Fault(Exception):  # noqa: N818 - one finding; the others still run
    """What is wrong, in a sentence."""


@dataclass(frozen=True)
class Place:
    node: Address
    first_hash: str  # of its shard: the same for shards that lie beside each other
    table: str  # the shard's own table on that node


Places = dict[tuple[str, str], Place]  # by cédula and table


class Api:
    """The API as any client sees it."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise click.BadParameter("la dirección de la API empieza por http:// o https://")
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}

    def log_in(self, program: Program) -> None:
        """From then on as that program."""
        given = self.call("POST", "/api/v1/sesiones", {"documento_id": program.documento, "clave": program.secret})
        self._headers["Authorization"] = f"Bearer {given['access_token']}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers=self._headers,
        )
        try:
            with self._opener.open(request, timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Fault(f"{method} {path} responde {error.code}") from None
        except (OSError, ValueError) as error:
            raise Fault(f"{method} {path} no responde como debe ({type(error).__name__})") from None


class Report:
    """Prints findings and remembers whether one was bad."""

    def __init__(self) -> None:
        self.passed = True

    def good(self, text: str) -> None:
        click.echo(f"bien: {text}")

    def bad(self, text: str) -> None:
        self.passed = False
        click.echo(f"falla: {text}")


def selftest(nodes: Nodes, url: str) -> bool:
    """Whether every check passed."""
    api, report = Api(url), Report()
    for check in (_check_workers, _check_patients):
        try:
            check(nodes, api, report)
        except Fault as fault:
            report.bad(str(fault))
    return report.passed


def _check_workers(nodes: Nodes, api: Api, report: Report) -> None:
    answered = {f"{name}:{port}" for name, port in api.call("GET", "/citus/workers")["workers"]}
    wanted = {str(worker) for worker in nodes.settings.workers}
    if missing := wanted - answered:
        raise Fault(f"la API no conoce estos workers: {', '.join(sorted(missing))}")
    report.good(f"la API conoce los {len(wanted)} workers pedidos")
    if more := answered - wanted:
        click.echo(f"aviso: también sirven workers que no se piden: {', '.join(sorted(more))}")


def _check_patients(nodes: Nodes, api: Api, report: Report) -> None:
    distributed = _is_distributed(nodes)
    if nodes.settings.workers and not distributed:
        raise Fault("se piden workers, pero la tabla pacientes no está repartida")
    _clean(nodes, query(nodes.coordinator, ABANDONED)[0][0])  # of a test that was killed
    for (documento,) in query(nodes.coordinator, ABANDONED_ACCOUNTS):
        remove(nodes, documento)
    with temporary_program(nodes, f"PRUEBA-{_letters(8)}", NAME, SCOPES) as program:
        api.log_in(program)
        report.good("entra un programa con una cuenta que solo dura esta prueba")
        _try_patients(nodes, api, report, distributed=distributed)
    report.good("los pacientes y la cuenta de prueba se borraron")


def _try_patients(nodes: Nodes, api: Api, report: Report, *, distributed: bool) -> None:
    cedulas = _choose(nodes) if distributed else _cedulas()
    try:
        consultas = {cedula: _write(api, number, cedula) for number, cedula in enumerate(cedulas, 1)}
        report.good(f"{len(cedulas)} pacientes con una consulta cada uno, escritos por la API")
        if distributed:
            _check_places(nodes, cedulas, report)
        _check_beside(nodes, api, consultas)
        report.good("cada consulta está junto a su paciente, en SQL y por la API")
    finally:
        _clean(nodes, cedulas)


def _is_distributed(nodes: Nodes) -> bool:
    return has_extension(nodes.coordinator) and query(nodes.coordinator, DISTRIBUTED) == [(1,)]


def _cedulas() -> list[str]:
    prefix = _letters(4)
    return [f"PRUEBA-{prefix}-{number:02}" for number in range(1, PATIENTS + 1)]


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _choose(nodes: Nodes) -> list[str]:
    """Patients that belong on more than one node, where there is more than one: a dozen may hash to one by chance."""
    for _ in range(ATTEMPTS):
        cedulas = _cedulas()
        if len({place.node for place in _places(nodes, cedulas).values()}) > 1:
            break
    return cedulas


def _places(nodes: Nodes, cedulas: list[str]) -> Places:
    rows = query(nodes.coordinator, PLACES, cedulas=cedulas)
    return {(cedula, relation): Place(Address(name, port), *rest) for cedula, relation, name, port, *rest in rows}


def _write(api: Api, number: int, cedula: str) -> str:
    patient = {"cedula": cedula, "nombre": "Paciente", "apellido": f"De Prueba {number}"}
    api.call("POST", "/api/v1/pacientes", patient)
    path = f"/api/v1/pacientes/{urllib.parse.quote(cedula)}/consultas"
    return str(api.call("POST", path, {"diagnostico": "prueba de la instalación"})["id"])


def _check_places(nodes: Nodes, cedulas: list[str], report: Report) -> None:
    """The catalogue says where each row lives; the shard's own table on that node must hold it."""
    places = _places(nodes, cedulas)
    used = sorted({str(place.node) for place in places.values()})
    if len(used) < 2 and len(nodes.settings.workers) > 1:
        raise Fault(f"todos los pacientes están en un solo nodo: {', '.join(used)}")
    for (cedula, relation), place in places.items():
        statement = sql.SQL(ON_THE_NODE).format(sql.Identifier("public", place.table), sql.Identifier(KEYS[relation]))
        if query(nodes.node(place.node), statement, cedula=cedula) != [(1,)]:
            raise Fault(f"la fila de {cedula} en {relation} no está en {place.node}")
    report.good(f"los pacientes viven en: {', '.join(used)}")
    for cedula in cedulas:
        patient, consulta = places[cedula, "pacientes"], places[cedula, "consultas"]
        if (patient.node, patient.first_hash) != (consulta.node, consulta.first_hash):
            raise Fault(f"la consulta de {cedula} no está en el nodo de su paciente")


def _check_beside(nodes: Nodes, api: Api, consultas: dict[str, str]) -> None:
    for cedula, consulta in consultas.items():
        if query(nodes.coordinator, BESIDE, cedula=cedula, consulta=consulta) != [(1,)]:
            raise Fault(f"en SQL no se encuentra la consulta de {cedula} junto a su paciente")
    cedula, consulta = next(iter(consultas.items()))
    found = api.call("GET", f"/api/v1/pacientes/{urllib.parse.quote(cedula)}/consultas")["consultas"]
    if consulta not in {str(one["id"]) for one in found}:
        raise Fault(f"la API no muestra la consulta de {cedula}")


def _clean(nodes: Nodes, cedulas: list[str]) -> None:
    with Transaction(nodes.coordinator), nodes.coordinator.cursor() as cursor:
        for statement in CLEAN:
            cursor.execute(statement, {"cedulas": cedulas})
