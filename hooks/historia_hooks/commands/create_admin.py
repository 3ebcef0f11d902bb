"""The first account: somebody must be able to give the others. Done again it changes nothing."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from psycopg2.errors import UndefinedTable, UniqueViolation
from pydantic import SecretStr

from historia_hooks.accounts import ADD_USER, AUTHOR, hashed, write
from historia_hooks.connections import Nodes
from historia_hooks.errors import Misconfigured
from historia_hooks.log import logger
from historia_hooks.state import query

DOCUMENTO = re.compile(r"[0-9A-Z-]{3,20}")
CORREO = re.compile(r"[^@\s]+@[^@\s]+")
LEAST, MOST = 12, 128  # characters of a password

ADMINS = """
SELECT c.documento_id FROM public.cuentas c JOIN public.usuario u ON u.documento_id = c.documento_id
 WHERE c.rol = 'admin' AND c.activa AND u.estado <> 'anulado'
"""
EVER = "SELECT FROM public.cuentas WHERE rol = 'admin' LIMIT 1"
ACCOUNT = "SELECT rol, activa FROM public.cuentas WHERE documento_id = %(documento)s"
USER = "SELECT estado FROM public.usuario WHERE documento_id = %(documento)s"
ADD_ACCOUNT = """
INSERT INTO public.cuentas (documento_id, rol, clave_hash, clave_en, debe_cambiar, creada_en, creada_por, motivo)
VALUES (%(documento)s, 'admin', %(hash)s, %(ahora)s, true, %(ahora)s, %(autor)s, %(motivo)s)
"""
# Also of an account that was linked to the identity provider: its password serves again, whatever became of that.
RESET = """
UPDATE public.cuentas
   SET clave_hash = %(hash)s, clave_en = %(ahora)s, debe_cambiar = true, activa = true, epoca = epoca + 1,
       sujeto_oidc = NULL,
       version = version + 1, actualizada_en = %(ahora)s, actualizada_por = %(autor)s, motivo = %(motivo)s
 WHERE documento_id = %(documento)s
"""
FORGIVE = "UPDATE public.intentos_acceso SET intentos = 0 WHERE documento_id = %(documento)s"


@dataclass(frozen=True)
class Wanted:
    """`another`: also where there is an administrator already; `again`: a new password for one that there is."""

    documento: str
    nombre: str | None
    correo: str | None
    password: SecretStr = field(repr=False)
    another: bool = False
    again: bool = False


def create_admin(nodes: Nodes, wanted: Wanted) -> None:
    """Misconfigured where the account is somebody's who is no administrator, or there is one and it was not said."""
    _check(wanted)
    connection = nodes.coordinator
    try:
        account = query(connection, ACCOUNT, documento=wanted.documento)
        admins = {documento for (documento,) in query(connection, ADMINS)}
        user = query(connection, USER, documento=wanted.documento)
    except UndefinedTable:
        raise Misconfigured("falta la tabla de las cuentas. Ejecute antes historia-hooks sync") from None
    if wanted.documento in admins and not wanted.again:
        logger.info("administrador: nada que hacer")
        return
    _refuse(wanted, account, user, admins)
    values = {
        "documento": wanted.documento,
        "nombre": wanted.nombre,
        "correo": wanted.correo,
        "hash": hashed(wanted.password.get_secret_value()),
        "ahora": datetime.now(UTC),
        "autor": AUTHOR,
        "motivo": "historia-hooks create-admin",
    }
    statements = [RESET, FORGIVE] if account else [*([] if user else [ADD_USER]), ADD_ACCOUNT]
    try:
        write(nodes, statements, values)
    except UniqueViolation:
        raise Misconfigured("otro usuario tiene ese correo: diga otro con --correo") from None
    logger.info("administrador con contraseña nueva" if account else "administrador creado")


def first_administrator(nodes: Nodes) -> bool:
    """Makes the one that the settings name, where there has been none. Whether it did."""
    settings = nodes.settings
    if not (settings.admin_document and settings.admin_password.get_secret_value()):
        return False
    if query(nodes.coordinator, EVER):
        return False
    wanted = Wanted(settings.admin_document, settings.admin_name, settings.admin_email, settings.admin_password)
    create_admin(nodes, wanted)
    return True


def _check(wanted: Wanted) -> None:
    password = wanted.password.get_secret_value()
    if not DOCUMENTO.fullmatch(wanted.documento):
        raise Misconfigured("--documento lleva de 3 a 20 dígitos, letras mayúsculas sin tilde o guiones")
    if not LEAST <= len(password) <= MOST or not password.isprintable() or not password.strip():
        raise Misconfigured(f"la contraseña lleva de {LEAST} a {MOST} caracteres, sin saltos de línea")
    if wanted.documento.casefold() in password.casefold():
        raise Misconfigured("la contraseña no puede llevar el documento")


def _refuse(wanted: Wanted, account: list[tuple[str, bool]], user: list[tuple[str]], admins: set[str]) -> None:
    if any(estado == "anulado" for (estado,) in user):
        raise Misconfigured("ese usuario está anulado: diga otro documento")
    if account:
        _refuse_account(wanted, *account[0])
        return
    if admins and not wanted.another:
        raise Misconfigured(
            "ya hay un administrador, que puede dar las demás cuentas. Para crear otro de todos modos: --otro"
        )
    if not user and not (wanted.nombre and wanted.nombre.strip() and CORREO.fullmatch(wanted.correo or "")):
        raise Misconfigured("no hay un usuario con ese documento: diga también --nombre y --correo")


def _refuse_account(wanted: Wanted, rol: str | None, activa: bool) -> None:
    if rol != "admin":
        raise Misconfigured("ese usuario tiene una cuenta con otro rol: diga otro documento")
    if not wanted.again:
        state = "existe" if activa else "está desactivada"
        raise Misconfigured(f"esa cuenta de administrador {state}. Para activarla con esta contraseña: --restablecer")
