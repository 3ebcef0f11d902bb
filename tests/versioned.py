"""Records of each kind that the API keeps versions of, for tests on one node and on many."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient

PACIENTES = "/api/v1/pacientes"
MEDICOS = "/api/v1/medicos"
USUARIOS = "/api/v1/usuarios"
_numbers = itertools.count(time.time_ns() // 1000 % 10**12)


Request = tuple[str, dict[str, Any]]  # where it is sent, and the body


def paciente(_api: FlaskClient) -> Request:
    return PACIENTES, {"cedula": f"V-{next(_numbers)}", "nombre": "Ana", "apellido": "Peña", "ciudad": "Popayán"}


def _medico(_api: FlaskClient) -> Request:
    return MEDICOS, _other_medico(0)


def _other_medico(number: int) -> dict[str, Any]:
    return {"nombre": f"Luz {number}", "apellido": "Gómez", "codigo_medico": f"V{next(_numbers)}"}


def _usuario(_api: FlaskClient) -> Request:
    return USUARIOS, {"documento_id": f"U-{next(_numbers)}"} | _other_usuario(0)


def _other_usuario(number: int) -> dict[str, Any]:
    return {"nombre": f"Inés {number}", "email": f"v{next(_numbers)}@hospital.com"}


def _of_a_patient(path: str, body: dict[str, Any]) -> Callable[[FlaskClient], Request]:
    def request(api: FlaskClient) -> Request:
        address, patient = paciente(api)
        return f"{api.post(address, json=patient).headers['Location']}/{path}", body

    return request


@dataclass(frozen=True)
class Kind:
    """What makes one, what corrects it the nth time, its name in a list of versions, its state when annulled, its
    path; what a correction leaves as it is although it names it not, what makes one where that is another body, and the
    member that says when it was registered.
    """

    name: str
    request: Callable[[FlaskClient], Request]
    correction: Callable[[int], dict[str, Any]]
    annulled: str
    path: str
    fixed: frozenset[str] = frozenset()
    new: dict[str, Any] | None = None
    registered: str = "fecha_registro"

    def created(self, api: FlaskClient) -> Any:
        address, body = self.request(api)
        answer = api.post(address, json=body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return answer

    def first(self) -> dict[str, Any]:
        """What makes one, of a patient."""
        return self.new or {name: value for name, value in self.body().items() if name != "motivo"}

    def body(self, number: int = 1) -> dict[str, Any]:
        return {**self.correction(number), "motivo": f"motivo {number}"}


def _record(
    name: str, path: str, body: dict[str, Any], correction: Callable[[int], dict[str, Any]], annulled: str
) -> Kind:
    """Of a kind whose corrections have everything that the first version must have."""
    address = f"pacientes/{{cedula}}/{path}/{{id}}"
    return Kind(name, _of_a_patient(path, body), lambda n: body | correction(n), annulled, address)


DIAGNOSTICO = {"codigo": "J459", "descripcion": "Asma", "rol": "principal", "tipo": "impresion"}
ALERGIA = {"afirmacion": "alergia", "sustancia": "Penicilina", "criticidad": "alta"}
ANTECEDENTE = {"tipo": "familiar", "texto": "Diabetes", "parentesco": "Madre"}
SIGNO_VITAL = {"tomado_en": "2026-01-31T13:30:00Z", "loinc": "8310-5", "valor": 36.6, "unidad": "Cel"}
PRESCRIPCION = {
    "medicamento": "Losartán 50 mg",
    "dosis": 0.5,
    "unidad": "{tableta}",
    "via": "oral",
    "frecuencia": "cada 12 horas",
}
ORDEN = {"cups": "903895", "descripcion": "Creatinina", "cantidad": 2}
RESULTADO = {"emitido_en": "2026-01-31T13:30:00Z", "loinc": "2160-0", "valor": 1.25, "unidad": "mg/dL"}
NOTA = {"tipo": "evolucion", "texto": "Estable.\n«°»"}
DOCUMENTO = {"nombre": "nota.txt", "tipo": "otro", "mime": "text/plain", "contenido": "SG9sYQ=="}

RECORDS = [
    Kind(
        "consulta",
        _of_a_patient("consultas", {"diagnostico": "Asma\nleve", "observaciones": "«°»"}),
        lambda n: {"diagnostico": f"Asma {n}", "fecha_consulta": "2026-01-31T13:30:00Z", "estado": "cerrada"},
        "anulada",
        "pacientes/{cedula}/consultas/{id}",
    ),
    _record(
        "diagnostico",
        "diagnosticos",
        DIAGNOSTICO,
        lambda n: {"descripcion": f"Asma {n}", "inicio": "2020-02-29", "estado": "resuelto"},
        "anulado",
    ),
    _record("alergia", "alergias", ALERGIA, lambda n: {"reaccion": f"Ronchas {n}", "estado": "inactiva"}, "anulada"),
    _record("antecedente", "antecedentes", ANTECEDENTE, lambda n: {"texto": f"Diabetes {n}"}, "anulado"),
    _record("signo_vital", "signos-vitales", SIGNO_VITAL, lambda n: {"valor": 36 + n / 8}, "anulado"),
    _record(
        "prescripcion",
        "prescripciones",
        PRESCRIPCION,
        lambda n: {"dosis": n, "cantidad": 0.000001, "estado": "suspendida"},
        "anulada",
    ),
    _record("orden", "ordenes", ORDEN, lambda n: {"cantidad": n, "estado": "realizada"}, "anulada"),
    _record("resultado", "resultados", RESULTADO, lambda n: {"ref_max": n, "estado": "preliminar"}, "anulado"),
    _record("nota", "notas", NOTA, lambda n: {"texto": f"Estable {n}"}, "anulada"),
    Kind(
        "documento",
        _of_a_patient("documentos", DOCUMENTO),
        lambda n: {"nombre": f"nota {n}.txt", "tipo": "epicrisis"},
        "anulado",
        "pacientes/{cedula}/documentos/{id}",
        fixed=frozenset({"mime", "bytes", "sha256"}),
        new=DOCUMENTO,
    ),
]
ATIENDE = "U-ATIENDE"


def _relacion(api: FlaskClient) -> Request:
    """Of a user who is there: the first that asks registers that one."""
    api.post(USUARIOS, json={"documento_id": ATIENDE, "nombre": "Inés", "email": "atiende@hospital.com"})
    return _of_a_patient("relaciones-atencion", RELACION)(api)


RELACION = {"usuario_id": ATIENDE, "origen": "cita"}
RELATION = Kind(
    "relacion_atencion",
    _relacion,
    lambda n: {"origen": "turno", "desde": "2026-01-31T13:30:00Z", "hasta": f"2026-02-01T13:30:00.{n:06}Z"},
    "anulada",
    "pacientes/{cedula}/relaciones-atencion/{id}",
    fixed=frozenset({"usuario_id"}),
    new=RELACION,
)
CONSENTIMIENTO = {"tipo": "investigacion", "decision": "niega"}  # which takes effect in no route
CONSENT = Kind(
    "consentimiento",
    _of_a_patient("consentimientos", CONSENTIMIENTO),
    lambda n: (
        CONSENTIMIENTO
        | {
            "categorias": ["notas", "documentos"],
            "destinatarios": ["medico"],
            "propositos": ["CALIDAD"],
            "desde": "2026-01-31T13:30:00Z",
            "hasta": f"2026-02-01T13:30:00.{n:06}Z",
            "calidad": "representante",
            "otorgado_por": f"Rosa Peña {n}",
        }
    ),
    "anulado",
    "pacientes/{cedula}/consentimientos/{id}",
    new=CONSENTIMIENTO,
)
KINDS = [
    Kind("paciente", paciente, lambda n: {"nombre": f"Ana {n}", "apellido": "Peña"}, "anulado", "pacientes/{cedula}"),
    Kind("medico", _medico, _other_medico, "anulado", "medicos/{id}"),
    *RECORDS,
    RELATION,
    CONSENT,
    Kind("usuario", _usuario, _other_usuario, "anulado", "usuarios/{documento_id}", registered="fecha_creacion"),
]
# One of each way in which a repetition is found out.
KEYED = [KINDS[0], KINDS[1], RECORDS[0], KINDS[-1]]


def new_patient(api: FlaskClient) -> str:
    """Where one is."""
    return str(KINDS[0].created(api).headers["Location"])


def key_of(row: dict[str, Any]) -> dict[str, str]:
    """What the placeholders of a path stand for."""
    key = {"cedula": row.get("cedula") or row.get("paciente_id"), "documento_id": row.get("documento_id")}
    return {name: str(value) for name, value in (key | {"id": row["id"]}).items()}


def if_match(tag: str) -> dict[str, str]:
    return {"If-Match": tag}


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"clave-{next(_numbers)}"}
