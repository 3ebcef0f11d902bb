"""What no HTTP client can send: bytes that are no HTTP request, or one whose body does not have the form it announces.

`{cedula}` is not filled in here. 0: the connection is closed without an answer, as nothing was asked. 501 is what
RFC 9112 §6.1 wants of a transfer coding that a server does not know.
"""

from contract.bad_inputs.case import MARK, Case

BODY = b'{"cedula": "MAL-3", "nombre": "zzq7marca9", "apellido": "A"}'
HOST = b"Host: historia.test\r\nConnection: close\r\n"
JSON_TYPE = b"Content-Type: application/json\r\n"
POST = b"POST /api/v1/pacientes HTTP/1.1\r\n" + HOST + JSON_TYPE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
KEPT = CHUNKED.replace(b"Connection: close\r\n", b"")
GET = b"GET /api/v1/medicos HTTP/1.1\r\n" + HOST
M = MARK.encode()


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _line(line: bytes) -> bytes:
    return line + b"\r\n" + HOST + b"\r\n"


def _headed(*headers: bytes) -> bytes:
    return GET + b"".join(header + b"\r\n" for header in headers) + b"\r\n"


REFUSED = {
    "garbage": M + b"\r\n\r\n",
    "nul": b"\0" * 100 + b"\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "only-a-method": b"GET\r\n\r\n",
    "no-version": b"GET /" + M + b"\r\n\r\n",
    "version-0.9": _line(b"GET / HTTP/0.9"),
    "version-9": _line(b"GET / HTTP/9.9"),
    "version-made-up": _line(b"GET / " + M),
    "version-of-letters": _line(b"GET / HTTP/a.b" + M),
    "more-words": _line(b"GET / " + M + b" HTTP/1.1"),
    "method-of-signs": _line(b"G(E)T{" + M + b"} / HTTP/1.1"),
    "method-not-ascii": _line(b"\xff\xfe" + M + b" / HTTP/1.1"),
    "line-too-long": _line(b"GET /" + M * 1000 + b" HTTP/1.1"),
    "space-before-the-colon": _headed(b"X-Otra : " + M),
    "no-colon": _headed(M),
    "name-of-signs": _headed(b"X(" + M + b"): 1"),
    "name-not-ascii": _headed(b"X-\xff" + M + b": 1"),
    "empty-name": _headed(b": " + M),
    "nul-in-a-value": _headed(b"X-Otra: " + M + b"\0"),
    "cr-in-a-value": _headed(b"X-Otra: " + M + b"\rX-Mala: 1"),
    "folded": _headed(b"X-Otra: a", b" " + M),
    "header-too-long": _headed(b"X-Otra: " + M * 2000),
    "too-many-headers": _headed(*(b"X-%d: %s" % (number, M) for number in range(200))),
    "length-of-letters": POST + b"Content-Length: " + M + b"\r\n\r\n" + BODY,
    "length-negative": POST + b"Content-Length: -1\r\n\r\n" + BODY,
    "length-plus": POST + b"Content-Length: +%d\r\n\r\n" % len(BODY) + BODY,
    "length-twice": POST + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n" + BODY,
    "length-list": POST + b"Content-Length: 5, 9\r\n\r\n" + BODY,
    "length-and-chunks": POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    + _chunk(BODY)
    + b"0\r\n\r\n",
    "chunked-twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + _chunk(BODY) + b"0\r\n\r\n",
    "chunked-first": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + _chunk(BODY) + b"0\r\n\r\n",
    "chunk-size-of-letters": CHUNKED + M + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk-size-negative": CHUNKED + b"-1\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk-size-0x": CHUNKED + b"0x10\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk-without-end": CHUNKED + b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk-of-garbage": CHUNKED + _chunk(M) + b"0\r\n\r\n",
    "chunk-size-of-letters-kept": KEPT + M + b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk-without-end-kept": KEPT + b"5\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunks-cut": CHUNKED + _chunk(BODY),
    "chunks-none": CHUNKED + b"0\r\n\r\n",
    "expectation": POST + b"Expect: " + M + b"\r\nContent-Length: 2\r\n\r\n{}",
}
SIGNING = b"POST /api/v1/pacientes/CC-1/notas/7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de/firma HTTP/1.1\r\n" + HOST
KEYED = SIGNING + b'If-Match: "1"\r\nIdempotency-Key: ' + M + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
UNKNOWN_CODING = POST + b"Transfer-Encoding: " + M + b"\r\n\r\n" + BODY
TOO_LARGE = CHUNKED + _chunk(BODY) + b"".join(_chunk(b" " * 65536) for _ in range(16)) + b"0\r\n\r\n"
CRLF = b"GET /api/v1/medicos?cursor=" + M + b"%0d%0aX-Otra:%201 HTTP/1.1\r\n" + HOST + b"\r\n"

CASES: list[Case] = [
    *(Case(f"wire-{name}", frozenset({400, 414, 417, 431}), raw=raw) for name, raw in REFUSED.items()),
    Case("wire-unknown-coding", frozenset({501}), raw=UNKNOWN_CODING),
    Case("wire-signing-broken-chunks", frozenset({400}), raw=KEYED + b"-1\r\n" + M + b"\r\n0\r\n\r\n"),
    Case("wire-signing-chunks-too-long", frozenset({413}), raw=KEYED + TOO_LARGE.removeprefix(CHUNKED)),
    Case("wire-chunks-too-long", frozenset({413}), raw=TOO_LARGE),
    Case("wire-length-too-short", frozenset({400}), raw=POST + b"Content-Length: 20\r\n\r\n" + BODY),
    Case("wire-length-too-long", frozenset({400}), raw=POST + b"Content-Length: 200\r\n\r\n" + BODY),
    Case("wire-length-huge", frozenset({400, 413}), raw=POST + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n" + BODY),
    Case("wire-crlf-in-a-query", frozenset({422}), raw=CRLF),
    Case("wire-no-host", frozenset({200, 400}), raw=b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n"),
    Case("wire-two-hosts", frozenset({200, 400}), raw=_headed(b"Host: " + M)),
    Case("wire-absolute", frozenset({200, 400, 404}), raw=_line(b"GET http://" + M + b"/livez HTTP/1.1")),
    Case("wire-asterisk", frozenset({200, 400, 404, 405}), raw=_line(b"OPTIONS * HTTP/1.1")),
    Case(
        "wire-raw-bytes-in-a-query",
        frozenset({422, 400}),
        raw=_line(b"GET /api/v1/medicos?limite=\xff" + M + b" HTTP/1.1"),
    ),
    Case("wire-fragment", frozenset({200, 400, 404}), raw=_line(b"GET /livez#" + M + b" HTTP/1.1")),
    Case("wire-underscores", frozenset({200, 400}), raw=_headed(b"If_Match: " + M)),
    Case("wire-nothing", frozenset({0}), raw=b""),
    Case("wire-blank", frozenset({0, 400}), raw=b"\r\n\r\n\r\n"),
    Case("wire-cut-in-a-header", frozenset({0, 400}), raw=GET + b"X-Otra: " + M),
]
