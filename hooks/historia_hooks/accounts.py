"""What the hooks write of accounts: the hash of a password, and a program's account that lasts as long as its task.

The parameters of argon2id are written down here as well as in the API's settings, because neither program imports the
other; the API takes any, and makes the hash anew with its own at the first login.
"""

import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from argon2 import PasswordHasher

from historia_hooks.apply import Transaction
from historia_hooks.connections import Nodes

AUTHOR = "historia-hooks"
HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)

ADD_USER = """
INSERT INTO public.usuario (documento_id, nombre, email, cambiado_por)
VALUES (%(documento)s, %(nombre)s, %(correo)s, %(autor)s)
"""
ADD_PROGRAM = """
INSERT INTO public.cuentas (documento_id, ambitos, clave_hash, clave_en, debe_cambiar, creada_en, creada_por, motivo)
VALUES (%(documento)s, %(ambitos)s, %(hash)s, %(ahora)s, false, %(ahora)s, %(autor)s, %(motivo)s)
"""
REMOVE = (
    "DELETE FROM public.sesiones WHERE documento_id = %(documento)s",
    "DELETE FROM public.intentos_acceso WHERE documento_id = %(documento)s",
    "DELETE FROM public.cuentas WHERE documento_id = %(documento)s",
    "DELETE FROM public.usuario WHERE documento_id = %(documento)s",
)


@dataclass(frozen=True)
class Program:
    documento: str
    secret: str = field(repr=False)


def hashed(password: str) -> str:
    """Its argon2id, in the form that the API compares with."""
    return HASHER.hash(unicodedata.normalize("NFC", password))


@contextmanager
def temporary_program(nodes: Nodes, documento: str, nombre: str, scopes: list[str]) -> Iterator[Program]:
    """A program that may enter while the block lasts; its secret is kept nowhere. What the audit says of it stays."""
    program = Program(documento, secrets.token_urlsafe(32))
    values = {
        "documento": documento,
        "nombre": nombre,
        "correo": f"{documento.lower()}@{AUTHOR}.invalid",
        "ambitos": scopes,
        "hash": hashed(program.secret),
        "ahora": datetime.now(UTC),
        "autor": AUTHOR,
        "motivo": nombre,
    }
    write(nodes, (ADD_USER, ADD_PROGRAM), values)
    try:
        yield program
    finally:
        remove(nodes, documento)


def remove(nodes: Nodes, documento: str) -> None:
    """The user with the account, its sessions and its failed logins."""
    write(nodes, REMOVE, {"documento": documento})


def write(nodes: Nodes, statements: Iterable[str], values: Mapping[str, object]) -> None:
    """All of them with the same values, in one transaction."""
    with Transaction(nodes.coordinator), nodes.coordinator.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
