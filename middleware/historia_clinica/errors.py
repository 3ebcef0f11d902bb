# ruff: noqa: N818 (they are named after what happened, as HTTP does)
"""The exceptions a request may end with. Each knows its stable slug, its Spanish title and its status.

No Flask and no driver here, and never an input value, an SQL text or a driver's message in what they carry: they are
written out as RFC 9457 problems by `http.problems`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

RETRY_SECONDS = "5"
NO_PATIENT = "No hay un paciente con esa cédula."


@dataclass(frozen=True)
class FieldError:
    """One faulty member: `pointer` is an RFC 6901 pointer into the body, or `/name` of a query or path parameter."""

    pointer: str
    message: str


class HistoriaError(Exception):
    """The root: what a route may let fly. `slug` is stable and documented; `detail` is a sentence for a person."""

    slug: ClassVar[str] = "error-interno"
    title: ClassVar[str] = "Error interno"
    status: ClassVar[int] = 500
    meaning: ClassVar[str] = "La petición no se pudo atender por un fallo nuestro; el registro tiene el identificador."
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, detail: str | None = None, errors: tuple[FieldError, ...] = ()) -> None:
        self.detail = detail or self.meaning
        self.errors = errors
        super().__init__(self.detail)


class MalformedRequest(HistoriaError):
    slug = "peticion-malformada"
    title = "Petición mal formada"
    status = 400
    meaning = "El cuerpo de la petición no es JSON válido."


class Unauthorized(HistoriaError):
    slug = "no-autenticado"
    title = "Falta autenticación"
    status = 401
    meaning = "Este recurso solo responde a quien se identifica."
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="historia-clinica"'})


class InvalidToken(Unauthorized):
    slug = "token-no-valido"
    title = "Token no válido"
    meaning = "El token no vale, o ya no: renueve la sesión o entre de nuevo."
    headers = MappingProxyType({"WWW-Authenticate": 'Bearer realm="historia-clinica", error="invalid_token"'})


class LoginFailed(Unauthorized):
    """One answer for all that may be wrong, so that nobody learns who has an account."""

    slug = "acceso-no-valido"
    title = "No se pudo entrar"
    meaning = (
        "El documento o la contraseña no son correctos, o el token del proveedor no vale, o la cuenta no puede entrar "
        "así. Tras varios intentos fallidos hay que esperar unos minutos."
    )


class Forbidden(HistoriaError):
    """What that account may not do, whoever the patient is: it tells nothing of a patient."""

    slug = "acceso-denegado"
    title = "Acceso denegado"
    status = 403
    meaning = "Su cuenta no permite esta operación; lo que permite cada rol está en /api/v1/gobierno/matriz."


class PasswordMustChange(Forbidden):
    slug = "clave-por-cambiar"
    title = "Hay que cambiar la contraseña"
    meaning = "La contraseña es de un solo uso: cámbiela antes de hacer otra cosa."


class ConsentDenied(Forbidden):
    """To whoever may see the patient: it tells nobody else that there is one."""

    slug = "negado-por-el-paciente"
    title = "El paciente lo negó"
    meaning = (
        "El paciente negó que usted vea o cambie esta parte de su historia, siempre o para este propósito. Lo que negó "
        "está en sus consentimientos; en una emergencia lo abre un acceso de emergencia, que se revisa."
    )


class NotFound(HistoriaError):
    slug = "no-encontrado"
    title = "No encontrado"
    status = 404
    meaning = "No existe lo que se pide."


class ProviderNotConfigured(NotFound):
    slug = "proveedor-no-configurado"
    title = "Sin proveedor de identidad"
    meaning = "Esta instalación no tiene un proveedor de identidad: se entra con documento y contraseña."


class Conflict(HistoriaError):
    slug = "conflicto"
    title = "Conflicto"
    status = 409
    meaning = "Ya existe un registro con la misma clave."


class Annulled(Conflict):
    slug = "anulado"
    title = "Registro anulado"
    meaning = "El registro está anulado y ya no se cambia; se sigue pudiendo leer, con su historial."


class NoteSigned(Conflict):
    slug = "nota-firmada"
    title = "Nota firmada"
    meaning = "La nota está firmada y ya no se cambia ni se anula: corríjala o complétela con una adenda."


class ConsentRevoked(Conflict):
    slug = "consentimiento-revocado"
    title = "Consentimiento revocado"
    meaning = "El consentimiento está revocado y ya no se cambia: si el paciente decide otra cosa, registre uno nuevo."


class PatientMerged(Conflict):
    slug = "paciente-fusionado"
    title = "Paciente fusionado"
    meaning = (
        "El paciente de ese número está fusionado con otro, y sus propios datos no se cambian mientras lo esté: "
        "cambie los del otro, que dicen su versión, o sepárelos antes."
    )


class MergeRefused(Conflict):
    slug = "fusion-no-posible"
    title = "Fusión no posible"
    meaning = "Los dos pacientes no se pueden fusionar: uno está anulado o ya fusionado, o tienen un mismo registro."


class SplitRefused(Conflict):
    slug = "separacion-no-posible"
    title = "Separación no posible"
    meaning = "Los dos pacientes no se pueden separar todavía: antes hay que deshacer otra cosa, que se dice."


class AlreadyReviewed(Conflict):
    slug = "ya-revisado"
    title = "Acceso ya revisado"
    meaning = "Ese acceso de emergencia ya se revisó, y una revisión no se cambia ni se repite."


class PreconditionFailed(HistoriaError):
    """The row has another version than those the client named."""

    slug = "version-distinta"
    title = "La versión es otra"
    status = 412
    meaning = "El registro cambió desde que se leyó: léalo de nuevo y repita el cambio sobre lo que hay ahora."

    def __init__(self, version: int) -> None:
        super().__init__(f"La versión actual es la {version}: lea el registro de nuevo y repita el cambio sobre ella.")
        self.headers = {"ETag": f'"{version}"'}


class PreconditionRequired(HistoriaError):
    slug = "falta-version"
    title = "Falta la versión"
    status = 428
    meaning = 'Diga en If-Match qué versión cambia: la cabecera ETag de su última lectura, por ejemplo "3"; no vale *.'


class UnsupportedMediaType(HistoriaError):
    slug = "tipo-no-admitido"
    title = "Tipo de contenido no admitido"
    status = 415
    meaning = "El cuerpo debe enviarse como application/json."


class InvalidInput(HistoriaError):
    slug = "datos-no-validos"
    title = "Datos no válidos"
    status = 422
    meaning = "Uno o más campos no son válidos."


class KeyReused(HistoriaError):
    slug = "clave-reutilizada"
    title = "Clave ya usada"
    status = 422
    meaning = "Esa Idempotency-Key ya se usó aquí para pedir otra cosa: cada petición distinta lleva la suya."


class Unavailable(HistoriaError):
    slug = "base-no-disponible"
    title = "Servicio no disponible"
    status = 503
    meaning = "La base de datos no responde; vuelva a intentarlo en unos segundos."
    headers = MappingProxyType({"Retry-After": RETRY_SECONDS})


class NodeUnavailable(Unavailable):
    slug = "nodo-no-disponible"
    title = "Nodo no disponible"
    meaning = "Un nodo de la base de datos no está disponible; vuelva a intentarlo en unos segundos."


class Saturated(Unavailable):
    slug = "saturado"
    title = "Servicio saturado"
    meaning = "Hay demasiadas peticiones en curso; vuelva a intentarlo en unos segundos."


class TimedOut(Unavailable):
    slug = "tiempo-agotado"
    title = "Tiempo agotado"
    meaning = "La base de datos tardó demasiado en responder; vuelva a intentarlo en unos segundos."


class SchemaMissing(Unavailable):
    slug = "esquema-no-instalado"
    title = "Esquema sin instalar"
    meaning = "El esquema aún no está instalado; espere a «historia-hooks sync»."


class ProviderUnavailable(Unavailable):
    slug = "proveedor-no-disponible"
    title = "Proveedor de identidad no disponible"
    meaning = "El proveedor de identidad no responde; vuelva a intentarlo en unos segundos."


class AuditUnavailable(Unavailable):
    slug = "auditoria-no-disponible"
    title = "Auditoría no disponible"
    meaning = "No se pudo anotar la petición en la auditoría, así que no se hizo; vuelva a intentarlo en unos segundos."


class OutcomeUnknown(Unavailable):
    slug = "resultado-desconocido"
    title = "Resultado desconocido"
    meaning = (
        "La base de datos no llegó a confirmar el cambio, que quizá quedó guardado. Repita la petición con la misma "
        "Idempotency-Key; si no llevaba, compruebe antes si quedó."
    )


class ForeignKeyMissing(Conflict):
    """The row points to one that does not exist; `constraint` says which, and resources make it a 404 or a 422."""

    slug = "referencia-inexistente"
    title = "Referencia inexistente"
    meaning = "El registro apunta a otro que no existe."

    def __init__(self, constraint: str) -> None:
        super().__init__()
        self.constraint = constraint
