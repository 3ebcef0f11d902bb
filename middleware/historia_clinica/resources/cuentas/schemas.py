"""What is accepted and returned for accounts."""

from datetime import datetime
from typing import Annotated, Any, LiteralString, Self

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from historia_clinica.access.operations import Accion
from historia_clinica.access.people import Rol
from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import WHOLE, Cedula, Schema

SUJETO = r"^[!-~]+$"
AMBITO = rf"^[a-z_]{{3,40}}:({'|'.join(Accion)})$"


def _demand(fits: bool, sentence: LiteralString, *members: str) -> None:
    if not fits:
        raise PydanticCustomError("historia_cuenta", sentence, {"members": list(members)})


# written out where it is used: the document has no reference in the middle of a member
UnRol = Annotated[Rol, WithJsonSchema({"type": "string", "enum": [*map(str, Rol)]})]
Ambito = Annotated[str, Field(strict=True, pattern=AMBITO)]
Ambitos = Annotated[
    list[Ambito],
    Field(
        min_length=1,
        max_length=100,
        description="De la cuenta de un programa: lo único que puede hacer, cada uno `recurso:accion`.",
    ),
]


class CuentaAsignada(Schema):
    rol: Annotated[UnRol | None, Field(description="De la cuenta de una persona.")] = None
    ambitos: Ambitos | None = None
    medico_id: Annotated[
        int | None, Field(ge=1, le=2**63 - 1, strict=True, description="Qué médico es; con el rol medico."), WHOLE
    ] = None
    paciente_id: Annotated[
        Cedula | None, Field(description="De qué paciente es la historia que ve; con el rol paciente.")
    ] = None
    sujeto_oidc: Annotated[
        str | None,
        Field(
            strict=True,
            min_length=1,
            max_length=255,
            pattern=SUJETO,
            description="Quién es esa persona en el proveedor de identidad, su `sub`: entra con él y con ninguna "
            "contraseña. Nulo: entra con contraseña.",
        ),
    ] = None
    motivo: Motivo

    @model_validator(mode="after")
    def _fit(self) -> Self:
        physician, patient = self.rol is Rol.MEDICO, self.rol is Rol.PACIENTE
        _demand(
            (self.rol is None) != (self.ambitos is None), "Diga «rol» o «ambitos», uno de los dos.", "rol", "ambitos"
        )
        _demand(self.rol is not None or self.sujeto_oidc is None, "Los programas entran con su secreto.", "sujeto_oidc")
        _demand(physician == (self.medico_id is not None), "Va con el rol «medico», y solo con él.", "medico_id")
        _demand(patient == (self.paciente_id is not None), "Va con el rol «paciente», y solo con él.", "paciente_id")
        return self


class CuentaCambiada(CuentaAsignada):
    activa: Annotated[bool, Field(strict=True, description="Falso: no entra, y sus sesiones terminan.")] = True


class ClaveRestablecida(Schema):
    motivo: Motivo


class Cuenta(Schema):
    documento_id: str
    rol: UnRol | None
    ambitos: list[str] | None
    medico_id: int | None
    paciente_id: str | None
    sujeto_oidc: str | None
    activa: bool
    debe_cambiar_clave: bool
    clave_en: Annotated[datetime, Field(description="Desde cuándo vale su contraseña.")]
    creada_en: datetime
    creada_por: str
    actualizada_en: datetime | None
    actualizada_por: str | None
    motivo: str | None
    version: int


class CuentaConClave(Cuenta):
    clave: Annotated[
        str | None,
        Field(
            description="Se dice esta vez y no se guarda. La de una persona vale siete días, para entrar y "
            "cambiarla; la de un programa es su secreto. Nulo si entra con el proveedor de identidad."
        ),
    ]


EXAMPLE = {
    "rol": "medico",
    "ambitos": None,
    "medico_id": 1,
    "paciente_id": None,
    "sujeto_oidc": None,
    "motivo": "Empieza a trabajar aquí",
}
EXAMPLE_CHANGED = EXAMPLE | {"activa": False, "motivo": "Ya no trabaja aquí"}
EXAMPLE_RESET = {"motivo": "La olvidó y lo pidió en persona"}
EXAMPLE_ANSWER: dict[str, Any] = {
    "documento_id": "1012345678",
    "rol": "medico",
    "ambitos": None,
    "medico_id": 1,
    "paciente_id": None,
    "sujeto_oidc": None,
    "activa": True,
    "debe_cambiar_clave": False,
    "clave_en": "2026-01-31T13:30:00Z",
    "creada_en": "2026-01-31T13:30:00Z",
    "creada_por": "1098765432",
    "actualizada_en": None,
    "actualizada_por": None,
    "motivo": EXAMPLE["motivo"],
    "version": 1,
}
EXAMPLE_CREATED = EXAMPLE_ANSWER | {"debe_cambiar_clave": True, "clave": "4pT0-w3kQz_Vx81c"}
EXAMPLE_ANSWER_CHANGED = EXAMPLE_ANSWER | {
    "activa": False,
    "actualizada_en": "2026-03-02T15:04:05Z",
    "actualizada_por": "1098765432",
    "motivo": EXAMPLE_CHANGED["motivo"],
    "version": 2,
}
