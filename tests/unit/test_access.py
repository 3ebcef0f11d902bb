"""Who may do what: the pure function that decides, and the matrix that this program carries."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from historia_clinica import create_app
from historia_clinica.access.consent import CATEGORIAS, Negativa, is_minor
from historia_clinica.access.decision import (
    OF_TWO_PATIENTS,
    Condicion,
    Decision,
    Hechos,
    Permiso,
    Razon,
    asks_for_facts,
    decidir,
    facts_of,
)
from historia_clinica.access.operations import OF_ACCOUNTS, OPEN, Accion, Operation, operation_of
from historia_clinica.access.people import ANONYMOUS, Persona, Rol
from historia_clinica.access.purpose import BREAK_GLASS, Proposito
from historia_clinica.access.reserve import EVERYBODYS, NOBODYS, RESERVADOS, reserved_of
from historia_clinica.permissions import Row, understood
from historia_clinica.resources.consentimientos import schemas as consentimientos
from historia_clinica.resources.historia.kinds import RESOURCES as KINDS
from historia_clinica.settings import Settings
from historia_hooks.matrix import Matrix, Permission, carried
from historia_hooks.plan import plan_matrix
from historia_hooks.steps import LoadMatrix
from hypothesis import given
from hypothesis import strategies as st

FIELDS = st.frozensets(st.sampled_from(["nombre", "texto", "telefono"]))
RESOURCES = ["pacientes", "notas", "fusiones"]
operations = st.builds(Operation, st.sampled_from(RESOURCES), st.sampled_from(Accion))
permissions = st.builds(
    Permiso,
    st.sampled_from([Rol.MEDICO, Rol.PACIENTE]),
    st.sampled_from(RESOURCES),
    st.sampled_from(Accion),
    st.sampled_from(Condicion),
    FIELDS,
    FIELDS,
)
matrices = st.lists(permissions, max_size=30)
people = st.builds(
    Persona,
    st.just("1012345678"),
    st.sampled_from([Rol.MEDICO, Rol.PACIENTE]),
    medico_id=st.none() | st.just(7),
    paciente_id=st.none() | st.just("P-1"),
)
denials = st.builds(
    Negativa,
    st.frozensets(st.sampled_from(["notas", "documentos"])),
    st.frozensets(st.sampled_from(["1012345678", "medico", "1"])),
    st.frozensets(st.sampled_from(Proposito)),
)
facts = st.builds(
    Hechos,
    st.none() | st.sampled_from(["P-1", "P-2"]),
    *[st.booleans()] * 4,
    st.lists(denials, max_size=3).map(tuple),
    st.none() | st.sampled_from(["TREAT", "HQUALIMP", BREAK_GLASS]),
)
programs = st.just(Persona("1012345678", ambitos=frozenset({"notas:leer"})))
NOTE = Operation("notas", Accion.LEER)
MEDICO = Persona("1", Rol.MEDICO, medico_id=7)
PROGRAM = carried()


def row(condicion: Condicion = Condicion.SIEMPRE, ocultos: str = "", accion: Accion = Accion.LEER) -> Permiso:
    return Permiso(Rol.MEDICO, "notas", accion, condicion, frozenset(ocultos.split()))


@given(people, operations, facts)
def test_without_a_row_nothing_is_allowed(who: Persona, operation: Operation, hechos: Hechos) -> None:
    assert decidir(who, operation, [], hechos) == Decision(permitido=False, razon=Razon.SIN_PERMISO)


@given(people, operations, matrices, facts)
def test_rows_of_other_roles_resources_and_actions_allow_nothing(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos
) -> None:
    others = [
        one for one in matrix if (one.rol, one.recurso, one.accion) != (who.rol, operation.recurso, operation.accion)
    ]
    assert not decidir(who, operation, others, hechos).permitido
    with_others = decidir(who, operation, matrix, hechos)
    assert with_others == decidir(who, operation, [one for one in matrix if one not in others], hechos)


@given(people, operations, matrices, facts)
def test_what_is_denied_shows_nothing(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos
) -> None:
    decided = decidir(who, operation, matrix, hechos)
    if not decided.permitido:
        assert decided == Decision(permitido=False, razon=decided.razon)
    assert (decided.razon is Razon.PERMITIDO) == decided.permitido


@given(people, operations, matrices, permissions, facts)
def test_one_row_more_takes_nothing_away(
    who: Persona, operation: Operation, matrix: list[Permiso], more: Permiso, hechos: Hechos
) -> None:
    before, after = (decidir(who, operation, rows, hechos) for rows in (matrix, [*matrix, more]))
    if before.permitido:
        assert after.permitido
        assert after.solo_autor <= before.solo_autor
        if operation.accion is not Accion.BUSCAR:
            assert after.campos_ocultos <= before.campos_ocultos
            assert after.campos_solo_lectura <= before.campos_solo_lectura


@given(people, operations, matrices, facts)
def test_facts_that_are_not_asked_for_change_nothing(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos
) -> None:
    if not asks_for_facts(who, operation, matrix):
        assert decidir(who, operation, matrix, hechos) == decidir(who, operation, matrix, Hechos(hechos.paciente))


@given(people, operations, matrices, facts)
def test_facts_on_which_no_row_hangs_change_nothing(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos
) -> None:
    """But for what was denied, which is asked of everybody; nobody himself is denied anything."""
    wanted = {fact for one in matrix for fact in facts_of(one.condicion)}
    fewer = replace(
        hechos, **{name: False for name in ("relacion", "orden", "propio", "emergencia") if name not in wanted}
    )
    assert decidir(who, operation, matrix, replace(fewer, negativas=())) == decidir(
        who, operation, matrix, replace(hechos, negativas=())
    )


@given(people, operations, matrices)
def test_who_is_related_to_nobody_has_nobody(who: Persona, operation: Operation, matrix: list[Permiso]) -> None:
    conditional = [one for one in matrix if one.condicion is not Condicion.SIEMPRE]
    decided = decidir(who, operation, conditional, Hechos("P-2"))
    assert not decided.permitido or operation.accion is Accion.BUSCAR
    assert not decided.permitido or decided.alcance


@given(people, matrices, facts, st.sampled_from(sorted(OF_TWO_PATIENTS)))
def test_what_names_a_second_patient_hangs_on_no_condition(
    who: Persona, matrix: list[Permiso], hechos: Hechos, accion: Accion
) -> None:
    conditional = [one for one in matrix if one.condicion is not Condicion.SIEMPRE]
    for recurso in RESOURCES:
        decided = decidir(who, Operation(recurso, accion), conditional, hechos)
        assert (decided.permitido, decided.razon) == (False, Razon.SIN_PERMISO)


@given(people | programs, operations, matrices, facts, denials)
def test_one_denial_more_gives_nobody_more(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos, more: Negativa
) -> None:
    before = decidir(who, operation, matrix, hechos)
    after = decidir(who, operation, matrix, replace(hechos, negativas=(*hechos.negativas, more)))
    assert after in (before, Decision(permitido=False, razon=Razon.NEGADO))
    assert before.permitido or after == before  # whoever may not see the patient is not told of a denial


@given(people | programs, operations, matrices, facts)
def test_what_the_patient_denied_stands_but_in_an_emergency_and_for_himself(
    who: Persona, operation: Operation, matrix: list[Permiso], hechos: Hechos
) -> None:
    allowed = decidir(who, operation, matrix, replace(hechos, negativas=()))
    everything = decidir(who, operation, matrix, replace(hechos, negativas=(Negativa(),)))
    stands = operation.recurso in CATEGORIAS and operation.accion is not Accion.CREAR
    stands &= allowed.permitido and not (hechos.emergencia or hechos.propio)
    assert everything == (Decision(permitido=False, razon=Razon.NEGADO) if stands else allowed)


@pytest.mark.parametrize(
    ("negativa", "permitido"),
    [
        (Negativa(), False),
        (Negativa(categorias=frozenset({"notas", "ordenes"})), False),
        (Negativa(categorias=frozenset({"ordenes"})), True),
        (Negativa(destinatarios=frozenset({"1"})), False),
        (Negativa(destinatarios=frozenset({"2", "medico"})), False),
        (Negativa(destinatarios=frozenset({"2", "resultados"})), True),
        (Negativa(propositos=frozenset({"CALIDAD", "TRATAMIENTO"})), False),
        (Negativa(propositos=frozenset({"CALIDAD", "EMERGENCIA"})), True),
        (Negativa(propositos=frozenset({"de un programa nuevo"})), True),
    ],
)
def test_whom_a_denial_reaches(negativa: Negativa, permitido: bool) -> None:
    hechos = Hechos("P", relacion=True, negativas=(negativa,), proposito="TREAT")
    assert decidir(MEDICO, NOTE, [row(Condicion.RELACION)], hechos).permitido == permitido


def test_a_program_that_states_no_purpose_gets_around_no_denial() -> None:
    program = Persona("1", ambitos=frozenset({"notas:leer"}))
    for_quality = Hechos("P", negativas=(Negativa(propositos=frozenset({"CALIDAD"})),))
    assert asks_for_facts(program, NOTE, [])
    assert not decidir(program, NOTE, [], for_quality).permitido
    assert decidir(program, NOTE, [], replace(for_quality, proposito="TREAT")).permitido
    assert decidir(program, Operation("pacientes", Accion.LEER), [], Hechos("P", negativas=(Negativa(),))).permitido


def test_who_oversees_is_not_reached() -> None:
    auditor, seen = Persona("1", Rol.AUDITOR), Permiso(Rol.AUDITOR, "notas", Accion.LEER, Condicion.SIEMPRE)
    assert decidir(auditor, NOTE, [seen], Hechos("P", negativas=(Negativa(),))).permitido


def test_a_right_that_hangs_on_nothing_is_reached_as_well() -> None:
    """An installation may add one: the facts are asked for it, or a denial would never be seen."""
    assert asks_for_facts(MEDICO, NOTE, [row()])
    whole = [replace(row(), recurso="historia")]
    assert asks_for_facts(MEDICO, Operation("historia", Accion.LEER), whole)
    assert not decidir(MEDICO, NOTE, [row()], Hechos("P", negativas=(Negativa(),))).permitido


@pytest.mark.parametrize(
    ("born", "moment", "minor"),
    [
        ("2008-03-15", "2026-03-14T23:59:59-05:00", True),
        ("2008-03-15", "2026-03-15T00:00:00-05:00", False),
        ("2008-03-15", "2026-03-15T04:59:59+00:00", True),  # the eve, in Colombia
        ("2008-02-29", "2026-02-28T12:00:00-05:00", True),
        ("2008-02-29", "2026-03-01T12:00:00-05:00", False),
    ],
)
def test_who_is_a_minor(born: str, moment: str, minor: bool) -> None:
    assert is_minor(date.fromisoformat(born), datetime.fromisoformat(moment).astimezone(UTC)) == minor


def test_what_can_be_denied_is_what_a_history_is_made_of() -> None:
    assert {one.noun.members for one in KINDS} == CATEGORIAS == set(consentimientos.Categoria.__args__)
    assert set(consentimientos.Proposito.__args__) == set(Proposito)


@pytest.mark.parametrize(
    ("condicion", "hechos", "permitido"),
    [
        (Condicion.SIEMPRE, Hechos(), True),
        (Condicion.RELACION, Hechos("P", relacion=True), True),
        (Condicion.RELACION, Hechos("P", orden=True), False),
        (Condicion.RELACION, Hechos("P", emergencia=True), True),
        (Condicion.AUTOR, Hechos("P", emergencia=True), True),
        (Condicion.ORDEN, Hechos("P", emergencia=True), False),
        (Condicion.PROPIO, Hechos("P", emergencia=True), False),
        (Condicion.ORDEN, Hechos("P", orden=True), True),
        (Condicion.ORDEN, Hechos("P", relacion=True), False),
        (Condicion.AUTOR, Hechos("P", relacion=True), True),
        (Condicion.AUTOR, Hechos("P"), False),
        (Condicion.EMERGENCIA, Hechos("P", emergencia=True), True),
        (Condicion.EMERGENCIA, Hechos("P", relacion=True), False),
        (Condicion.PROPIO, Hechos("P", propio=True), True),
        (Condicion.PROPIO, Hechos("P", relacion=True, orden=True), False),
        (Condicion.RELACION, Hechos(relacion=True), False),
    ],
)
def test_each_condition(condicion: Condicion, hechos: Hechos, permitido: bool) -> None:
    assert decidir(MEDICO, NOTE, [row(condicion)], hechos).permitido == permitido


def of_reserved(rol: Rol, condicion: Condicion) -> Permiso:
    return Permiso(rol, RESERVADOS.recurso, RESERVADOS.accion, condicion)


@pytest.mark.parametrize(
    ("who", "hechos", "whose"),
    [
        (ANONYMOUS, Hechos("P"), EVERYBODYS),
        (MEDICO, Hechos("P", relacion=True), "7"),
        (MEDICO, Hechos("P", emergencia=True), EVERYBODYS),
        (MEDICO, Hechos("P"), NOBODYS),
        (replace(MEDICO, medico_id=None), Hechos("P", relacion=True), NOBODYS),
        (Persona("1", Rol.PACIENTE), Hechos("P", propio=True), EVERYBODYS),
        (Persona("1", Rol.PACIENTE), Hechos("P"), NOBODYS),
        (Persona("1", Rol.RESULTADOS), Hechos("P", orden=True), EVERYBODYS),
        (Persona("1", Rol.AUDITOR), Hechos("P", relacion=True), NOBODYS),
        (Persona("1", ambitos=frozenset({"notas:leer"})), Hechos("P"), NOBODYS),
        (Persona("1", ambitos=frozenset({"reservados:leer"})), Hechos("P"), EVERYBODYS),
    ],
)
def test_of_whom_one_sees_what_is_reserved(who: Persona, hechos: Hechos, whose: str) -> None:
    carried_rows = understood([Row(1, *one.as_row(1)[1:5], [], []) for one in PROGRAM.permissions])  # type: ignore[arg-type]
    assert reserved_of(who, carried_rows, hechos) == whose


@given(people, matrices, facts)
def test_without_a_row_about_them_nothing_that_is_reserved_is_seen(
    who: Persona, matrix: list[Permiso], hechos: Hechos
) -> None:
    assert reserved_of(who, matrix, hechos) == NOBODYS
    own = reserved_of(who, [*matrix, of_reserved(Rol.MEDICO, Condicion.AUTOR)], hechos)
    assert own in (NOBODYS, str(who.medico_id))


def test_the_number_alone_makes_no_record_ones_own() -> None:
    own = Permiso(Rol.PACIENTE, "notas", Accion.LEER, Condicion.PROPIO)
    who = Persona("1", Rol.PACIENTE, paciente_id="P-1", paciente_uuid=uuid.uuid4())
    assert asks_for_facts(who, NOTE, [own])
    assert not decidir(who, NOTE, [own], Hechos("P-1")).permitido


def test_what_two_rows_hide_is_what_both_hide_where_both_hold() -> None:
    masked, plain = row(Condicion.SIEMPRE, "texto motivo"), row(Condicion.RELACION, "motivo")
    assert decidir(MEDICO, NOTE, [masked, plain], Hechos("P")).campos_ocultos == {"texto", "motivo"}
    assert decidir(MEDICO, NOTE, [masked, plain], Hechos("P", relacion=True)).campos_ocultos == {"motivo"}
    assert asks_for_facts(MEDICO, NOTE, [masked, plain])
    whole = [replace(one, recurso="pacientes") for one in (row(), plain)]
    assert not asks_for_facts(MEDICO, Operation("pacientes", Accion.LEER), whole)


def test_a_search_for_everybody_shows_what_everybody_may_be_seen_of() -> None:
    search = Operation("notas", Accion.BUSCAR)
    masked, plain = row(Condicion.SIEMPRE, "texto", Accion.BUSCAR), row(Condicion.RELACION, "", Accion.BUSCAR)
    assert decidir(MEDICO, search, [masked, plain], Hechos()).campos_ocultos == {"texto"}
    assert decidir(MEDICO, search, [masked, plain], Hechos()).alcance == frozenset()
    assert decidir(MEDICO, search, [plain], Hechos()).alcance == {Condicion.RELACION}


def test_words_of_a_newer_program_allow_nothing() -> None:
    def said(**words: str) -> Row:
        known = {"rol": "medico", "recurso": "notas", "accion": "leer", "condicion": "siempre"}
        return Row(1, **(known | words), campos_ocultos=[], campos_solo_lectura=[])  # type: ignore[arg-type]

    strange = [said(rol="enfermera"), said(accion="exportar"), said(condicion="urgencia")]
    assert understood([*strange, said()]) == (row(),)


def test_every_route_is_open_or_in_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new route needs its words in access/operations.py and, for whoever may use it, rows in permisos.csv."""
    for name in ("POSTGRES_HOST", "POSTGRES_PASSWORD", "HISTORIA_SIGNING_KEY"):
        monkeypatch.setenv(name, "x" * 32)
    app = create_app(Settings())
    allowed = {(one.recurso, one.accion) for one in PROGRAM.permissions}
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    by_the_matrix = {one for one in endpoints - OPEN if one.partition(".")[0] not in OF_ACCOUNTS}
    said = {endpoint: operation_of(endpoint) for endpoint in by_the_matrix}
    assert sorted(endpoint for endpoint, operation in said.items() if operation is None) == []
    missing = {endpoint: one for endpoint, one in said.items() if one and (one.recurso, one.accion) not in allowed}
    assert missing == {}
    routed = {(one.recurso, one.accion) for one in said.values() if one}
    assert allowed == routed | {(RESERVADOS.recurso, RESERVADOS.accion)}
    assert endpoints >= OPEN


def test_the_carried_matrix_is_sound() -> None:
    assert {rol for rol, _ in PROGRAM.roles} == {one.rol for one in PROGRAM.permissions} == set(Rol)
    keys = [(one.rol, one.recurso, one.accion, one.condicion) for one in PROGRAM.permissions]
    assert len(keys) == len(set(keys)) > 100
    assert {one.condicion for one in PROGRAM.permissions} == set(Condicion)
    known = understood([Row(1, *one.as_row(1)[1:5], [], []) for one in PROGRAM.permissions])  # type: ignore[arg-type]
    assert len(known) == len(PROGRAM.permissions)


REVIEWS = {("auditoria", "verificar"), ("accesos_emergencia", "revisar")}


def test_nobody_who_governs_or_receives_sees_what_is_clinical() -> None:
    clinical = {"historia", "consultas", "diagnosticos", "alergias", "antecedentes", "signos_vitales"}
    clinical |= {"prescripciones", "ordenes", "resultados", "notas", "documentos"}
    for one in PROGRAM.permissions:
        if one.rol in ("admin", "admisionista", "oficial_datos", "investigador"):
            assert one.recurso not in clinical
        if one.rol in ("medico", "paciente", "resultados") and one.recurso in clinical | {"pacientes"}:
            assert one.condicion != "siempre"
        if one.rol == "auditor":
            assert one.accion == "leer" or (one.recurso, one.accion) in REVIEWS
        if one.recurso == "accesos_emergencia":
            assert one.accion == "leer" or (one.rol, one.accion) in {("medico", "crear"), ("auditor", "revisar")}
        if one.recurso == "relaciones_atencion" and one.accion != "leer":
            assert one.rol == "admisionista"
        if one.recurso == "consentimientos" and one.accion != "leer":
            assert one.rol in ("admisionista", "paciente")


def test_who_changes_a_row_may_read_it() -> None:
    """What is hidden from readers is hidden in the answer to a change as well; where nobody reads, nothing would be."""
    readers = {(one.rol, one.recurso) for one in PROGRAM.permissions if one.accion == "leer"}
    changes = {"corregir", "anular", "firmar", "renumerar", "fusionar", "buscar", "descargar", "revocar"}
    assert {(one.rol, one.recurso) for one in PROGRAM.permissions if one.accion in changes} <= readers


def test_a_matrix_is_loaded_where_another_holds() -> None:
    other = Matrix(PROGRAM.roles, (Permission("admin", "cluster", "leer", "siempre"),), "0" * 64)
    assert plan_matrix(PROGRAM, None) == (LoadMatrix(PROGRAM),) == plan_matrix(PROGRAM, other.sha256)
    assert plan_matrix(PROGRAM, PROGRAM.sha256) == ()


def test_lists_are_written_as_the_database_reads_them() -> None:
    one = Permission("auditor", "notas", "leer", "siempre", ("texto", "motivo"))
    assert Matrix((), (one,), "").as_csv(3) == '3,auditor,notas,leer,siempre,"{texto,motivo}",{}\r\n'
