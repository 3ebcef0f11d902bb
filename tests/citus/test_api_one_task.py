"""The catalogue of the API's statements: each one about a patient plans to one task on one node."""

import importlib
import pkgutil
import re
from decimal import Decimal
from typing import Any

import historia_clinica.resources
import pytest
from historia_clinica import members, permissions
from historia_clinica.audit import repository as audit
from historia_clinica.db import Scope, Statement
from historia_clinica.identity import repository as identity
from historia_clinica.records import store
from historia_clinica.records.store import Store
from historia_clinica.versions import Versioned
from row_contexts import as_the_api

PACIENTE = "1012345678"
MOMENT = "2026-01-31T13:30:00+00:00"
IDENTIFIER = "7f1f3a52-3a2f-4d0f-9b57-0f5bb6a2c1de"
CONSULTA = {
    "medico_id": None,
    "reserva": None,
    "fecha_consulta": None,
    "diagnostico": "d",
    "tratamiento": None,
    "observaciones": None,
    "estado": "activa",
}
ALERGIA = dict.fromkeys(["tipo", "criticidad", "reaccion", "verificacion"]) | {
    "afirmacion": "alergia",
    "sustancia": "s",
    "estado": "activa",
}
DIAGNOSTICO = dict.fromkeys(["inicio", "resuelto", "consulta_id", "medico_id", "reserva"]) | {
    "codigo": "J459",
    "descripcion": "d",
    "rol": "principal",
    "tipo": "impresion",
    "estado": "activo",
}
ANTECEDENTE = {"tipo": "familiar", "texto": "t", "codigo": None, "parentesco": "p"}
SIGNO_VITAL = {"tomado_en": MOMENT, "loinc": "8310-5", "valor": Decimal("36.6"), "unidad": "Cel", "metodo": None}
PRESCRIPCION = dict.fromkeys(
    ["atc", "duracion_dias", "cantidad", "indicaciones", "consulta_id", "medico_id", "reserva"]
) | {
    "medicamento": "m",
    "dosis": Decimal("0.5"),
    "unidad": "mg",
    "via": "v",
    "frecuencia": "f",
    "estado": "activa",
}
ORDEN = dict.fromkeys(["justificacion", "consulta_id", "medico_id", "reserva"]) | {
    "cups": "903895",
    "descripcion": "d",
    "cantidad": 1,
    "estado": "solicitada",
}
RESULTADO = dict.fromkeys(
    ["orden_id", "valor_texto", "ref_min", "ref_max", "interpretacion", "medico_id", "reserva"]
) | {
    "emitido_en": MOMENT,
    "loinc": "2160-0",
    "valor": Decimal("1.25"),
    "unidad": "mg/dL",
    "estado": "definitivo",
}
NOTA = dict.fromkeys(["medico_id", "consulta_id", "adenda_de", "reserva"]) | {"tipo": "evolucion", "texto": "t"}
DOCUMENTO = {"nombre": "n", "tipo": "otro", "mime": "text/plain", "bytes": 4, "sha256": "s"}
RELACION = {"usuario_id": PACIENTE, "origen": "cita", "desde": MOMENT, "hasta": None}
CONSENTIMIENTO = dict.fromkeys(["hasta", "otorgado_por", "evidencia_sha256"]) | {
    "tipo": "compartir_terceros",
    "decision": "niega",
    "categorias": ["notas"],
    "destinatarios": [],
    "propositos": ["CALIDAD"],
    "desde": MOMENT,
    "calidad": "titular",
}
SAID = dict.fromkeys(["rol", "recurso_id", "version", "proposito", "ip", "agente", "consulta"]) | {
    "usuario_id": "api",
    "accion": "leer",
    "recurso": "historia",
    "resultado": "exito",
    "peticion_id": "p",
}
APPENDED = SAID | {"cadena": PACIENTE, "conocido": True, "vinculo": None, "vinculado": None}
SIGNED = {"cambiado_por": "api", "motivo": "m", "peticion": "p", "clave": None, "huella": None}
FORMER = {"id": IDENTIFIER, "estado": "activo", "actualizado_en": MOMENT, "version": 1}
REGISTERED = {"fecha_registro": MOMENT}
USUARIO = {"fecha_creacion": MOMENT, "id": 7}
PERSONA = dict.fromkeys(["fecha_nacimiento", "telefono", "direccion", "ciudad"]) | {"nombre": "A", "apellido": "B"}
MEDICO = dict.fromkeys(["especialidad", "telefono", "email"]) | {"nombre": "A", "apellido": "B", "codigo_medico": "C"}
SEARCHED = {"words": "'pena':* & 'jose':*", "documento": "101", "fecha_nacimiento": "1984-02-29"} | {
    "atendido_por": PACIENTE,
    "propio": PACIENTE,
    "propio_uuid": IDENTIFIER,
}
NOTHING_SEARCHED = dict.fromkeys(SEARCHED)
QUIEN = {"documento_id": PACIENTE}
SESION = QUIEN | {"id": IDENTIFIER}
DIGEST = b"0" * 32
CUENTA = QUIEN | {"rol": "medico", "ambitos": None, "medico_id": 1, "paciente_id": None, "paciente_uuid": None}
CUENTA |= {"sujeto_oidc": "f81d4fae"}
BY_ADMIN = {"ahora": MOMENT, "autor": "1", "motivo": "m", "peticion": "p"}
NEW_PASSWORD = {"clave_hash": "$argon2id$"}
CONCEPTOS = {"vocabulario": "divipola", "version": "2019-12", "rows": 21}


def versioned(
    resource: str,
    key: dict[str, Any],
    values: dict[str, Any],
    *,
    numbered: bool = False,
    former: dict[str, Any] = REGISTERED,
) -> dict[str, list[dict[str, Any]]]:
    """Those of the statements about versions of one table; the database numbers the rows of some."""
    known = {} if numbered else key
    under_key = SIGNED | {"clave": IDENTIFIER, "huella": b"0" * 32}
    samples: dict[str, list[dict[str, Any]]] = {
        "read": [key],
        "at_version": [key | {"version": 1}],
        "at_moment": [key | {"en": MOMENT}],
        "history": [key | {"before": before, "rows": 21} for before in (None, 7)],
        "repeated": [known | {"clave": IDENTIFIER}],
        "create": [values | known | SIGNED, values | known | under_key],
        "lock": [key],
        "keep": [FORMER | values | key | SIGNED | former],
        "replace": [values | key | SIGNED | {"version": 1}],
        "annul": [key | SIGNED | {"estado": "anulado", "version": 1}],
    }
    return {f"{resource}.VERSIONS.{name}": found for name, found in samples.items()}


def records(
    resource: str, values: dict[str, Any], later: tuple[str, ...] = (), fixed: tuple[str, ...] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Those of the statements about a kind of record of a patient."""
    first = {"paciente_id": PACIENTE, "before_moment": None, "before_id": None, "anulados": False, "rows": 21}
    further = first | {"before_moment": MOMENT, "before_id": IDENTIFIER, "anulados": True}
    made = versioned(resource, {"paciente_id": PACIENTE, "id": IDENTIFIER}, values)
    made[f"{resource}.VERSIONS.keep"][0].update(dict.fromkeys(later))
    for name in fixed:
        del made[f"{resource}.VERSIONS.replace"][0][name]
    return {f"{resource}.PAGE": [first, further], **made}


# Parameters for every statement; a new statement needs its line here.
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "citus.HAS_CITUS": [{}],
    "citus.WORKERS": [{}],
    "cluster.CLEANUP": [{}],
    "cluster.DISTRIBUTED": [{}],
    "cluster.HAS_CITUS": [{}],
    "cluster.LOCATION": [{"cedula": PACIENTE}],
    "cluster.MOVES": [{}],
    "cluster.PROGRESS": [{}],
    "audit.APPEND": [APPENDED | {"sistema": system} for system in (False, True)],
    "audit.APPEND_TIED": [SAID | {"paciente": PACIENTE, "otro": "1", "aqui": "recibe", "alla": "fusionado_en"}],
    "auditoria.FROM_THERE": [{"paciente_id": PACIENTE, "first": 1, "rows": 21}],
    "auditoria.HEAD": [{"paciente_id": PACIENTE}],
    "auditoria.PAGE": [
        {"paciente_id": PACIENTE, "after": 0, "upto": upto, "before": before, "rows": 21}
        for upto, before in ((None, None), (7, 9))
    ],
    "auditoria.TIES": [{"paciente_id": PACIENTE}],
    "accesos_emergencia.OPEN": [
        {"paciente_id": PACIENTE, "id": IDENTIFIER, "usuario_id": PACIENTE, "sesion": IDENTIFIER, "motivo": "otro"}
        | {"justificacion": "Veinte caracteres y más", "minutos": 60, "huella": digest}
        for digest in (None, b"0" * 32)
    ],
    "accesos_emergencia.PAGE": [
        {"paciente_id": PACIENTE, "de": of, "before_moment": moment, "before_id": identifier, "rows": 21}
        for of, moment, identifier in ((None, None, None), (PACIENTE, MOMENT, IDENTIFIER))
    ],
    "accesos_emergencia.QUEUE": [
        {"pendientes": True, "after_moment": moment, "after_id": identifier, "rows": 21}
        for moment, identifier in ((None, None), (MOMENT, IDENTIFIER))
    ],
    "accesos_emergencia.READ": [{"paciente_id": PACIENTE, "id": IDENTIFIER, "de": of} for of in (None, PACIENTE)],
    "accesos_emergencia.REVIEW": [
        {"paciente_id": PACIENTE, "id": IDENTIFIER, "revisado_por": "1", "dictamen": "justificado", "comentario": None}
    ],
    **records("alergias", ALERGIA),
    **records("antecedentes", ANTECEDENTE),
    "consentimientos.BORN": [{"paciente_id": PACIENTE}],
    **records("consentimientos", CONSENTIMIENTO, later=("revocado_en",)),
    "consentimientos.VERSIONS.revoke": [{"paciente_id": PACIENTE, "id": IDENTIFIER, "version": 1} | SIGNED],
    **records("consultas", CONSULTA | {"fecha_consulta": MOMENT}),
    "cuentas.ASSIGN": [CUENTA | BY_ADMIN | {"activa": False, "version": 1}],
    "cuentas.PATIENT": [{"paciente_id": PACIENTE}],
    "cuentas.CREATE": [CUENTA | BY_ADMIN | NEW_PASSWORD | {"debe_cambiar": True}],
    "cuentas.PHYSICIAN": [{"medico_id": 1}],
    "cuentas.READ": [QUIEN],
    "cuentas.RESET": [QUIEN | BY_ADMIN | NEW_PASSWORD],
    **records("diagnosticos", DIAGNOSTICO),
    "documentos.CONTENT": [{"paciente_id": PACIENTE, "id": IDENTIFIER}],
    "documentos.KEEP": [{"paciente_id": PACIENTE, "id": IDENTIFIER, "contenido": b"c"}],
    **records("documentos", DOCUMENTO, fixed=("mime", "bytes", "sha256")),
    "fusiones.MERGE": [SIGNED | {"cedula": PACIENTE, "duplicado": "1", "versiones": [1]}],
    "fusiones.PAGE": [
        {"cedula": PACIENTE, "before_moment": None, "before_id": None, "rows": 21},
        {"cedula": PACIENTE, "before_moment": MOMENT, "before_id": IDENTIFIER, "rows": 21},
    ],
    "fusiones.SPLIT": [SIGNED | {"cedula": PACIENTE, "duplicado": "1", "versiones": [1]}],
    "historia.READ": [{"cedula": PACIENTE}],
    "identity.CARRY_OVER": [SESION | {"epoca": 2}],
    "identity.COUNT": [QUIEN | {"ahora": MOMENT, "vencida": MOMENT}],
    "identity.CURRENT": [SESION | {"ahora": MOMENT}],
    "identity.END": [SESION | {"ahora": MOMENT, "motivo": "salida"}],
    "identity.END_ALL": [QUIEN | {"ahora": MOMENT, "motivo": "cierre", "salvo": but} for but in (None, IDENTIFIER)],
    "identity.FORGIVE": [QUIEN],
    "identity.LINKED": [QUIEN],
    "identity.LIST": [QUIEN | {"ahora": MOMENT, "rows": 100}],
    "identity.LOCK": [SESION],
    "identity.NEXT_EPOCH": [QUIEN],
    "identity.OPEN": [
        SESION
        | {"epoca": 1, "familia": DIGEST, "renovacion": DIGEST, "ahora": MOMENT, "expira_en": "2026-02-01"}
        | {"token_oidc": token}
        for token in (None, DIGEST)
    ],
    "identity.REHASH": [QUIEN | NEW_PASSWORD | {"anterior": "$argon2id$"}],
    "identity.RENEW": [SESION | {"renovacion": DIGEST, "anterior": DIGEST, "renovada_en": MOMENT}],
    "identity.SET_PASSWORD": [QUIEN | NEW_PASSWORD | {"epoca": 1, "ahora": MOMENT}],
    "identity.SIGN_IN": [QUIEN | {"caducada": MOMENT}],
    "medicos.PAGE": [{"after_id": after, "anulados": False, "rows": 21} for after in (None, 7)],
    **versioned("medicos", {"id": 1}, MEDICO, numbered=True),
    "members.BYTES_HERE": [{}],
    "members.COUNTS": [{}],
    "members.HERE": [{}],
    "members.LEDGER": [{}],
    "members.LEDGER_COUNTS": [{}],
    "members.LIMITS": [{"login": "500", "statement": "1100"}],
    "members.NODES": [{}],
    "members.PLACES": [{}],
    "members.READABLE": [{}],
    "members.WORKERS": [{}],
    "notas.IS_SIGNED": [{"paciente_id": PACIENTE, "id": IDENTIFIER}],
    **records("notas", NOTA, later=("firmado_en", "sha256")),
    "notas.VERSIONS.sign": [{"paciente_id": PACIENTE, "id": IDENTIFIER, "version": 1, "sha256": "s"} | SIGNED],
    **records("ordenes", ORDEN),
    "pacientes.CHANGE_NUMBER": [SIGNED | {"cedula": PACIENTE, "nueva": "1", "versiones": [1]}],
    "pacientes.LEFT_UNDER_KEY": [{"cedula": PACIENTE, "clave": IDENTIFIER}],
    "pacientes.NEXT_NUMBER": [{"cedula": PACIENTE, "quien": who} for who in (None, IDENTIFIER)],
    "pacientes.UNHURRIED": [{}],
    "pacientes.PAGE": [
        {"after_moment": None, "after_id": None, "anulados": False, "rows": 21} | NOTHING_SEARCHED,
        {"after_moment": MOMENT, "after_id": IDENTIFIER, "anulados": True, "rows": 21} | SEARCHED,
        *(
            {"after_moment": None, "after_id": None, "anulados": False, "rows": 21} | NOTHING_SEARCHED | of_whom
            for of_whom in ({"propio": PACIENTE, "propio_uuid": IDENTIFIER}, {"atendido_por": PACIENTE})
        ),
    ],
    **versioned("pacientes", {"cedula": PACIENTE}, PERSONA),
    "permissions.FACTS": [
        {"paciente_id": PACIENTE, "usuario": PACIENTE, "paciente_uuid": IDENTIFIER, "sesion": session}
        | {"que": ["relacion", "emergencia"], "contexto": None}
        for session in (None, IDENTIFIER)
    ],
    "permissions.IN_FORCE": [{}],
    "permissions.MATRIX": [{}],
    "permissions.ROLES": [{}],
    **records("prescripciones", PRESCRIPCION),
    "records.PATIENT_EXISTS": [{"paciente_id": PACIENTE}],
    "records.USER_EXISTS": [{"documento_id": PACIENTE}],
    **records("relaciones_atencion", RELACION, fixed=("usuario_id",)),
    **records("resultados", RESULTADO),
    **records("signos_vitales", SIGNO_VITAL),
    "status.DISTRIBUTION": [{}],
    "status.SCHEMA_VERSION": [{}],
    "status.SERVER": [{}],
    "usuarios.LIST": [{"rows": 1000}],
    "usuarios.PAGE": [{"after_id": after, "anulados": False, "rows": 21} for after in (None, 7)],
    **versioned("usuarios", {"documento_id": PACIENTE}, {"nombre": "A", "email": "a@b"}, former=USUARIO),
    "vocabularios.GET": [{"vocabulario": "divipola", "version": "2019-12", "codigo": "05001"}],
    "vocabularios.LIST": [{}],
    "vocabularios.PAGE": [
        CONCEPTOS | {"after": "", "codigo": "", "words": None},
        CONCEPTOS | {"after": "05001", "codigo": "05", "words": "'puerto':* & 'n':*"},
    ],
    "vocabularios.VERSION": [{"nombre": "divipola", "version": None}, {"nombre": "divipola", "version": "2019-12"}],
}


def catalogue() -> dict[str, Statement]:
    found = {f"members.{name}": value for name, value in vars(members).items() if isinstance(value, Statement)}
    found |= {f"identity.{name}": value for name, value in vars(identity).items() if isinstance(value, Statement)}
    found |= {f"permissions.{name}": value for name, value in vars(permissions).items() if isinstance(value, Statement)}
    found |= {f"records.{name}": value for name, value in vars(store).items() if isinstance(value, Statement)}
    found |= {f"audit.{name}": value for name, value in vars(audit).items() if isinstance(value, Statement)}
    for module in pkgutil.walk_packages(historia_clinica.resources.__path__, "historia_clinica.resources."):
        if module.name.endswith(".repository"):
            names = vars(importlib.import_module(module.name))
            resource = module.name.split(".")[-2]
            found |= {f"{resource}.{name}": value for name, value in names.items() if isinstance(value, Statement)}
            for value in names.values():
                if isinstance(value, Store):
                    found[f"{resource}.PAGE"] = value.listing
                versions = value.versions if isinstance(value, Store) else value
                if isinstance(versions, Versioned):
                    found |= {
                        f"{resource}.VERSIONS.{one}": what
                        for one, what in (vars(versions.statements) | dict(versions.statements.further)).items()
                        if isinstance(what, Statement)
                    }
    return found


STATEMENTS = catalogue()
CALLED = ["audit.APPEND", "permissions.FACTS"]  # functions that Citus calls where their patient is
PATIENT = sorted(name for name, one in STATEMENTS.items() if one.scope is Scope.PATIENT and name not in CALLED)
# about one account: one task, however users are spread
ACCOUNT = sorted(
    name
    for name, statement in STATEMENTS.items()
    if name.partition(".")[0] in {"identity", "cuentas"} and statement.scope is Scope.ROW
)


def test_every_statement_has_samples_with_its_parameters() -> None:
    assert STATEMENTS.keys() == SAMPLES.keys()
    for name, statement in STATEMENTS.items():
        wanted = set(re.findall(r"%\((\w+)\)s", statement.sql))
        assert all(sample.keys() == wanted for sample in SAMPLES[name]), name


def test_statements_name_their_columns() -> None:
    assert [
        name for name, statement in STATEMENTS.items() if re.search(r"(SELECT|RETURNING|,|\.)\s*\*", statement.sql)
    ] == []


@pytest.mark.parametrize("node", ["coordinator", "worker-0", "worker-1"])
@pytest.mark.parametrize("name", PATIENT + ACCOUNT)
def test_a_statement_about_one_patient_or_one_account_is_one_task(name: str, node: str, citus_system: Any) -> None:
    """From the coordinator, from the worker that holds the patient, and from the other one."""
    for sample in SAMPLES[name]:
        plan = plan_of(citus_system, name, sample, node)
        assert re.findall(r"Task Count: (\d+)", plan) == ["1"], plan
        assert plan.count("Node: ") == 1, plan


@pytest.mark.parametrize("name", CALLED)
def test_a_function_is_called_where_its_patient_is(name: str, citus_system: Any) -> None:
    """One task from every other node, and none there."""
    for sample in SAMPLES[name]:
        plans = [plan_of(citus_system, name, sample, node) for node in ("coordinator", "worker-0", "worker-1")]
        assert sorted(re.findall(r"Task Count: (\d+)", plan) for plan in plans) == [[], ["1"], ["1"]]


@pytest.mark.parametrize("name", sorted(STATEMENTS.keys() - set(PATIENT + ACCOUNT)))
def test_every_other_statement_plans(name: str, citus_system: Any) -> None:
    for sample in SAMPLES[name]:
        assert plan_of(citus_system, name, sample)


def plan_of(cluster: Any, name: str, sample: dict[str, Any], node: str = "coordinator") -> str:
    """As the API's own role: what it may not plan it may not run."""
    asked = next(one for one in cluster.nodes if one.name == node)
    with as_the_api(cluster, asked) as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF) {STATEMENTS[name].sql}", sample)
        return "\n".join(row[0] for row in cursor.fetchall())
