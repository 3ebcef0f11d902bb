"""Each request leaves one row, with what it did or without anything done."""

import concurrent.futures
import itertools
import re
import time
from collections.abc import Iterator
from typing import Any

import psycopg2.errors
import pytest
from audited import chain, kept, query
from flask.testing import FlaskClient
from historia_clinica import create_app
from historia_clinica.access.operations import OF_ACCOUNTS, UNAUDITED, audited_operation, operation_of
from historia_clinica.db import Statement, Transaction
from historia_clinica.resources.auditoria import repository as auditoria
from historia_clinica.settings import Settings
from row_contexts import as_the_api
from versioned import KINDS, MEDICOS, PACIENTES, Kind, if_match, key_of, new_patient

AUDITORIA = "/api/v1/auditoria"
NOTA = {"tipo": "evolucion", "texto": "Estable", "medico_id": None}
UNKNOWN = re.compile(r"~[0-9a-f]{32}")
APPENDED = (
    "SELECT anotar_auditoria(%(one)s, false, true, 'api', NULL, 'leer', 'consultas', NULL, NULL, NULL, 'exito', NULL,"
    " NULL, 'peticion', NULL, NULL, NULL)"
)
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)
# The parameters of lists that hold what is searched for, and something to search.
SEARCH = "?nombre=Maradona&documento=101&limite=5"


def endpoints(api: FlaskClient) -> set[str]:
    return {rule.endpoint for rule in api.application.url_map.iter_rules()}


def number() -> str:
    return f"Q-{next(_numbers)}"


def test_each_route_is_audited_or_said_not_to_be(api: FlaskClient) -> None:
    named = endpoints(api)
    assert {one for one in named if one not in UNAUDITED and operation_of(one) is None} == set()
    assert named >= UNAUDITED - {"static"}


Sent = tuple[str, str, dict[str, Any]]  # method, address, what else is sent


def _of_a_kind(api: FlaskClient, kind: Kind) -> Iterator[tuple[str, Sent, dict[str, Any]]]:
    """Each of its routes: the endpoint's view, a request, and what the row says of the record."""
    address, body = kind.request(api)
    yield "create", ("POST", address, {"json": body}), {"version": 1}
    made = kind.created(api)
    row, place = made.get_json(), made.headers["Location"]
    named = {"recurso_id": None if kind.name == "paciente" else place.split("/")[-1]}
    above = place.rsplit("/", 1)[0]
    yield "index", ("GET", f"{above}?limite=1&anulados=true", {}), {"consulta": "anulados,limite"}
    yield "get", ("GET", place, {}), named | {"version": 1}
    yield "history", ("GET", f"{place}/historial", {}), named
    change = {"json": kind.body(), "headers": if_match('"1"')}
    yield "replace", ("PUT", place, change), named | {"version": 2}
    if kind.name == "nota":
        yield from _signature(api, row["paciente_id"])
    if kind.name == "documento":
        yield "content", ("GET", f"{place}/contenido", {}), named
    if kind.name == "consentimiento":
        other = kind.created(api).headers["Location"]
        revocation = {"json": {"motivo": "m"}, "headers": if_match('"1"')}
        yield "revoke", ("POST", f"{other}/revocacion", revocation), {"recurso_id": other.split("/")[-1], "version": 2}
    annulment = {"json": {"motivo": "m"}, "headers": if_match('"2"')}
    yield "annul", ("POST", f"{place}/anulacion", annulment), named | {"version": 3}
    assert key_of(row)


def _signature(api: FlaskClient, cedula: str) -> Iterator[tuple[str, Sent, dict[str, Any]]]:
    body = {"nombre": "Luz", "apellido": "Gómez", "codigo_medico": f"Q{next(_numbers)}"}
    medico = api.post(MEDICOS, json=body).get_json()["id"]
    made = api.post(f"{PACIENTES}/{cedula}/notas", json=NOTA | {"medico_id": medico}).headers["Location"]
    named = {"recurso_id": made.split("/")[-1], "version": 2}
    yield "sign", ("POST", f"{made}/firma", {"headers": if_match('"1"')}), named


def _of_a_patient(api: FlaskClient) -> Iterator[tuple[str, Sent, dict[str, Any]]]:
    one, two = new_patient(api), new_patient(api)
    duplicado = two.split("/")[-1]
    yield "historia.read", ("GET", f"{one}/historia", {}), {}
    yield "fusiones.index", ("GET", f"{one}/fusiones", {}), {}
    yield "accesos.list_accesses", ("GET", f"{one}/accesos?limite=3", {}), {"consulta": "limite"}
    yield "auditoria.index", ("GET", f"{AUDITORIA}?paciente={duplicado}", {}), {"consulta": "paciente"}
    yield "auditoria.verify", ("POST", f"{AUDITORIA}/verificar", {"json": {"paciente": duplicado}}), {}
    both = {"duplicado": duplicado, "motivo": "m"}
    tied = {"version": 2, "vinculo": "recibe", "vinculado": duplicado}
    yield "fusiones.merge", ("POST", f"{one}/fusion", {"json": both, "headers": if_match('"1"')}), tied
    tied = {"version": 3, "vinculo": "devuelve", "vinculado": duplicado}
    yield "fusiones.split", ("POST", f"{one}/separacion", {"json": both, "headers": if_match('"2"')}), tied
    nueva = number()
    change = {"json": {"cedula": nueva, "motivo": "m"}, "headers": if_match('"3"')}
    tied = {"version": 4, "vinculo": "pasa_a", "vinculado": nueva}
    yield "pacientes.change_number", ("POST", f"{one}/cambio-documento", change), tied


def requests(api: FlaskClient) -> Iterator[tuple[str, Sent, dict[str, Any]]]:
    for kind in KINDS:
        for view, sent, said in _of_a_kind(api, kind):
            matched = api.application.url_map.bind("").match(sent[1].split("?")[0], method=sent[0])
            assert matched[0].endswith(f".{view}")
            yield matched[0], sent, said
    yield from _of_a_patient(api)


def test_each_route_called_once_leaves_one_row(api: FlaskClient, postgres_system: Any) -> None:
    """Two where two patients are concerned: one in the chain of each."""
    called = set()
    for endpoint, (method, address, sent), said in requests(api):
        answer = api.open(address, method=method, **sent, environ_overrides={"HTTP_USER_AGENT": "prueba/1 «ñ»"})
        assert answer.status_code < 300, (endpoint, answer.get_data(as_text=True))
        operation = audited_operation(endpoint)
        assert operation is not None
        rows = kept(postgres_system, answer)
        assert len(rows) == (2 if "vinculo" in said else 1), endpoint
        [row] = [one for one in rows if "vinculo" not in said or one["vinculo"] == said["vinculo"]]
        wanted = dict.fromkeys(["recurso_id", "version", "consulta", "vinculo", "vinculado", "rol"]) | {
            "usuario_id": "api",
            "accion": operation.accion,
            "recurso": operation.recurso,
            "resultado": "exito",
            "ip": "127.0.0.1",
            "peticion_id": answer.headers["X-Request-ID"],
        }
        wanted |= said
        if operation.accion == "crear" and operation.recurso != "pacientes":
            wanted["recurso_id"] = str(answer.get_json().get("documento_id") or answer.get_json()["id"])
        assert {name: row[name] for name in wanted} == wanted, endpoint
        assert row["agente"].startswith("prueba/1")
        whose = re.match(rf"{PACIENTES}/([^/?]+)", address)
        if whose:
            assert row["paciente_id"] == whose[1]
        elif operation.recurso in ("medicos", "usuarios") or operation.accion == "buscar":
            assert re.fullmatch(r"a:\d+", row["paciente_id"])
        called.add(endpoint)
    by_tokens = {one for one in endpoints(api) if one.partition(".")[0] in OF_ACCOUNTS}  # test_api_accounts_audit.py
    in_emergencies = {one for one in endpoints(api) if one.startswith("accesos_emergencia.")}  # test_api_emergency.py
    assert called == {one for one in endpoints(api) if audited_operation(one)} - by_tokens - in_emergencies


@pytest.mark.parametrize("address", ["/", "/livez", "/api/v1/vocabularios", "/api/v1/cluster/ubicacion/CC-1"])
def test_what_is_about_nobody_leaves_none(api: FlaskClient, postgres_system: Any, address: str) -> None:
    assert kept(postgres_system, api.get(address)) == []


def test_what_is_searched_for_is_not_kept(api: FlaskClient, postgres_system: Any) -> None:
    answer = api.get(PACIENTES + SEARCH)
    [row] = kept(postgres_system, answer)
    assert (row["accion"], row["consulta"]) == ("buscar", "documento,limite,nombre")
    assert "Maradona" not in str(row)
    refused = api.get(f"{PACIENTES}?Maradona=1")
    assert refused.status_code == 422
    [row] = kept(postgres_system, refused)
    assert (row["resultado"], row["consulta"]) == ("rechazado", None)


def test_no_text_of_a_record_is_kept(api: FlaskClient, postgres_system: Any) -> None:
    address = new_patient(api)
    answer = api.post(f"{address}/notas", json=NOTA | {"texto": "Palabra clínica inconfundible"})
    assert "inconfundible" not in str(kept(postgres_system, answer))


REFUSED = [
    ("GET", "{patient}/consultas/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de", {}, 404, "no_encontrado"),
    ("GET", "{patient}/consultas/no-es-un-uuid", {}, 422, "rechazado"),
    ("POST", "{patient}/diagnosticos", {"json": {}}, 422, "rechazado"),
    ("POST", "{patient}/consultas", {"data": "{"}, 415, "rechazado"),
    ("PUT", "{patient}", {"json": {"nombre": "A", "apellido": "B", "motivo": "m"}}, 428, "rechazado"),
    ("POST", "{patient}/anulacion", {"json": {"motivo": "m"}, "headers": if_match('"7"')}, 412, "rechazado"),
    ("GET", "{patient}", {"headers": if_match('"7"')}, 412, "rechazado"),
    ("GET", "{patient}", {"headers": {"If-None-Match": '"1"'}}, 304, "exito"),
    (
        "POST",
        "{patient}/consultas",
        {"json": {"diagnostico": "d", "medico_id": 2**40}},
        422,
        "rechazado",
    ),
]


@pytest.mark.parametrize(("method", "address", "sent", "status", "result"), REFUSED)
def test_what_is_refused_is_kept_with_its_patient(
    api: FlaskClient, postgres_system: Any, method: str, address: str, sent: Any, status: int, result: str
) -> None:
    patient = new_patient(api)
    answer = api.open(address.format(patient=patient), method=method, **sent)
    assert answer.status_code == status
    [row] = kept(postgres_system, answer)
    assert (row["paciente_id"], row["resultado"]) == (patient.split("/")[-1], result)


def test_who_is_registered_already_was_asked_for(api: FlaskClient, postgres_system: Any) -> None:
    cedula = new_patient(api).split("/")[-1]
    answer = api.post(PACIENTES, json={"cedula": cedula, "nombre": "A", "apellido": "B"})
    assert answer.status_code == 409
    [row] = kept(postgres_system, answer)
    assert (row["paciente_id"], row["accion"], row["resultado"]) == (cedula, "crear", "rechazado")


def test_numbers_that_nobody_has_make_no_chains(api: FlaskClient, postgres_system: Any) -> None:
    unknown = number()
    for _ in range(2):
        answer = api.get(f"{PACIENTES}/{unknown}/historia")
        assert answer.status_code == 404
        [row] = kept(postgres_system, answer)
        assert re.fullmatch(r"a:\d+", row["paciente_id"])
        assert UNKNOWN.fullmatch(row["recurso_id"])
        assert row["resultado"] == "no_encontrado"
    assert query(postgres_system, "SELECT seq FROM auditoria_cabeza WHERE paciente_id = %(one)s", one=unknown) == []


def test_who_comes_by_a_former_number_is_kept_there(api: FlaskClient, postgres_system: Any) -> None:
    former, nueva = new_patient(api), number()
    change = {"json": {"cedula": nueva, "motivo": "m"}, "headers": if_match('"1"')}
    rows = kept(postgres_system, api.post(f"{former}/cambio-documento", **change))
    cedula = former.split("/")[-1]
    assert {(row["paciente_id"], row["vinculo"], row["vinculado"]) for row in rows} == {
        (cedula, "pasa_a", nueva),
        (nueva, "viene_de", cedula),
    }
    led = api.get(f"{former}/consultas")
    assert led.status_code == 308
    [row] = kept(postgres_system, led)
    assert (row["paciente_id"], row["resultado"]) == (cedula, "llevado")


def test_a_change_that_is_not_made_ties_nothing(api: FlaskClient, postgres_system: Any) -> None:
    one, two = new_patient(api), new_patient(api)
    body = {"duplicado": two.split("/")[-1], "motivo": "m"}
    answer = api.post(f"{one}/fusion", json=body, headers=if_match('"9"'))
    assert answer.status_code == 412
    [row] = kept(postgres_system, answer)
    assert (row["paciente_id"], row["resultado"], row["vinculo"]) == (one.split("/")[-1], "rechazado", None)


def test_a_repetition_is_a_row_of_its_own(api: FlaskClient, postgres_system: Any) -> None:
    address = f"{new_patient(api)}/consultas"
    answers = [api.post(address, json={"diagnostico": "d"}, headers={"Idempotency-Key": "una"}) for _ in range(3)]
    assert {answer.get_json()["id"] for answer in answers} == {answers[0].get_json()["id"]}
    assert [len(kept(postgres_system, answer)) for answer in answers] == [1, 1, 1]


@pytest.fixture
def without_audit(postgres_system: Any) -> Iterator[None]:
    """No row can be added to the audit."""
    query(postgres_system, "ALTER TABLE auditoria ADD CONSTRAINT ninguna CHECK (false) NOT VALID")
    query(postgres_system, "ALTER TABLE auditoria_sistema ADD CONSTRAINT ninguna CHECK (false) NOT VALID")
    yield
    query(postgres_system, "ALTER TABLE auditoria DROP CONSTRAINT ninguna")
    query(postgres_system, "ALTER TABLE auditoria_sistema DROP CONSTRAINT ninguna")


def test_what_cannot_be_audited_is_not_done(api: FlaskClient, postgres_system: Any, request: Any) -> None:
    patient = new_patient(api)
    consulta = api.post(f"{patient}/consultas", json={"diagnostico": "d"}).headers["Location"]
    request.getfixturevalue("without_audit")
    change = {"json": {"cedula": number(), "motivo": "m"}, "headers": if_match('"1"')}
    body = {"diagnostico": "otro", "fecha_consulta": "2026-01-31T13:30:00Z", "estado": "cerrada", "motivo": "m"}
    for method, address, sent in [
        ("POST", f"{patient}/consultas", {"json": {"diagnostico": "d"}}),
        ("PUT", consulta, {"json": body, "headers": if_match('"1"')}),
        ("POST", f"{patient}/cambio-documento", change),
        ("POST", PACIENTES, {"json": {"cedula": number(), "nombre": "A", "apellido": "B"}}),
        ("POST", MEDICOS, {"json": {"nombre": "A", "apellido": "B", "codigo_medico": number()}}),
        ("GET", patient, {}),
        ("GET", PACIENTES, {}),
        ("GET", f"{patient}/consultas/no", {}),
    ]:
        answer = api.open(address, method=method, **sent)
        assert answer.status_code == 503, (method, address)
        assert answer.get_json()["type"] == "/docs/problemas#auditoria-no-disponible"
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Retry-After"]
    cedula = patient.split("/")[-1]
    found = query(postgres_system, "SELECT version, diagnostico FROM consultas WHERE paciente_id = %(one)s", one=cedula)
    assert found == [(1, "d")]
    assert query(postgres_system, "SELECT version FROM pacientes WHERE cedula = %(one)s", one=cedula) == [(1,)]


def test_fifty_writers_leave_no_gap(api: FlaskClient, postgres_system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (postgres_system.api_environment() | {"HISTORIA_POOL_SIZE": "50"}).items():
        monkeypatch.setenv(name, value)
    wide = create_app(Settings())
    patient = new_patient(wide.test_client())

    def write(writer: int) -> int:
        return wide.test_client().post(f"{patient}/consultas", json={"diagnostico": f"{writer}"}).status_code

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert set(pool.map(write, range(50))) == {201}
    assert chain(postgres_system, patient.split("/")[-1]) == list(range(1, 52))
    verified = api.post(f"{AUDITORIA}/verificar", json={"paciente": patient.split("/")[-1]}).get_json()
    assert (verified["estado"], verified["hasta"], verified["completo"]) == ("sana", 51, True)


@pytest.mark.parametrize("stands", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_two_begin_a_chain_at_once(postgres_system: Any, known: bool, stands: bool) -> None:
    cedula = number()
    query(postgres_system, "INSERT INTO pacientes (cedula, nombre, apellido) VALUES (%(one)s, 'A', 'B')", one=cedula)
    begin = APPENDED.replace("true", str(known))
    with as_the_api(postgres_system) as first, concurrent.futures.ThreadPoolExecutor() as pool:
        first.execute(begin, {"one": cedula})
        second = pool.submit(query, postgres_system, begin, role="app", one=cedula)
        while query(postgres_system, "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(0,)]:
            assert not second.done()
        (first.connection.commit if stands else first.connection.rollback)()
        assert second.result() == [(1 + stands,)]
    assert chain(postgres_system, cedula) == list(range(1, 2 + stands))


def test_the_audit_of_a_patient_comes_by_pages(api: FlaskClient) -> None:
    cedula = new_patient(api).split("/")[-1]
    for _ in range(4):
        api.get(f"{PACIENTES}/{cedula}")
    first = api.get(f"{AUDITORIA}?paciente={cedula}&limite=3").get_json()
    assert [one["seq"] for one in first["eventos"]] == [5, 4, 3]
    further = api.get(f"{AUDITORIA}?paciente={cedula}&limite=3&cursor={first['siguiente']}").get_json()
    assert [one["seq"] for one in further["eventos"]] == [2, 1]
    assert further["siguiente"] is None
    assert first["eventos"][-1]["hash_previo"] == further["eventos"][0]["hash"]
    assert api.get(f"{AUDITORIA}?paciente={number()}").status_code == 404


def accesses(api: FlaskClient, cedula: str) -> list[tuple[str, str, str]]:
    """All of them by pages of two: number, action, kind."""
    found, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{PACIENTES}/{cedula}/accesos?limite=2{cursor and f'&cursor={cursor}'}").get_json()
        found += [(one["numero"], one["accion"], one["recurso"]) for one in page["accesos"]]
        cursor = page["siguiente"]
    return [one for one in found if one[2] != "accesos"]


def test_a_patient_sees_who_opened_the_record_whatever_the_number_was(api: FlaskClient) -> None:
    one, two, three = number(), number(), number()

    def register(cedula: str) -> None:
        assert api.post(PACIENTES, json={"cedula": cedula, "nombre": "A", "apellido": "B"}).status_code == 201

    def become(cedula: str, nueva: str, version: int) -> None:
        change = {"json": {"cedula": nueva, "motivo": "m"}, "headers": if_match(f'"{version}"')}
        assert api.post(f"{PACIENTES}/{cedula}/cambio-documento", **change).status_code == 200

    register(one)
    become(one, two, 1)
    register(one)  # somebody else
    assert api.get(f"{PACIENTES}/{one}/historia").status_code == 200
    first, changed = ("crear", "pacientes"), ("renumerar", "pacientes")
    assert accesses(api, two) == [(two, *changed), (one, *changed), (one, *first)]
    assert accesses(api, one) == [(one, "leer", "historia"), (one, *first)]
    register(three)
    body = {"duplicado": three, "motivo": "m"}
    assert api.post(f"{PACIENTES}/{two}/fusion", json=body, headers=if_match('"2"')).status_code == 200
    merged = ("fusionar", "fusiones")
    before = [(two, *changed), (one, *changed), (one, *first)]
    assert sorted(accesses(api, two)) == sorted([(two, *merged), (three, *merged), (three, *first), *before])
    assert api.post(f"{PACIENTES}/{two}/separacion", json=body, headers=if_match('"3"')).status_code == 200
    assert accesses(api, two) == [(two, *merged), (two, *merged), *before]
    assert accesses(api, three) == [(three, *merged), (three, *merged), (three, *first)]


def test_the_api_verifies_a_patient_s_chain(api: FlaskClient, postgres_system: Any) -> None:
    cedula = new_patient(api).split("/")[-1]
    for _ in range(3):
        api.get(f"{PACIENTES}/{cedula}")
    change = "UPDATE auditoria SET resultado = 'fallo' WHERE paciente_id = %(one)s AND seq = 2"
    query(postgres_system, change, one=cedula)
    body = {"paciente": cedula}
    found = api.post(f"{AUDITORIA}/verificar", json=body).get_json()
    assert (found["estado"], [one["seq"] for one in found["hallazgos"]]) == ("alterada", [2])
    found = api.post(f"{AUDITORIA}/verificar", json=body | {"desde": 3}).get_json()
    assert (found["estado"], found["desde"], found["hasta"]) == ("sana", 3, 5)
    query(postgres_system, "DELETE FROM auditoria WHERE paciente_id = %(one)s", one=cedula)
    query(postgres_system, "DELETE FROM auditoria_cabeza WHERE paciente_id = %(one)s", one=cedula)


def verified(api: FlaskClient, cedula: str, desde: int = 1) -> tuple[str, int, bool]:
    answer = api.post(f"{AUDITORIA}/verificar", json={"paciente": cedula, "desde": desde})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = answer.get_json()
    return found["estado"], found["hasta"], found["completo"]


def test_a_patient_of_before_the_audit_has_a_sound_chain(api: FlaskClient, postgres_system: Any) -> None:
    cedula = new_patient(api).split("/")[-1]
    for table in ("auditoria", "auditoria_cabeza"):
        query(postgres_system, f"DELETE FROM {table} WHERE paciente_id = %(one)s", one=cedula)
    assert verified(api, cedula) == ("sana", 0, True)
    assert verified(api, cedula) == ("sana", 1, True)


def test_a_chain_is_sound_from_beyond_its_end_on(api: FlaskClient) -> None:
    cedula = new_patient(api).split("/")[-1]
    assert verified(api, cedula, 2) == ("sana", 1, True)
    assert verified(api, cedula, 4) == ("sana", 2, True)
    assert verified(api, cedula, 2**53) == ("sana", 3, True)


def test_a_chain_to_which_others_add_meanwhile_is_sound(
    api: FlaskClient, postgres_system: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cedula, rows = new_patient(api).split("/")[-1], Transaction.rows

    def and_then_another(transaction: Transaction, statement: Statement, *rest: Any) -> Any:
        found = rows(transaction, statement, *rest)
        if "FROM auditoria" in statement.sql:
            query(postgres_system, APPENDED, role="app", one=cedula)
        return found

    monkeypatch.setattr(Transaction, "rows", and_then_another)
    assert verified(api, cedula)[0] == "sana"
    assert len(chain(postgres_system, cedula)) > 2


@pytest.mark.parametrize("desde", [1, 2])
def test_a_long_chain_is_verified_in_parts(api: FlaskClient, monkeypatch: pytest.MonkeyPatch, desde: int) -> None:
    """Also one whose first row is taken from before the part."""
    cedula = new_patient(api).split("/")[-1]
    for _ in range(5):
        api.get(f"{PACIENTES}/{cedula}")
    monkeypatch.setattr(auditoria, "MOST", 6 - desde)
    assert verified(api, cedula, desde) == ("sana", 5, False)
    assert verified(api, cedula, 6) == ("sana", 7, True)


@pytest.mark.parametrize("desde", [1, 3, 4])
def test_an_end_that_was_cut_off_is_found(api: FlaskClient, postgres_system: Any, desde: int) -> None:
    cedula = new_patient(api).split("/")[-1]
    for _ in range(2):
        api.get(f"{PACIENTES}/{cedula}")
    query(postgres_system, "DELETE FROM auditoria WHERE paciente_id = %(one)s AND seq > 1", one=cedula)
    assert verified(api, cedula, desde)[0] == "alterada"
    query(postgres_system, "DELETE FROM auditoria WHERE paciente_id = %(one)s", one=cedula)
    assert verified(api, cedula)[0] == "alterada"
    query(postgres_system, "DELETE FROM auditoria WHERE paciente_id = %(one)s", one=cedula)
    query(postgres_system, "DELETE FROM auditoria_cabeza WHERE paciente_id = %(one)s", one=cedula)


@pytest.mark.parametrize(
    "moment", ["'0044-01-01 BC'", "'10000-01-01'", "'infinity'", "(ocurrido::text || ' BC')::timestamptz"]
)
def test_a_moment_of_no_calendar_is_found_and_shown(api: FlaskClient, postgres_system: Any, moment: str) -> None:
    cedula = new_patient(api).split("/")[-1]
    query(postgres_system, f"UPDATE auditoria SET ocurrido = {moment} WHERE paciente_id = %(one)s", one=cedula)
    assert verified(api, cedula) == ("alterada", 1, True)
    shown = api.get(f"{AUDITORIA}?paciente={cedula}")
    assert (shown.status_code, shown.get_json()["eventos"][-1]["seq"]) == (200, 1)
    query(postgres_system, "DELETE FROM auditoria WHERE paciente_id = %(one)s", one=cedula)
    query(postgres_system, "DELETE FROM auditoria_cabeza WHERE paciente_id = %(one)s", one=cedula)


def test_a_row_is_sound_whatever_the_session_makes_of_dates(api: FlaskClient, postgres_system: Any) -> None:
    """There IST is the time of India, and as input that of Israel."""
    cedula = new_patient(api).split("/")[-1]
    with as_the_api(postgres_system) as cursor:
        cursor.execute("SET datestyle TO 'SQL, DMY'")
        cursor.execute("SET timezone TO 'Asia/Kolkata'")
        cursor.execute(APPENDED, {"one": cedula})
    assert verified(api, cedula) == ("sana", 2, True)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO auditoria SELECT * FROM auditoria LIMIT 1",
        "UPDATE auditoria SET resultado = 'exito'",
        "DELETE FROM auditoria",
        "TRUNCATE auditoria",
        "UPDATE auditoria_cabeza SET seq = 0",
        "DELETE FROM auditoria_cabeza",
        "UPDATE auditoria_sistema_cabeza SET seq = 0",
        "DELETE FROM auditoria_sistema",
        "DELETE FROM sellos_auditoria",
        "INSERT INTO sellos_auditoria VALUES (1, now(), '')",
    ],
)
def test_the_api_s_role_only_reads_it(postgres_system: Any, change: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(postgres_system, change, role="app")
