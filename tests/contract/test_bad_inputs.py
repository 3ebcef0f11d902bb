"""A committed corpus of bad inputs, sent as bytes to the API as it is deployed: each is answered with the right status
and a problem in Spanish, repeats nothing of what was sent, leaves nothing in the log, and changes no row.
"""

import collections
import contextlib
import http.client
import io
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from contract.bad_inputs import accepted, addresses, bodies, headers, members, wire
from contract.bad_inputs.case import MARK, Case, as_json, get, send
from flask.testing import FlaskClient
from historia_clinica.http.worker import Worker
from psycopg2 import sql
from serving import Server, running
from structlog.testing import capture_logs
from versioned import ATIENDE, KINDS, key_of

CORPUS: dict[str, list[Case]] = {
    part.__name__.rsplit(".", 1)[1]: part.CASES for part in (addresses, bodies, headers, members, wire)
}
LEAST = 200
GLASS = "/api/v1/pacientes/{cedula}/acceso-emergencia"  # what is opened there needs somebody who asks
PROBLEM = "application/problem+json"
ENGLISH = re.compile(r"\b(the|not|is|must|should|invalid|bad|request|found|allowed|value|field|too|or)\b", re.I)
# all but the audit, which keeps each refusal
TABLES = """
SELECT relname FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname !~ '^auditoria'
"""
# the content of every row, and with it their number and their versions
CONTENT = "SELECT count(*), coalesce(sum(hashtextextended(kept::text, 0)::numeric), 0) FROM {} kept"


@dataclass(frozen=True)
class Answer:
    status: int  # 0: the connection was closed without one
    headers: dict[str, str]
    body: bytes
    times: int = 1


@pytest.fixture(scope="module")
def rows(api: FlaskClient) -> dict[str, dict[str, str]]:
    """One of each kind: what the placeholders of its path stand for."""
    made = [(kind, kind.created(api).get_json()) for kind in KINDS]
    known = {f"/api/v1/{kind.path}": key_of(row) for kind, row in made}
    return known | {GLASS: known["/api/v1/pacientes/{cedula}"]}


@pytest.fixture(scope="module")
def server(postgres_system: Any, rows: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(postgres_system.api_environment(), tmp_path_factory.mktemp("server")) as started:
        yield started


def test_the_corpus_is_large_and_its_names_differ() -> None:
    names = collections.Counter((part, case.name) for part, cases in CORPUS.items() for case in cases)
    print({part: len(cases) for part, cases in CORPUS.items()} | {"accepted": len(accepted.TEXTS)})  # noqa: T201
    assert [name for name, times in names.items() if times > 1] == []
    assert names.total() >= LEAST


def test_every_body_of_the_document_is_in_it() -> None:
    bodied = {
        (method.upper(), path)
        for path, item in members.DOCUMENT["paths"].items()
        for method, operation in item.items()
        if operation.get("requestBody", {}).get("content")
    }
    assert {(method, path) for method, path, _, _ in members.operations()} == bodied


@pytest.mark.parametrize("part", CORPUS)
def test_it_is_refused_and_leaves_no_trace(
    part: str, server: Server, rows: dict[str, dict[str, str]], postgres_system: Any
) -> None:
    before = content(postgres_system)
    written = len(server.output.read_bytes())
    wrong = {}
    for case in CORPUS[part]:
        answer = ask(server, case.message(filled(case.target, rows)))
        if faults := list(judge(case, answer)):
            wrong[case.name] = [answer.status, *faults, answer.body[:300]]
    log = server.output.read_bytes()[written:].decode()
    assert not wrong, report(wrong)
    assert MARK not in log
    assert "Traceback" not in log
    assert "fallo inesperado" not in log
    assert content(postgres_system) == before


@pytest.mark.parametrize("text", accepted.TEXTS.values(), ids=accepted.TEXTS)
def test_what_only_looks_dangerous_is_kept_as_it_is(text: str, server: Server, rows: dict[str, dict[str, str]]) -> None:
    target = filled("/api/v1/pacientes/{cedula}/consultas", rows)
    body = json.dumps({"diagnostico": text, "observaciones": f"{text}\n\t{text}"}, ensure_ascii=False).encode()
    made = ask(server, send("", {201}, body, target).message(target))
    assert made.status == 201, made.body
    for answer in (made, ask(server, get("", {200}, "").message(made.headers["location"]))):
        read = json.loads(answer.body)
        assert (read["diagnostico"], read["observaciones"]) == (text, f"{text}\n\t{text}")


@pytest.mark.parametrize("text", accepted.EVERYWHERE.values(), ids=accepted.EVERYWHERE)
def test_so_it_is_in_every_member_that_takes_a_text(text: str, server: Server, rows: dict[str, dict[str, str]]) -> None:
    tried: collections.Counter[str] = collections.Counter()
    for path, made_up, texts in members.creations(text):
        other = time.time_ns() % 10**15
        own = {"cedula": f"T-{other}", "documento_id": f"T-{other}", "email": f"t{other}@hospital.com"}
        own["usuario_id"] = ATIENDE
        body = made_up | {name: own[name] for name in own.keys() & made_up.keys()}
        target = filled(path, rows)
        made = ask(server, send("", {201}, as_json(body), target).message(target))
        assert made.status == 201, (path, made.body)
        read = json.loads(ask(server, get("", {200}, "").message(made.headers["location"])).body)
        assert {name: read[name] for name in texts} == {name: body[name] for name in texts}
        tried[path] += len(texts)
    assert tried.total() >= 20


@pytest.mark.parametrize(("spelt", "number"), accepted.NUMBERS.items(), ids=accepted.NUMBERS)
def test_a_number_is_kept_however_it_is_spelt(
    spelt: str, number: float, server: Server, rows: dict[str, dict[str, str]]
) -> None:
    target = filled("/api/v1/pacientes/{cedula}/signos-vitales", rows)
    made = ask(server, send("", {201}, bodies.SIGNO % spelt.encode(), target).message(target))
    assert made.status == 201, made.body
    assert json.loads(made.body)["valor"] == number


def test_a_fault_of_ours_that_reaches_the_server_tells_nothing() -> None:
    """What gunicorn itself would log with the path. No request is known that leads here."""
    ours, theirs = socket.socketpair()
    with ours, theirs, capture_logs() as lines:
        Worker.handle_error(object.__new__(Worker), None, ours, None, RuntimeError(MARK))
        answer = parsed(theirs.recv(65536))
    case = Case("", frozenset({500}))
    assert list(judge(case, answer)) == []
    assert [line["event"] for line in lines] == ["fallo inesperado"]
    assert MARK not in str(lines)


def ask(server: Server, message: bytes) -> Answer:
    """One connection for each: what is left over of one request must not be taken for the next."""
    host, port = server.address.split(":")
    received = bytearray()
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        with contextlib.suppress(OSError):  # it was refused before it was all sent
            connection.sendall(message)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while data := connection.recv(65536):
                received += data
    return parsed(bytes(received))


def parsed(received: bytes) -> Answer:
    if not received:
        return Answer(0, {}, b"")

    class Received:
        def makefile(self, *_mode: str) -> io.BytesIO:
            return io.BytesIO(received)

    response = http.client.HTTPResponse(Received())  # type: ignore[arg-type]
    response.begin()
    return Answer(
        response.status,
        {name.lower(): value for name, value in response.getheaders()},
        response.read(),
        received.count(b"HTTP/1.1 "),
    )


def filled(target: str | bytes, rows: dict[str, dict[str, str]]) -> Any:
    """With a row of the kind that the path names, or with the patient where it names none."""
    if isinstance(target, bytes):
        return target
    kind = max((path for path in rows if target.startswith(path)), key=len, default="/api/v1/pacientes/{cedula}")
    for name, value in rows[kind].items():
        target = target.replace(f"{{{name}}}", value)
    return target


def judge(case: Case, answer: Answer) -> Iterator[str]:
    if answer.status not in case.expected:
        yield f"status, not {sorted(case.expected)}"
    if MARK.encode() in answer.body or any(MARK in value for value in answer.headers.values()):
        yield "repeats what was sent"
    if answer.times > 1:
        yield "answered twice"
    if "x-otra" in answer.headers:
        yield "a header of the client's"
    if answer.status >= 400:
        yield from judge_problem(case, answer)


def judge_problem(case: Case, answer: Answer) -> Iterator[str]:
    if answer.headers.get("content-type") != PROBLEM:
        yield "no problem"
        return
    problem = json.loads(answer.body)
    errors = problem.get("errors", [])
    sentences = [problem["title"], problem.get("detail", ""), *(error["message"] for error in errors)]
    if problem["status"] != answer.status:
        yield "another status in the body"
    if any(ENGLISH.search(sentence) for sentence in sentences):
        yield "not in Spanish"
    if case.pointers - {"/" + error["pointer"].split("/")[1] for error in errors if error["pointer"]}:
        yield f"does not point at {sorted(case.pointers)}"


def content(cluster: Any) -> dict[str, tuple[int, int]]:
    found = {}
    with contextlib.closing(cluster.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL(CONTENT).format(sql.Identifier("public", name)))
            found[name] = cursor.fetchone()
    return found


def report(wrong: dict[str, list[Any]]) -> str:
    return f"{len(wrong)} of them:\n" + "\n".join(f"{name}: {what}" for name, what in wrong.items())
