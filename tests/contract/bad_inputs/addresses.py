"""Methods, paths and queries. Where a path or query is well formed and only odd, nothing is found: 200 and 404."""

import base64
import json
from typing import Any
from urllib.parse import quote

from contract.bad_inputs.case import MARK, Case, get, send

PACIENTES, MEDICOS, USUARIOS = "/api/v1/pacientes", "/api/v1/medicos", "/api/v1/usuarios"
LISTS = [
    PACIENTES,
    MEDICOS,
    USUARIOS,
    "/api/v1/pacientes/{cedula}/consultas",
    "/api/v1/pacientes/{cedula}/historial",
    "/api/v1/vocabularios/cie10/conceptos",
]
SQL = [
    "1' OR '1'='1",
    "'; DROP TABLE pacientes; --",
    "1; SELECT pg_sleep(9)",
    "x' UNION SELECT current_user--",
    "1/**/OR/**/1=1",
    "$$;SELECT 1;$$",
    "\\'; SELECT 1 --",
]
FORMATS = ["%s%n%s%n", "%(cedula)s", "{0}", "{self.__class__}", "${jndi:ldap://x/a}", "{{7*7}}", "#{7*7}", "`id`"]
ODD = [f"{text}{MARK}" for text in [*SQL, *FORMATS, "../../etc/passwd", "\u202e", "\u200b", "\0", "\r\nX-Otra: 1"]]
LIMITS = [
    "0", "-1", "-0", "101", "1.0", "1e2", "+5", "0x10", " 5", "5 ", "٣", "1_0", "true", "null", "NaN",
    "9" * 30, "-" + "9" * 30, "9" * 3000, "9" * 5000, "5\0", "5\r\n", "", MARK, *ODD[:3],
]  # fmt: skip
VERSIONS = ["0", "-1", "2147483648", "9" * 19, "1.0", "1e0", "", "²", MARK, *ODD[:3]]
MOMENTS = ["", "hoy", "2026-01-31", "2026-01-31T08:30:00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:59", MARK]
# What a list would trip over if it believed it.
FORGED: dict[str, Any] = {
    "empty-list": [],
    "null": None,
    "object": {},
    "nan": [float("nan")],
    "negative": [-1],
    "true": [True],
    "huge": [2**63],
    "sql": ["'; DROP TABLE x; --", "a"],
    "year-0": ["0000-01-01T00:00:00Z", "0"],
}


def _held(key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


CURSORS = {
    "text": MARK,
    "blank": "%20",
    "empty": "",
    "padded": "====",
    "nul": "%00",
    "not-utf-8": "%ff%fe",
    "long": "A" * 301,
    "unsigned": "Wzdd",
    "signature-alone": f".{'A' * 43}",
    "signed-twice": f"Wzdd.{'A' * 43}.{'A' * 43}",
    **{name: f"{_held(key)}.{'A' * 43}" for name, key in FORGED.items()},
    "nested": "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb" * 9,
}
UNKNOWN_PATHS = {
    "made-up": f"/{MARK}",
    "root-twice": f"//{MARK}",
    "slash-twice": "/api/v1//pacientes",
    "slash-at-the-end": "/api/v1/pacientes/",
    "dots": f"/api/v1/../{MARK}",
    "dots-encoded": "/docs/assets/%2e%2e/%2e%2e/etc/passwd",
    "dots-encoded-twice": "/docs/assets/%252e%252e%252fetc%252fpasswd",
    "backslashes": "/docs/assets/..%5c..%5cetc%5cpasswd",
    "asset-of-another": "/docs/assets/docs.html",
    "asset-nul": "/docs/assets/docs.js%00",
    "semicolon": f"/api/v1/pacientes;{MARK}=1",
    "upper-case": "/API/V1/PACIENTES",
    "slash-in-a-key": f"/api/v1/pacientes/CC-1%2f{MARK}",
    "slash-nul": "/api/v1/pacientes/%2f%00",
    "dot-segment": "/api/v1/pacientes/./x",
    "env": "/.env",
    "git": "/.git/config",
    "not-utf-8": f"/{MARK}%ff",
    "bytes": b"/%ff%fe" + MARK.encode(),
    "broken-percent": f"/{MARK}%zz",
    "crlf": f"/{MARK}%0d%0aX-Otra:%201",
    "emoji": f"/{MARK}%F0%9F%92%89",
}
KEYS = [
    "x", "CC_1", "cc-1" + MARK, "A" * 21, "A" * 3000, "%00", "CC-1%00", "%ff%fe", "%ED%A0%80", "%EF%BB%BFCC-1",
    "CC-1%0d%0aX-Otra:%201", "%2e%2e", "CC%2d1%20", "%E2%80%AECC-1", "CC%E2%80%8B-1", "%D9%A1%D9%A2%D9%A3", "%zz",
    *(quote(text, safe="") for text in ODD if "/" not in text),
]  # fmt: skip
IDENTIFIERS = [
    MARK, "0", "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1d", "%00", "{7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de}%27", "A" * 3000,
    *(quote(text, safe="") for text in SQL if "/" not in text),
]  # fmt: skip
NUMBERS = ["0", "-1", "-0", "1.0", "1e1", "0x1", "%20" + "1", "9" * 19, "9" * 20, "9" * 3000, "%00", "²", "NaN", MARK]
TAILS = ["", "/historial", "/historia", "/consultas", "/documentos", "/notas?limite=1"]
METHODS = ["DELETE", "PATCH", "PUT", "TRACE", "CONNECT", "PROPFIND", "ZZQ", "get", "OPTION"]


def _queries(path: str) -> list[str]:
    return [
        *(f"{path}?limite={quote(value)}" for value in LIMITS),
        *(f"{path}?cursor={value}" for value in CURSORS.values()),
        f"{path}?limite=1&limite=1",
        f"{path}?limite=1&limite=2&cursor={MARK}",
        f"{path}?cursor=a&cursor=b",
        f"{path}?otro={MARK}",
        f"{path}?{MARK}",
        f"{path}?={MARK}",
        f"{path}?limite[]=1",
        f"{path}?Limite=1",
        f"{path}?limite=1;cursor={MARK}",
        f"{path}?%00={MARK}",
        f"{path}?%ff={MARK}",
        f"{path}?" + "&".join(f"a{number}={MARK}" for number in range(300)),
    ]


CASES: list[Case] = [
    *(
        get(f"list-{target[:90]}-{len(target)}", {414} if len(target) > 4000 else {422}, target)
        for path in LISTS
        for target in _queries(path)
    ),
    *(get(f"version-{value[:40]}", {422}, f"{PACIENTES}/{{cedula}}?version={quote(value)}") for value in VERSIONS),
    *(get(f"moment-{value[:40]}", {422}, f"{PACIENTES}/{{cedula}}?en={quote(value)}") for value in MOMENTS),
    get("version-and-moment", {422}, f"{PACIENTES}/{{cedula}}?version=1&en=2026-01-31T08:30:00Z"),
    *(get(f"name-{text!a}", {200, 422}, f"{PACIENTES}?nombre={quote(text)}") for text in ODD),
    *(get(f"document-{text!a}", {422}, f"{PACIENTES}?documento={quote(text)}") for text in ODD),
    *(get(f"birth-{text!a}", {422}, f"{PACIENTES}?fecha_nacimiento={quote(text)}") for text in ODD),
    get("name-too-long", {422}, f"{PACIENTES}?nombre={MARK}" + "a" * 100),
    get("name-of-patterns", {200}, f"{PACIENTES}?nombre={MARK}%25_%25"),
    *(get(f"annulled-{value}", {422}, f"{PACIENTES}?anulados={value}") for value in ("", "1", "TRUE", "si", MARK)),
    *(
        get(f"vocabulary-{text!a}", {404, 422}, f"/api/v1/vocabularios/{quote(text, safe='')}/conceptos")
        for text in ODD
    ),
    *(
        get(f"searched-{text!a}", {200, 404, 422}, f"/api/v1/vocabularios/cie10/conceptos?buscar={quote(text)}")
        for text in ODD
    ),
    *(
        get(f"concept-{text!a}", {404, 422}, f"/api/v1/vocabularios/cie10/conceptos/{quote(text, safe='')}")
        for text in ODD
    ),
    *(get(f"path-{name}", {404}, target) for name, target in UNKNOWN_PATHS.items()),
    get("encoded-slash", {404, 422}, f"{PACIENTES}%2f{MARK}"),  # WSGI has decoded it
    *(get(f"key-{key[:60]}{tail}", {422}, f"{PACIENTES}/{key}{tail}") for key in KEYS for tail in TAILS),
    *(get(f"place-{key[:60]}", {422}, f"/api/v1/cluster/ubicacion/{key}") for key in KEYS),
    *(get(f"id-{key[:60]}", {422}, f"{PACIENTES}/{{cedula}}/consultas/{key}") for key in IDENTIFIERS),
    *(get(f"content-{key[:60]}", {422}, f"{PACIENTES}/{{cedula}}/documentos/{key}/contenido") for key in IDENTIFIERS),
    *(get(f"number-{key[:60]}", {422}, f"{MEDICOS}/{quote(key, safe='%')}") for key in NUMBERS),
    *(get(f"user-{key[:60]}", {404, 422}, f"{USUARIOS}/{key}") for key in KEYS),
    get("raw-bytes", {400}, b"/\xff\xfe" + MARK.encode()),
    get("query-too-long", {414}, f"{PACIENTES}?nombre=" + "a" * 9000),
    get("path-too-long", {414}, f"{PACIENTES}/" + "A" * 100_000),
    *(
        send(f"method-{method}-{path}", {400 if method == "get" else 405}, b"{}", path, method)
        for method in METHODS
        for path in ("/", "/livez", "/openapi.json", "/docs", PACIENTES, MEDICOS)
    ),
    *(
        Case(f"method-{method}-{path}", frozenset({405}), method, path)
        for method in ("DELETE", "PATCH", "POST")
        for path in (
            "/api/v1/pacientes/{cedula}",
            "/api/v1/pacientes/{cedula}/consultas/{id}",
            "/api/v1/usuarios/{documento_id}",
        )
    ),
]
