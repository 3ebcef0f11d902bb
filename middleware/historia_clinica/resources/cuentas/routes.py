"""/api/v1/usuarios/{documento_id}/cuenta: for administrators alone, also where nobody else has to identify himself."""

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint
from flask import request

from historia_clinica.errors import Conflict, FieldError, InvalidInput, PreconditionFailed
from historia_clinica.http.body import BODY
from historia_clinica.http.conditional import etag, wanted_versions
from historia_clinica.http.context import context
from historia_clinica.http.identity import administrator
from historia_clinica.http.request_id import request_id
from historia_clinica.resources.cuentas import repository
from historia_clinica.resources.cuentas.repository import Cuenta as Row
from historia_clinica.resources.cuentas.schemas import (
    EXAMPLE,
    EXAMPLE_ANSWER,
    EXAMPLE_ANSWER_CHANGED,
    EXAMPLE_CHANGED,
    EXAMPLE_CREATED,
    EXAMPLE_RESET,
    ClaveRestablecida,
    Cuenta,
    CuentaAsignada,
    CuentaCambiada,
    CuentaConClave,
)
from historia_clinica.resources.usuarios.schemas import UsuarioEnRuta

Headers = dict[str, str]

blueprint = APIBlueprint("cuentas", __name__, url_prefix="/api/v1/usuarios/<documento_id>/cuenta", tag="Cuentas")
REFUSED = {401: "Falta autenticación", 403: "No es administrador"}
ONE_USE, OF_A_PROGRAM = 12, 32  # random bytes
ANOTHER_KIND = FieldError("/rol", "La cuenta de un programa no pasa a una persona, ni al revés: quien la usa es otro.")
OWN = FieldError("/activa", "Nadie desactiva su propia cuenta.")
OWN_LINK = FieldError("/sujeto_oidc", "Nadie vincula ni desvincula su propia cuenta.")
LINKED = "Esa cuenta entra con el proveedor de identidad; para darle una contraseña, desvincúlela antes."
OWN_ROLE = FieldError("/rol", "Nadie deja por sí mismo de ser administrador.")


@blueprint.get("")
@blueprint.input(UsuarioEnRuta, location="path", arg_name="documento_id")
@blueprint.output(Cuenta, description="La cuenta del usuario", example=EXAMPLE_ANSWER)
@blueprint.doc(summary="Leer la cuenta de un usuario", operation_id="obtenerCuenta", responses=REFUSED)
def get(documento_id: UsuarioEnRuta) -> tuple[Cuenta, int, Headers]:
    administrator()
    documento = documento_id.documento_id
    with context().database.transaction(cuenta=documento) as transaction:
        return _shown(repository.get(transaction, documento))


@blueprint.post("")
@blueprint.input(UsuarioEnRuta, location="path", arg_name="documento_id")
@blueprint.input(CuentaAsignada, arg_name="cuenta", example=EXAMPLE)
@blueprint.output(CuentaConClave, 201, description="La cuenta, y su contraseña por única vez", example=EXAMPLE_CREATED)
@blueprint.doc(
    summary="Dar una cuenta a un usuario",
    description="Con un rol si es una persona: su contraseña se cambia al entrar por primera vez. Con ámbitos si es un "
    "programa: lo que se dice es su secreto. A quien entra con el proveedor de identidad (`sujeto_oidc`) no se le dice "
    "ninguna.",
    operation_id="crearCuenta",
    responses={**REFUSED, **BODY, 409: "Ese usuario ya tiene una cuenta"},
)
def create(documento_id: UsuarioEnRuta, cuenta: CuentaAsignada) -> tuple[CuentaConClave, int, Headers]:
    administrator()
    documento, now = documento_id.documento_id, context().sessions.now()
    with context().database.aside(documento) as transaction:
        repository.refuse_second(transaction, documento)  # before anything is said about a patient
    clave, made = _made_up(for_person=cuenta.rol is not None)
    values = _assigned(documento, cuenta, now) | {"clave_hash": made, "debe_cambiar": cuenta.rol is not None}
    with context().database.transaction(cuenta=documento) as transaction:
        created = repository.create(transaction, values)
    told = clave if created.sujeto_oidc is None else None
    return _with_password(created, told, 201, {"Location": request.path})


@blueprint.put("")
@blueprint.input(UsuarioEnRuta, location="path", arg_name="documento_id")
@blueprint.input(CuentaCambiada, arg_name="cuenta", example=EXAMPLE_CHANGED)
@blueprint.output(Cuenta, description="La cuenta como quedó", example=EXAMPLE_ANSWER_CHANGED)
@blueprint.doc(
    summary="Cambiar el rol de una cuenta, vincularla, desactivarla o activarla",
    description="Vale desde la petición siguiente de quien la tiene, en todos los nodos. Vincularla al proveedor de "
    "identidad, o desvincularla, termina sus sesiones.",
    operation_id="cambiarCuenta",
    responses={**REFUSED, **BODY},
)
def assign(documento_id: UsuarioEnRuta, cuenta: CuentaCambiada) -> tuple[Cuenta, int, Headers]:
    who, documento = administrator(), documento_id.documento_id
    if who.usuario == documento and not (cuenta.activa and cuenta.rol is who.rol):
        raise InvalidInput(errors=(OWN_ROLE if cuenta.activa else OWN,))
    wanted, now, found = wanted_versions(), context().sessions.now(), _found(documento)
    if found.version not in wanted:
        raise PreconditionFailed(found.version)  # before anything is said about a patient
    if (found.rol is None) != (cuenta.rol is None):
        raise InvalidInput(errors=(ANOTHER_KIND,))
    if who.usuario == documento and cuenta.sujeto_oidc != found.sujeto_oidc:
        raise InvalidInput(errors=(OWN_LINK,))
    values = _assigned(documento, cuenta, now) | {"activa": cuenta.activa}
    with context().database.transaction(cuenta=documento) as transaction:
        return _shown(repository.assign(transaction, found, values, now))


@blueprint.post("/clave")
@blueprint.input(UsuarioEnRuta, location="path", arg_name="documento_id")
@blueprint.input(ClaveRestablecida, arg_name="restablecida", example=EXAMPLE_RESET)
@blueprint.output(CuentaConClave, description="La cuenta, y su contraseña por única vez", example=EXAMPLE_CREATED)
@blueprint.doc(
    summary="Restablecer la contraseña de una cuenta",
    description="Sus sesiones terminan, y si había que esperar por intentos fallidos, ya no.",
    operation_id="restablecerClave",
    responses={**REFUSED, **BODY, 409: "Esa cuenta entra con el proveedor de identidad"},
)
def reset(documento_id: UsuarioEnRuta, restablecida: ClaveRestablecida) -> tuple[CuentaConClave, int, Headers]:
    administrator()
    documento, now = documento_id.documento_id, context().sessions.now()
    found = _found(documento)
    if found.sujeto_oidc is not None:
        raise Conflict(LINKED)
    clave, made = _made_up(for_person=found.rol is not None)
    values = _signed(restablecida.motivo) | {"documento_id": documento, "clave_hash": made, "ahora": now}
    with context().database.transaction(cuenta=documento) as transaction:
        changed = repository.reset(transaction, values, now)
    return _with_password(changed, clave, 200, {})


def _found(documento: str) -> Row:
    """Raises NotFound without an account."""
    with context().database.aside(documento) as transaction:
        return repository.get(transaction, documento)


def _made_up(*, for_person: bool) -> tuple[str, str]:
    """A password and its hash."""
    clave = secrets.token_urlsafe(ONE_USE if for_person else OF_A_PROGRAM)
    passwords = context().sessions.passwords
    with passwords.slot():
        return clave, passwords.hash(clave)


def _patient(cuenta: CuentaAsignada) -> UUID | None:
    """Asked apart: where users are spread, a patient may lie on another node than the account."""
    if cuenta.paciente_id is None:
        return None
    with context().database.aside(paciente=cuenta.paciente_id) as transaction:
        return repository.patient(transaction, cuenta.paciente_id)


def _assigned(documento: str, cuenta: CuentaAsignada, now: datetime) -> dict[str, Any]:
    return _signed(cuenta.motivo) | {
        "documento_id": documento,
        "rol": cuenta.rol,
        "ambitos": cuenta.ambitos,
        "medico_id": cuenta.medico_id,
        "paciente_id": cuenta.paciente_id,
        "paciente_uuid": _patient(cuenta),
        "sujeto_oidc": cuenta.sujeto_oidc,
        "ahora": now,
    }


def _signed(motivo: str) -> dict[str, Any]:
    return {"autor": administrator().usuario, "motivo": motivo, "peticion": request_id()}


def _members(row: Row) -> dict[str, Any]:
    members = asdict(row)
    return members | {"debe_cambiar_clave": members.pop("debe_cambiar")}


def _shown(row: Row) -> tuple[Cuenta, int, Headers]:
    return Cuenta(**_members(row)), 200, {"ETag": etag(row.version)}


def _with_password(row: Row, clave: str | None, status: int, headers: Headers) -> tuple[CuentaConClave, int, Headers]:
    return CuentaConClave(**_members(row), clave=clave), status, headers | {"ETag": etag(row.version)}
