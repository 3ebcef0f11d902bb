"""The OpenAPI document: what APIFlask derives, completed. `python -m historia_clinica.openapi` prints it."""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from apiflask import APIFlask

from historia_clinica.access.purpose import belongs_to
from historia_clinica.http.problems import MEDIA_TYPE
from historia_clinica.openapi import conditions, links
from historia_clinica.openapi.schemas import fold

DESCRIPTION = """\
Historia clínica distribuida sobre PostgreSQL y Citus: los datos de cada paciente viven juntos en un nodo.

Los errores son documentos `application/problem+json` (RFC 9457). Las listas se piden por páginas: siga `siguiente`
o la cabecera `Link` hasta que falten. Cada respuesta lleva `X-Request-ID`.

Nada se sobrescribe ni se borra. Cada registro tiene una versión, que es su `ETag`: quien lo corrige o lo anula la dice
en `If-Match` y da un motivo, y las versiones anteriores se leen con `historial`, `?version=` y `?en=`.

Qué puede hacer cada rol lo dice `/api/v1/gobierno/matriz`: con unos faltan miembros en las respuestas, y un paciente
que no se puede ver es como uno que no existe (404). Lo que el paciente negó a quien lo atiende es un 403.

`X-Proposito` dice para qué se pide; sin ella vale el propósito de cada rol. La auditoría lo guarda.
"""
TAGS = [
    {"name": "Pacientes", "description": "Cada paciente, por su cédula."},
    {"name": "Consultas", "description": "Las consultas de un paciente, junto a él en su nodo."},
    {"name": "Diagnósticos", "description": "Los diagnósticos de un paciente, con su código CIE-10."},
    {"name": "Alergias", "description": "A qué es alérgico un paciente, o que no se le conocen alergias."},
    {"name": "Antecedentes", "description": "Lo que un paciente o su familia tuvo antes."},
    {"name": "Signos vitales", "description": "Las mediciones de un paciente: código LOINC, valor y unidad UCUM."},
    {"name": "Prescripciones", "description": "Los medicamentos que se prescriben a un paciente."},
    {"name": "Órdenes", "description": "Los exámenes y procedimientos que se piden para un paciente."},
    {"name": "Resultados", "description": "Los resultados de los exámenes de un paciente."},
    {"name": "Notas", "description": "Las notas clínicas de un paciente: borradores hasta que se firman."},
    {"name": "Documentos", "description": "Archivos pequeños de un paciente; su contenido no cambia."},
    {"name": "Relaciones de atención", "description": "Qué usuarios atienden a un paciente, y por cuánto tiempo."},
    {"name": "Consentimientos", "description": "Lo que un paciente permite y niega, a quién y para qué."},
    {
        "name": "Acceso de emergencia",
        "description": "Abrir una historia sin relación de atención, y la revisión de cada vez.",
    },
    {
        "name": "Auditoría",
        "description": "Quién hizo qué con la historia de un paciente.",
    },
    {"name": "Médicos", "description": "Los médicos, iguales en todos los nodos."},
    {"name": "Usuarios", "description": "Quienes usan el sistema, cada uno por su documento."},
    {"name": "Cuentas", "description": "Qué usuarios pueden entrar, y para qué; de quien administra."},
    {"name": "Sesiones", "description": "Entrar, seguir dentro, salir, y la contraseña propia."},
    {"name": "Vocabularios", "description": "Las tablas de códigos, cada una con su fuente, licencia y versión."},
    {"name": "Gobierno", "description": "Quién puede hacer qué."},
    {"name": "Sistema", "description": "El servicio, su base de datos y sus nodos."},
]
# A dictionary and not a model: APIFlask instantiates a class given here and fails on its required fields.
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Un problema según RFC 9457.",
    "required": ["type", "title", "status", "instance"],
    "properties": {
        "type": {"type": "string", "description": "Clase de problema; `about:blank` si el código HTTP lo dice todo."},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "URN con el identificador de la petición."},
        "error": {"type": "string", "description": "Lo mismo en una frase, en las rutas heredadas."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "Puntero JSON del campo o `/nombre` del parámetro."},
                    "message": {"type": "string"},
                },
            },
        },
    },
    "example": {
        "type": "/docs/problemas#datos-no-validos",
        "title": "Datos no válidos",
        "status": 422,
        "detail": "Uno o más campos no son válidos.",
        "instance": "urn:historia-clinica:peticion:0d9e6c2e-4d4f-4d62-8a5e-6f2f6f1c5a11",
        "errors": [{"pointer": "/nombre", "message": "No puede quedar en blanco."}],
    },
}
STATUS_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["status", "message"],
    "properties": {
        "status": {"const": "error"},
        "message": {"type": "string"},
        "type": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
}
EVERYWHERE = {"503": "Base de datos no disponible o esquema sin instalar", "500": "Error interno"}
FORBIDDEN = "El rol de quien pide no lo permite, con otro paciente tampoco; o el paciente lo negó"
MOVED = "El paciente tiene ahora otro número o está fusionado con otro: la cabecera Location lleva a él"
HEADERS: dict[str, dict[str, Any]] = {
    "401": {"WWW-Authenticate": {"description": "Cómo identificarse.", "required": True, "schema": {"type": "string"}}},
    "201": {"Location": {"description": "Dirección de lo creado.", "required": True, "schema": {"type": "string"}}},
    "308": {
        "Location": {
            "description": "La misma, con el número de hoy: sígala tal cual.",
            "required": True,
            "schema": {"type": "string"},
        }
    },
    "503": {"Retry-After": {"description": "Segundos hasta otro intento.", "schema": {"type": "integer"}}},
}
WITHOUT_TOKEN = {"entrar", "entrarConProveedor", "renovarSesion", "listarUsuariosHeredado"}
WITHOUT_DATABASE = {"/", "/livez"}
CONFIG = {
    "DESCRIPTION": DESCRIPTION,
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "AUTO_SERVERS": False,
    "SERVERS": [{"url": "/"}],
    "HTTP_ERROR_SCHEMA": PROBLEM,
    "VALIDATION_ERROR_SCHEMA": PROBLEM,
    "VALIDATION_ERROR_DESCRIPTION": "Datos no válidos",
    "NOT_FOUND_DESCRIPTION": "No existe",
    "SUCCESS_DESCRIPTION": "Correcto",
}


TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "El access_token de una sesión. Si la instalación lo exige (HISTORIA_AUTH), va en cada petición.",
}


def install(app: APIFlask) -> None:
    app.config.update(CONFIG)
    app.security_schemes = {"token": TOKEN}
    app.spec_callback = partial(_complete, app)


def _complete(app: APIFlask, spec: Any) -> Any:
    stating = set(_stating(app))
    schemas = spec["components"]["schemas"]
    schemas["Problema"] = PROBLEM
    spec["components"]["parameters"] = conditions.PARAMETERS
    spec["components"]["headers"] = {"ETag": conditions.ETAG, "PreferenceApplied": conditions.APPLIED}
    spec["tags"] = TAGS
    for unused in ("HTTPError", "ValidationError"):
        schemas.pop(unused, None)
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            conditions.complete(path, method, operation)
            if (path, method) in stating:
                conditions.refer(operation, "Proposito")
            _secure(operation)
            _complete_operation(path, operation)
    links.complete(spec["paths"])
    spec["paths"]["/status"]["get"]["responses"]["503"]["content"] = {"application/json": {"schema": STATUS_ERROR}}
    return fold(spec)


def _stating(app: APIFlask) -> Iterator[tuple[str, str]]:
    """The operations that are asked for a purpose, by path and method."""
    for rule in app.url_map.iter_rules():
        if belongs_to(rule.endpoint):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            yield from ((path, method.lower()) for method in rule.methods or ())


def _secure(operation: dict[str, Any]) -> None:
    """What always asks for a token answers 401 without; the rest does so where the installation says so."""
    if "401" in operation["responses"] and operation["operationId"] not in WITHOUT_TOKEN:
        operation["security"] = [{"token": []}]


def _complete_operation(path: str, operation: dict[str, Any]) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    responses = operation["responses"]
    if path not in WITHOUT_DATABASE:
        for status, description in EVERYWHERE.items():
            responses.setdefault(status, {"description": description})
    if path.startswith("/api/"):
        responses.setdefault("403", {"description": FORBIDDEN})
    if "{cedula}" in path:
        responses.setdefault("308", {"description": MOVED})
    for status, response in responses.items():
        if status in HEADERS:
            response["headers"] = HEADERS[status] | response.get("headers", {})
        if status >= "400":
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problema"}}}


def document(app: APIFlask) -> str:
    return json.dumps(app.spec, ensure_ascii=False, indent=2) + "\n"
