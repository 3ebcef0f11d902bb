"""Builds the application: wiring only. Opens no connection and reads no environment."""

from functools import partial
from typing import Any

from apiflask import APIFlask
from flask.json.provider import DefaultJSONProvider

from historia_clinica import documentation, metrics, openapi
from historia_clinica.database import Database
from historia_clinica.health import Readiness
from historia_clinica.http import (
    access_log,
    audit,
    authorization,
    headers,
    identity,
    overload,
    problems,
    purpose,
    request_id,
)
from historia_clinica.http.body import StrictRequest, refuse_repeated_parameters
from historia_clinica.http.context import KEY, Context
from historia_clinica.identity.sessions import Clock, Sessions, utc_now
from historia_clinica.members import Members
from historia_clinica.permissions import Permissions
from historia_clinica.resources.accesos_emergencia.routes import blueprint as accesos_emergencia
from historia_clinica.resources.alergias.routes import blueprint as alergias
from historia_clinica.resources.antecedentes.routes import blueprint as antecedentes
from historia_clinica.resources.auditoria.routes import accesses as accesos
from historia_clinica.resources.auditoria.routes import blueprint as auditoria
from historia_clinica.resources.citus.routes import blueprint as citus
from historia_clinica.resources.cluster.routes import blueprint as cluster
from historia_clinica.resources.consentimientos.routes import blueprint as consentimientos
from historia_clinica.resources.consultas.routes import blueprint as consultas
from historia_clinica.resources.cuentas.routes import blueprint as cuentas
from historia_clinica.resources.diagnosticos.routes import blueprint as diagnosticos
from historia_clinica.resources.documentos.routes import blueprint as documentos
from historia_clinica.resources.fusiones.routes import blueprint as fusiones
from historia_clinica.resources.gobierno.routes import blueprint as gobierno
from historia_clinica.resources.historia.routes import blueprint as historia
from historia_clinica.resources.medicos.routes import blueprint as medicos
from historia_clinica.resources.notas.routes import blueprint as notas
from historia_clinica.resources.ordenes.routes import blueprint as ordenes
from historia_clinica.resources.pacientes import former_numbers
from historia_clinica.resources.pacientes.routes import blueprint as pacientes
from historia_clinica.resources.prescripciones.routes import blueprint as prescripciones
from historia_clinica.resources.relaciones_atencion.routes import blueprint as relaciones_atencion
from historia_clinica.resources.resultados.routes import blueprint as resultados
from historia_clinica.resources.sesiones.routes import blueprint as sesiones
from historia_clinica.resources.signos_vitales.routes import blueprint as signos_vitales
from historia_clinica.resources.status.routes import blueprint as status
from historia_clinica.resources.usuarios.routes import blueprint as usuarios
from historia_clinica.resources.usuarios.routes import inherited as usuarios_inherited
from historia_clinica.resources.vocabularios.routes import blueprint as vocabularios
from historia_clinica.settings import Settings
from historia_clinica.version import __version__

NAME = "historia_clinica"
RECORDS = (
    consultas,
    diagnosticos,
    alergias,
    antecedentes,
    signos_vitales,
    prescripciones,
    ordenes,
    resultados,
    notas,
    documentos,
)
BLUEPRINTS = (
    pacientes,
    fusiones,
    historia,
    *RECORDS,
    relaciones_atencion,
    consentimientos,
    accesos_emergencia,
    accesos,
    auditoria,
    medicos,
    usuarios,
    cuentas,
    sesiones,
    vocabularios,
    gobierno,
    usuarios_inherited,
    citus,
    cluster,
    status,
)


class Json(DefaultJSONProvider):
    """Names keep their letters and members their order."""

    ensure_ascii = False
    sort_keys = False


class Application(APIFlask):
    request_class = StrictRequest
    json_provider_class = Json

    def dispatch_request(self) -> Any:
        return audit.act(super().dispatch_request)


def create_app(settings: Settings, clock: Clock = utc_now) -> APIFlask:
    app = Application(NAME, title="Historia clínica", version=__version__, docs_path=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.historia_max_body
    app.url_map.merge_slashes = False
    database = Database(settings, audit.witness, authorization.reserved)
    members = Members(settings, database.aside)
    app.extensions[KEY] = Context(
        settings,
        database,
        Readiness(settings, database.workers),
        members,
        Permissions(partial(database.aside, "matriz")),
        Sessions(settings, database, clock),
    )
    if settings.historia_metrics_port:
        metrics.install(app)  # before the audit, whose answers it counts
    for part in (
        headers,
        request_id,
        access_log,
        problems,
        overload,
        identity,
        purpose,
        former_numbers,
        openapi,
        audit,
    ):
        part.install(app)
    authorization.install(app)  # after whatever says who asks
    app.before_request(refuse_repeated_parameters)  # whoever may not see the patient is not told of it
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(documentation.blueprint)
    return app
