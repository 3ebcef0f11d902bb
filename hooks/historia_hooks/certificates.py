"""What certificate a node presents, and until when it is good. It changes nothing."""

import contextlib
import datetime
import socket
import ssl
import struct
from dataclasses import dataclass
from pathlib import Path

from historia_hooks.addresses import Address
from historia_hooks.errors import Misconfigured, TryAgain

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
SECONDS = 5


@dataclass(frozen=True)
class Certificate:
    der: bytes
    expires: datetime.datetime

    def days_left(self, now: datetime.datetime) -> int:
        return (self.expires - now).days


def read_certificate(path: str) -> bytes:
    """The certificate in a file, as DER; Misconfigured when there is none."""
    try:
        return parse_certificate(Path(path).read_text())
    except (OSError, ValueError):
        raise Misconfigured(f"HISTORIA_TLS_CERT: {path} no se puede leer o no es un certificado PEM") from None


def parse_certificate(text: str) -> bytes:
    """The first certificate of a PEM text, which is the node's own, as DER; ValueError when there is none."""
    end = text.index(ssl.PEM_FOOTER) + len(ssl.PEM_FOOTER)
    return ssl.PEM_cert_to_DER_cert(text[text.index(ssl.PEM_HEADER) : end])


def presented(address: Address, authority: str) -> Certificate:
    """What the node shows to whoever connects, checked against the CA in that file; raises HookError."""
    try:
        with contextlib.closing(socket.create_connection((address.name, address.port), timeout=SECONDS)) as plain:
            plain.sendall(SSL_REQUEST)
            if plain.recv(1) != b"S":
                raise Misconfigured(f"el nodo {address} no ofrece TLS")
            with ssl.create_default_context(cafile=authority).wrap_socket(plain, server_hostname=address.name) as node:
                shown = _read(node)
                with contextlib.suppress(OSError):
                    node.unwrap()  # whoever leaves TLS without a word is an error in the server's log
                return shown
    except ssl.SSLCertVerificationError as error:
        raise Misconfigured(f"el certificado del nodo {address} no vale: {error.verify_message}") from None
    except OSError:
        raise TryAgain(f"el nodo {address} no muestra su certificado: nadie responde en el puerto (TCP)") from None


def _read(node: ssl.SSLSocket) -> Certificate:
    der, fields = node.getpeercert(binary_form=True), node.getpeercert()
    if not der or not fields:
        raise Misconfigured("el nodo no muestra ningún certificado")
    expires = ssl.cert_time_to_seconds(str(fields["notAfter"]))
    return Certificate(der, datetime.datetime.fromtimestamp(expires, datetime.UTC))
