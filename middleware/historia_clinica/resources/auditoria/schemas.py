"""What is accepted and returned about the audit."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from historia_clinica.audit.entries import Resultado, Vinculo
from historia_clinica.http.fields import WHOLE, Cedula, Schema
from historia_clinica.http.pagination import PageQuery

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, en hexadecimal.")]


class AuditoriaQuery(PageQuery):
    paciente: Annotated[Cedula, Field(description="El número del paciente, también uno que ya no tiene.")]


class _Hecho(Schema):
    seq: Annotated[int, Field(description="Lugar en la cadena de ese número, sin huecos.")]
    ocurrido: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    usuario_id: str
    rol: str | None
    accion: str
    recurso: str
    recurso_id: str | None
    version: int | None
    proposito: str | None
    resultado: Resultado
    peticion_id: str


class Acceso(_Hecho):
    numero: Annotated[str, Field(description="El número que el paciente tenía entonces.")]


class Evento(_Hecho):
    ip: str | None
    agente: str | None
    consulta: Annotated[str | None, Field(description="Nombres de los parámetros, sin sus valores.")]
    vinculo: Annotated[Vinculo | None, Field(description="Qué une esta cadena con la de otro número.")]
    vinculado: str | None
    formato: Annotated[int, Field(description="Versión de la forma canónica de la que se hace el hash.")]
    hash_previo: Hash
    hash: Hash

    @field_validator("hash_previo", "hash", mode="before")
    @classmethod
    def _in_hexadecimal(cls, value: Any) -> Any:
        return value if isinstance(value, str) else bytes(value).hex()


class PaginaAuditoria(Schema):
    eventos: list[Evento]
    siguiente: str | None


class PaginaAccesos(Schema):
    accesos: list[Acceso]
    siguiente: str | None


class Verificacion(Schema):
    paciente: Annotated[Cedula, Field(description="El número cuya cadena se verifica.")]
    desde: Annotated[
        int, Field(ge=1, le=2**53, strict=True, description="La primera fila; con 1, toda la cadena."), WHOLE
    ] = 1


class Hallazgo(Schema):
    seq: Annotated[int, Field(description="Desde qué fila.")]
    hallazgo: str


class Verificado(Schema):
    paciente: str
    desde: int
    hasta: Annotated[int, Field(description="La última fila que se miró.")]
    completo: Annotated[bool, Field(description="Falso si quedan filas: repita con «desde» en la siguiente.")]
    estado: Literal["sana", "alterada"]
    hallazgos: list[Hallazgo]


_SAID: dict[str, Any] = {
    "seq": 17,
    "ocurrido": "2026-03-02T15:04:05.123456Z",
    "usuario_id": "1020304050",
    "rol": "medico",
    "accion": "leer",
    "recurso": "consultas",
    "recurso_id": "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de",
    "version": 2,
    "proposito": None,
    "resultado": "exito",
    "peticion_id": "0d9e6c2e-4d4f-4d62-8a5e-6f2f6f1c5a11",
}
EXAMPLE_ACCESSES = {"accesos": [_SAID | {"numero": "1012345678"}], "siguiente": None}
EXAMPLE_PAGE = {
    "eventos": [
        _SAID
        | {"ip": "192.0.2.7", "agente": "curl/8.5.0", "consulta": "version", "vinculo": None, "vinculado": None}
        | {"formato": 1, "hash_previo": "5f" * 32, "hash": "a0" * 32}
    ],
    "siguiente": None,
}
EXAMPLE = {"paciente": "1012345678"}
EXAMPLE_VERIFIED = EXAMPLE | {"desde": 1, "hasta": 17, "completo": True, "estado": "sana", "hallazgos": []}
