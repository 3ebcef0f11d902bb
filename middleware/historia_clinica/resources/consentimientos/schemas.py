"""What is accepted and returned for consents."""

from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from historia_clinica.access.consent import Categoria
from historia_clinica.access.people import Rol
from historia_clinica.http.conditional import Motivo
from historia_clinica.http.fields import AtMost, Line, Moment, Schema
from historia_clinica.records.fields import not_before_desde, present_exactly_when
from historia_clinica.records.schemas import Registro, examples

Item = TypeVar("Item", bound=str)
DESTINATARIO = r"^[0-9A-Za-z_-]{3,36}$"
# A denial to these would do nothing: the one is the patient, and the other sees what is clinical masked.
NEVER_DENIED = frozenset({Rol.PACIENTE, Rol.AUDITOR})
REPRESENTED = "Diga quién lo otorga en nombre del paciente."
HIMSELF = "Solo se dice si lo otorga un representante."

Tipo = Literal["tratamiento_datos", "compartir_terceros", "interoperabilidad", "investigacion", "contacto"]
Decision = Literal["permite", "niega"]
Calidad = Literal["titular", "representante"]
Proposito = Literal[
    "TRATAMIENTO",
    "EMERGENCIA",
    "SOLICITUD_PACIENTE",
    "CALIDAD",
    "AUDITORIA",
    "PAGO",
    "SALUD_PUBLICA",
    "INVESTIGACION",
    "LEGAL",
]


def _check_recipient(value: str) -> str:
    if value in NEVER_DENIED:
        raise PydanticCustomError("historia_recipient", "Lo que el paciente niega no rige para ese rol.")
    return value


def _check_once(value: list[Item]) -> list[Item]:
    if len(set(value)) < len(value):
        raise PydanticCustomError("historia_repeated", "Cada uno se dice una sola vez.")
    return value


ONCE = Field(json_schema_extra={"uniqueItems": True})
Destinatario = Annotated[str, Field(strict=True, pattern=DESTINATARIO), AfterValidator(_check_recipient)]
Categorias = Annotated[
    list[Categoria],
    AfterValidator(_check_once),
    ONCE,
    Field(max_length=len(Categoria.__args__), description="Las clases de registro de que trata; vacío, todas."),
]
Destinatarios = Annotated[
    list[Destinatario],
    AfterValidator(_check_once),
    ONCE,
    Field(max_length=20, description="A quiénes: documentos de usuarios o roles; vacío, a todos."),
]
Propositos = Annotated[
    list[Proposito],
    AfterValidator(_check_once),
    ONCE,
    Field(max_length=len(Proposito.__args__), description="Para qué, como en X-Proposito; vacío, para todo."),
]
Hasta = Annotated[Moment, Field(description="Desde cuándo ya no vale, con desfase horario; nulo si no tiene término.")]


class _Datos(Schema):
    tipo: Tipo
    decision: Decision
    categorias: Categorias = Field(default_factory=list)
    destinatarios: Destinatarios = Field(default_factory=list)
    propositos: Propositos = Field(default_factory=list)
    calidad: Annotated[Calidad, Field(description="Quién lo otorga; por un menor de edad, un representante.")] = (
        "titular"
    )
    otorgado_por: Annotated[
        Annotated[Line, AtMost(200)] | None,
        Field(
            validate_default=True,
            description="El nombre del representante: se exige si lo otorga uno, y solo entonces se admite.",
        ),
    ] = None
    evidencia_sha256: Annotated[
        str | None, Field(strict=True, pattern="^[0-9a-f]{64}$", description="SHA-256 del documento en que consta.")
    ] = None

    @field_validator("otorgado_por")
    @classmethod
    def _by_a_representative(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "calidad" in info.data:
            present_exactly_when(info.data["calidad"] == "representante", value, REPRESENTED, HIMSELF)
        return value


class ConsentimientoNuevo(_Datos):
    desde: Annotated[Moment, Field(description="Con desfase horario; si falta, ahora.")] | None = None
    hasta: Hasta | None = None

    _order = field_validator("hasta")(not_before_desde)


class ConsentimientoCorregido(_Datos):
    desde: Annotated[Moment, Field(description="Con desfase horario.")]
    hasta: Hasta | None = None
    motivo: Motivo

    _order = field_validator("hasta")(not_before_desde)


class Revocacion(Schema):
    motivo: Motivo


class Consentimiento(Registro):
    tipo: Tipo
    decision: Decision
    categorias: list[Categoria]
    destinatarios: list[str]
    propositos: list[Proposito]
    desde: datetime
    hasta: datetime | None
    calidad: Calidad
    otorgado_por: str | None
    evidencia_sha256: str | None
    estado: Literal["activo", "revocado", "anulado"]
    revocado_en: Annotated[
        datetime | None, Field(description="Desde entonces ya no vale; nulo mientras no se revoque.")
    ]


EXAMPLES = examples(
    {
        "tipo": "compartir_terceros",
        "decision": "niega",
        "categorias": ["notas"],
        "destinatarios": ["resultados"],
        "propositos": [],
        "desde": "2026-01-31T13:30:00Z",
        "hasta": None,
        "calidad": "representante",
        "otorgado_por": "Rosa Peña, madre",
        "evidencia_sha256": "12e766024876f2e493e13fbb99d29ff4dee600571367fbe117e55ad79808ec65",
    },
    {"categorias": ["notas", "documentos"], "motivo": "Lo amplió"},
    "anulado",
    "Se registró con otro paciente",
    {"estado": "activo", "revocado_en": None},
)
EXAMPLE_REVOCATION = {"motivo": "El paciente cambió de parecer"}
EXAMPLE_REVOKED = EXAMPLES.answer | {
    "estado": "revocado",
    "revocado_en": "2026-03-02T15:04:05Z",
    "actualizado_en": "2026-03-02T15:04:05Z",
    "version": 2,
}
