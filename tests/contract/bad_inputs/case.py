"""One bad input: the bytes of a request, and the statuses that are right for it."""

import json
from dataclasses import dataclass, field
from typing import Any

MARK = "zzq7marca9"  # in every value; with digits, since names of letters alone may be repeated in a pointer
JSON = "application/json"


@dataclass(frozen=True)
class Case:
    """Placeholders `{cedula}`, `{id}` and the like in the target are filled with rows that exist.

    `raw` is sent as it is, instead of what the other members make. `pointers`, where given, are what the problem names.
    """

    name: str
    expected: frozenset[int]
    method: str = "GET"
    target: str | bytes = "/api/v1/pacientes"
    headers: tuple[tuple[str, str | bytes], ...] = ()
    body: bytes | None = None
    raw: bytes | None = None
    pointers: frozenset[str] = field(default_factory=frozenset)

    def message(self, target: str | bytes) -> bytes:
        """What is sent, to that target."""
        if self.raw is not None:
            return self.raw
        names = {name.lower() for name, _ in self.headers}
        framed = names & {"content-length", "transfer-encoding"}
        length = [("Content-Length", str(len(self.body)))] if self.body is not None and not framed else []
        host = [] if "host" in names else [("Host", "historia.test")]
        lines = [
            b"%s %s HTTP/1.1" % (_bytes(self.method), _bytes(target)),
            *(b"%s: %s" % (_bytes(name), _bytes(value)) for name, value in [*host, *self.headers, *length]),
            b"Connection: close",
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + (self.body or b"")


def get(name: str, expected: set[int], target: str | bytes, **headers: str | bytes) -> Case:
    return Case(name, frozenset(expected), target=target, headers=_headers(headers))


def send(
    name: str,
    expected: set[int],
    body: bytes,
    target: str = "/api/v1/pacientes",
    method: str = "POST",
    **headers: str | bytes,
) -> Case:
    """With a media type of JSON where the headers give no other."""
    given = _headers({"Content_Type": JSON} | headers)
    return Case(name, frozenset(expected), method, target, given, body)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _headers(named: dict[str, str | bytes]) -> tuple[tuple[str, str | bytes], ...]:
    return tuple((name.replace("_", "-"), value) for name, value in named.items())


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
