"""What the document says of versions and repetitions, which no schema of a route tells: headers and their answers."""

from typing import Any

from historia_clinica.access.purpose import Proposito
from historia_clinica.http.body import BODY
from historia_clinica.http.purpose import HEADER

ETAG: dict[str, Any] = {
    "description": "La versión, entre comillas; vale para If-Match e If-None-Match.",
    "required": True,
    "schema": {"type": "string", "pattern": '^"[0-9]+"$', "example": '"3"'},
}
APPLIED: dict[str, Any] = {
    "description": "Presente si se cumplió la preferencia de la petición.",
    "schema": {"const": "return=minimal"},
}
PARAMETERS: dict[str, Any] = {
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "La versión que se cambia: la ETag de la última lectura. Sin ella o con `*`, 428.",
        "schema": {"type": "string"},
        "example": '"3"',
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Las ETag que ya se tienen; si la actual es una de ellas, 304 sin cuerpo.",
        "schema": {"type": "string"},
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Una clave de quien llama, distinta para cada petición. Si la respuesta no llegó, se "
        "repite la petición con la misma y se hace una sola vez. Con otros datos, 422.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
        "example": "8f14e45f-ceea-467f-a9c5-2a9d1c3f0b11",
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "Con `return=minimal` la respuesta no trae cuerpo (RFC 7240).",
        "schema": {"type": "string"},
    },
    "Proposito": {
        "name": HEADER,
        "in": "header",
        "description": "Para qué se pide. Sin ella vale el propósito del rol; uno que no es del rol, 403.",
        "schema": {"type": "string", "enum": list(Proposito)},
    },
}
REFUSED = {
    "409": "Está anulado, firmado, revocado o fusionado, o choca con otro registro",
    "412": "La versión es otra; la cabecera ETag trae la actual",
    "428": "Falta decir en If-Match qué versión se cambia",
}
# What is no row with versions that everybody may read: no Idempotency-Key serves for a password that is told once.
ACCESS = ("/sesiones", "/cuenta")
UNVERSIONED = ("/acceso-emergencia",)
CHANGES = ("/anulacion", "/firma", "/revocacion", "/cambio-documento", "/fusion", "/separacion")
REFUSED_BODY = {str(status): said for status, said in BODY.items()}


def complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Adds what follows from what an operation does: reads one row, makes one, or changes one."""
    if is_access(path):
        _complete_account(path, method, operation)
    elif method == "get" and _reads_versions(operation):
        refer(operation, "IfNoneMatch")
        _answers(operation, {"304": "El cliente ya tiene esta versión", "412": REFUSED["412"]})
        _header(operation, "200", "304", "412")
    elif method == "put" or path.endswith(CHANGES):
        refer(operation, "IfMatch", "IdempotencyKey", "Prefer")
        done = {"204": "Hecho, sin cuerpo porque así se prefirió", "404": "No existe"}
        _answers(operation, done | REFUSED | REFUSED_BODY)
        _header(operation, "200", "204", "412")
        _applied(operation, "204")
    elif method == "post" and "201" in operation["responses"]:
        refer(operation, "IdempotencyKey")
        if path.endswith(UNVERSIONED):
            return
        refer(operation, "Prefer")
        _header(operation, "201")
        _applied(operation, "201")


def is_access(path: str) -> bool:
    """Whether a path is about accounts or sessions."""
    return any(f"{part}/" in f"{path}/" for part in ACCESS)


def _complete_account(path: str, method: str, operation: dict[str, Any]) -> None:
    if method == "put":
        refer(operation, "IfMatch")
        _answers(operation, {name: REFUSED[name] for name in ("412", "428")})
        _header(operation, "412")
    for status in {"200", "201"} & operation["responses"].keys() if path.endswith("/cuenta") else ():
        _header(operation, status)


def _reads_versions(operation: dict[str, Any]) -> bool:
    """Those of a row; a vocabulary has others, and no instant to ask about."""
    return {"version", "en"} <= {parameter.get("name") for parameter in operation.get("parameters", ())}


def refer(operation: dict[str, Any], *names: str) -> None:
    """Adds headers that an operation takes."""
    parameters = operation.setdefault("parameters", [])
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in names]


def _answers(operation: dict[str, Any], described: dict[str, str]) -> None:
    for status, description in described.items():
        operation["responses"].setdefault(status, {"description": description})


def _header(operation: dict[str, Any], *statuses: str) -> None:
    for status in statuses:
        operation["responses"][status].setdefault("headers", {})["ETag"] = {"$ref": "#/components/headers/ETag"}


def _applied(operation: dict[str, Any], status: str) -> None:
    headers = operation["responses"][status].setdefault("headers", {})
    headers["Preference-Applied"] = {"$ref": "#/components/headers/PreferenceApplied"}
