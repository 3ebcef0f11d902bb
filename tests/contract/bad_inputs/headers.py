"""Headers with values that no client of ours sends. Of reads they are mostly passed over; no change is made by them."""

from contract.bad_inputs.case import MARK, Case, as_json, get, send

PATIENT = "/api/v1/pacientes/{cedula}"
ANNULMENT = f"{PATIENT}/anulacion"
NEW = as_json({"cedula": "MAL-2", "nombre": MARK, "apellido": "A"})
REASON = as_json({"motivo": MARK})
LONG = MARK + "a" * 7000

REQUIRED = ["", " ", "*", ",", " , "]  # no version at all
OTHER_VERSIONS = [
    MARK, '"', '""', '"0"', '"-1"', '"1', "1", "'1'", 'W/"1"', '"01"', '"+1"', '" 1"', '"1.0"', '"999"', '"9999999999"',
    f'"{"9" * 20}"', f'"{"9" * 5000}"', '"١"', '"1\'; DROP TABLE pacientes; --"', '"%s%n"', '"{0}"', f'"{MARK}", W/"1"',
    f'"{LONG}"', ", ".join(f'"{number}"' for number in range(2, 900)), '"\u202e1"', b'"\xff"', b'"1\xc0\xaf"',
]  # fmt: skip
KEYS = [
    "",
    " ",
    '""',
    "a" * 129,
    "a b",
    "ñ",
    "\u202e",
    f"{MARK} \t{MARK}",
    LONG,
    b"\xff\xfe",
    '"a b"',
    "clave, otra clave",
]
PURPOSES = [
    "tratamiento",
    "TREAT",
    "BTG",
    "TRATAMIENTO, LEGAL",
    "TRATAMIENTO;q=1",
    '"TRATAMIENTO"',
    "TRATAMIENTO\u00a0",
]
ODD = [
    "", MARK, ",", ";", "=", '"', "*/*;q=zzq7marca9", "text/html;q=9e999", "application/xml", f"{MARK}/*", "%s%n",
    "{0}", "${jndi:ldap://x/a}", "' OR 1=1 --", "\u202e", b"\xff\xfe", LONG, "a," * 2000, "bytes=-1", "bytes=9-1",
    "bytes=0-,0-,0-", f"bytes=0-{'9' * 400}", "return=minimal; return=representation", 'return="',
    "respond-async, wait=-1",
]  # fmt: skip
NAMES = [
    "Accept", "Accept-Encoding", "Range", "If-None-Match", "If-Modified-Since", "Prefer", "X-Request-ID",
    "Cookie", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-HTTP-Method-Override", "Upgrade", "Traceparent",
]  # fmt: skip
TOKENS = [f"Bearer {MARK}", f"Bearer {MARK}.{MARK}.{MARK}", f"Bearer {LONG}", f"Basic {MARK}", "Bearer", "Bearer \t"]
GIVEN_BACK = {("X-Request-ID", MARK)}  # that is what it is for
HOSTS = [
    MARK,
    f"{MARK}:99999",
    f"{MARK}@x",
    "[::1",
    "a b",
    "x/../y",
    "' OR 1=1 --",
    "\u202e",
    b"\xff",
    LONG,
    "*",
    "%00",
]

CASES: list[Case] = [
    *(
        send(f"annul-without-a-version-{value!r}", {428}, REASON, ANNULMENT, If_Match=value)
        for value in REQUIRED
    ),
    *(
        send(f"annul-another-version-{value[:30]!r}", {400, 412, 428}, REASON, ANNULMENT, If_Match=value)
        for value in OTHER_VERSIONS
    ),
    *(
        get(f"read-another-version-{value[:30]!r}", {200, 412}, PATIENT, If_Match=value)
        for value in OTHER_VERSIONS
    ),
    *(
        get(f"token-{value[:30]!r}", {401}, PATIENT, Authorization=value)
        for value in [*ODD, *TOKENS]
    ),
    *(get(f"purpose-{value[:30]!r}", {422}, PATIENT, X_Proposito=value) for value in [*ODD, *PURPOSES]),
    *(send(f"key-{value[:30]!r}", {400}, NEW, Idempotency_Key=value) for value in KEYS),
    *(
        Case(f"{name}-{value[:30]!r}", frozenset({200, 304}), target=PATIENT, headers=((name, value),))
        for name in NAMES
        for value in ODD
        if (name, value) not in GIVEN_BACK
    ),
    *(
        send(f"fault-with-{name}-{value[:30]!r}", {422}, b"{}", **{name.replace("-", "_"): value})
        for name in ("Accept", "Prefer", "X-Request-ID", "Range")
        for value in ODD
        if (name, value) not in GIVEN_BACK
    ),
    *(get(f"host-{value[:30]!r}", {200, 400}, PATIENT, Host=value) for value in HOSTS),
    *(send(f"host-{value[:30]!r}-of-a-fault", {400, 422}, b"{}", Host=value) for value in HOSTS),
    send("method-override", {415}, b"", Content_Type="text/plain", X_HTTP_Method_Override="DELETE"),
]  # fmt: skip
