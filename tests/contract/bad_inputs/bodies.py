"""Bodies that are no JSON object, or no JSON at all, and framings and media types of bodies."""

import gzip
import zlib

from contract.bad_inputs.case import JSON, MARK, Case, as_json, send

CONSULTAS = "/api/v1/pacientes/{cedula}/consultas"
SIGNOS = "/api/v1/pacientes/{cedula}/signos-vitales"
PATIENT = {"cedula": "MAL-1", "nombre": MARK, "apellido": "A"}
WHOLE = as_json(PATIENT)
SIGNO = b'{"loinc": "8310-5", "unidad": "Cel", "valor": %s}'
NAME = b'{"cedula": "MAL-1", "nombre": "%s", "apellido": "A"}'
MARKED = MARK.encode()
TOO_LARGE = 10 * 1024 * 1024

MALFORMED = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "open": b"{",
    "cut": WHOLE[:-1],
    "two-objects": WHOLE + WHOLE,
    "trailing-comma": WHOLE[:-1] + b",}",
    "trailing-bytes": WHOLE + b"\0",
    "single-quotes": b"{'nombre': 'zzq7marca9'}",
    "comment": b"/* zzq7marca9 */" + WHOLE,
    "bare-word": MARKED,
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;zzq7marca9</a>",
    "form": b"nombre=zzq7marca9&apellido=A",
    "utf-8-overlong": NAME % b"\xc0\xafzzq7marca9",
    "utf-8-cut": NAME % b"zzq7marca9\xe2\x82",
    "utf-8-lone": NAME % b"zzq7marca9\xff",
    "utf-8-surrogate": NAME % b"\xed\xa0\x80zzq7marca9",
    "utf-8-beyond-unicode": NAME % b"\xf5\x90\x80\x80zzq7marca9",
    "latin-1": NAME % "zzq7marca9ñ".encode("latin-1"),
    "utf-16": WHOLE.decode().encode("utf-16"),
    "utf-16-be": WHOLE.decode().encode("utf-16-be"),
    "utf-32": WHOLE.decode().encode("utf-32"),
    "bom": b"\xef\xbb\xbf" + WHOLE,
    "raw-nul": NAME % b"zzq7marca9\0",
    "raw-newline": NAME % b"zzq7marca9\n",
    "raw-crlf": NAME % b"zzq7marca9\r\nX-Otra: 1",
    "bad-escape": NAME % rb"zzq7marca9\x41",
    "cut-escape": NAME % rb"zzq7marca9\u12",
    "nan": SIGNO % b"NaN",
    "infinity": SIGNO % b"Infinity",
    "minus-infinity": SIGNO % b"-Infinity",
    "leading-zero": SIGNO % b"036",
    "plus": SIGNO % b"+36",
    "hexadecimal": SIGNO % b"0x24",
    "bare-point": SIGNO % b"36.",
    "integer-of-5000-digits": SIGNO % (b"9" * 5000),
    "nested-arrays": b"[" * 10_000,
    "nested-arrays-closed": b"[" * 10_000 + b"]" * 10_000,
    "nested-objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested-in-a-member": NAME[:-1] + b', "ciudad": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "duplicate": b'{"nombre": "zzq7marca9", "nombre": "zzq7marca9"}',
    "duplicate-by-escape": rb'{"nombre": "zzq7marca9", "\u006eombre": "zzq7marca9"}',
    "duplicate-inside": b'{"ciudad": {"a": 1, "a": "zzq7marca9"}}',
    "gzip": gzip.compress(WHOLE),
    "deflate": zlib.compress(WHOLE),
    "gzip-bomb": gzip.compress(b" " * TOO_LARGE),
}
NO_OBJECT = {"null": b"null", "array": b"[]", "text": b'"zzq7marca9"', "number": b"1", "flag": b"true", "minus": b"-0"}
NUMBERS = {
    "1e400": b"1e400",
    "-1e400": b"-1e400",
    "1e-400": b"1e-400",
    "exponent-beyond-bounds": b"1e999999999999999999999",
    "exponent-below-bounds": b"1e-999999999999999999999",
    "integer-of-4000-digits": b"9" * 4000,
    "5000-decimals": b"0." + b"1" * 5000,
    "seven-decimals": b"36.0000001",
    "beyond": b"1000000000",
}
TEXTS = {
    "escape": b"\\u001b[31m",
    "backspace": b"\\b",
    "delete": b"\\u007f",
    "next-line": b"\\u0085",
    "raw-next-line": b"\xc2\x85",
    "crlf": b"\\r\\nX-Otra: 1",
    "surrogates-in-disorder": b"\\udc00\\ud800",
    "escaped-surrogate-in-two-writings": b"\\uD800\\u0041",
}
TYPES = {
    "text": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=zzq7marca9",
    "multipart-without-boundary": "multipart/form-data",
    "xml": "application/xml",
    "octets": "application/octet-stream",
    "made-up": "application/zzq7marca9",
    "no-slash": "json",
    "blank": " ",
    "only-parameters": "; charset=utf-8",
    "list": "text/plain, application/json",
    "jsonp": "application/javascript",
    "long": "application/" + "a" * 4000,
    "not-ascii": b"application/j\xffson",
}
CHARSETS = ["utf-16", "latin1", "utf-7", MARK, "", "utf-8; charset=latin1"]
ENCODINGS = ["gzip", "deflate", "br", MARK]

CASES: list[Case] = [
    *(send(f"malformed-{name}", {400}, body, SIGNOS) for name, body in MALFORMED.items()),
    *(send(f"malformed-new-{name}", {400}, body) for name, body in MALFORMED.items()),
    *(send(f"no-object-{name}", {422}, body, CONSULTAS) for name, body in NO_OBJECT.items()),
    *(send(f"number-{name}", {422}, SIGNO % value, SIGNOS) for name, value in NUMBERS.items()),
    *(send(f"text-{name}", {422}, NAME % (MARKED + text)) for name, text in TEXTS.items()),
    *(send(f"type-{name}", {415}, WHOLE, Content_Type=kind) for name, kind in TYPES.items()),
    *(
        send(f"body-is-not-{charset or 'blank'}", {400, 415}, WHOLE.decode().encode("utf-16"),
             Content_Type=f"{JSON}; charset={charset}")
        for charset in CHARSETS
    ),
    *(send(f"encoded-{name}", {400, 415}, gzip.compress(WHOLE), Content_Encoding=name) for name in ENCODINGS),
    Case("without-a-type", frozenset({415}), "POST", body=WHOLE),
    Case("without-a-body", frozenset({400, 411, 415}), "POST", headers=(("Content-Type", JSON),)),
    send("text-of-10-mb", {413}, NAME % (b"a" * TOO_LARGE)),
    send("spaces-of-10-mb", {413}, WHOLE + b" " * TOO_LARGE),
    send("one-byte-too-many", {413}, WHOLE + b" " * (1048577 - len(WHOLE))),
    send("replaced-by-10-mb", {413}, b"a" * TOO_LARGE, "/api/v1/pacientes/{cedula}", "PUT", If_Match='"1"'),
    send("unknown-10000-members", {422}, as_json(PATIENT | {f"{MARK}{n}": n for n in range(10_000)})),
]  # fmt: skip
