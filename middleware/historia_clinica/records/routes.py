"""/api/v1/pacientes/{cedula}/… : the six routes of each kind of record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.db import Transaction
from historia_clinica.errors import ForeignKeyMissing
from historia_clinica.http.authorship import authorship
from historia_clinica.http.conditional import (
    Answer,
    Anulacion,
    VersionQuery,
    meta,
    read,
    wanted_versions,
    written,
)
from historia_clinica.http.context import context
from historia_clinica.http.fields import Schema
from historia_clinica.http.idempotency import new_id
from historia_clinica.http.pagination import PageQuery, RecordPageQuery, decode_moment, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.records.noun import Noun
from historia_clinica.records.schemas import Examples, PacienteEnRuta, RegistroEnRuta, lists
from historia_clinica.records.store import Record, Store

Row = TypeVar("Row", bound=Record)
Page = tuple[Schema, int, dict[str, str]]
BODY = {400: "Petición mal formada", 413: "Cuerpo demasiado grande", 415: "No es JSON"}


def _nothing(_transaction: Transaction, _paciente_id: str, _sent: Any) -> None:
    pass


def _kept(_transaction: Transaction, _row: Any, _sent: Any) -> None:
    pass


def _members(sent: Schema) -> dict[str, Any]:
    return sent.model_dump()


@dataclass(frozen=True)
class Resource(Generic[Row]):
    """A kind of record over HTTP: what is accepted, what is answered, how it is kept.

    In the transaction `check` is asked before a body is written, and raises what is wrong with it; `values` are the
    columns of a new row, and `keep` is given the row once it is there, also when it is there by a repetition.
    """

    store: Store[Row]
    new: type[Schema]
    corrected: type[Schema]
    answer: type[Schema]
    examples: Examples
    check: Callable[[Transaction, str, Any], None] = _nothing
    values: Callable[[Any], dict[str, Any]] = _members
    keep: Callable[[Transaction, Any, Any], None] = _kept

    @property
    def noun(self) -> Noun:
        return self.store.table.noun

    def shown(self, row: Row) -> Schema:
        return self.answer.model_validate(row)


def blueprint_of(resource: Resource[Row]) -> APIBlueprint:
    noun = resource.noun
    blueprint = APIBlueprint(noun.members, __name__, url_prefix="/api/v1/pacientes/<cedula>", tag=noun.title)
    for add in (_add_create, _add_index, _add_get, _add_replace, _add_annul, _add_history):
        add(blueprint, resource)
    return blueprint


def _add_create(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store, examples = resource.noun, resource.store, resource.examples

    @blueprint.post(f"/{noun.path}")
    @blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
    @blueprint.input(resource.new, arg_name="nueva", example=examples.new)
    @blueprint.output(resource.answer, status_code=201, description=noun.done("registrad"), example=examples.answer)
    @blueprint.doc(summary=f"Registrar {noun.a} del paciente", operation_id=f"crear{noun.one}", responses=BODY)
    def create(cedula: PacienteEnRuta, nueva: Schema) -> Answer[Schema]:
        signed = authorship()
        key = {"paciente_id": cedula.cedula, "id": new_id(signed["clave"])}
        with context().database.transaction(paciente=cedula.cedula) as transaction:
            resource.check(transaction, cedula.cedula, nueva)
            try:
                created = store.create(transaction, resource.values(nueva) | signed | key)
                resource.keep(transaction, created, nueva)
            except ForeignKeyMissing as error:
                raise store.explain(error) from error
        location = url_for(f"{blueprint.name}.get", cedula=created.paciente_id, id=created.id)
        return written(resource.shown(created), created.version, location)


def _add_index(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store = resource.noun, resource.store
    cursor, schema = noun.members, lists(noun, resource.answer).page

    @blueprint.get(f"/{noun.path}")
    @blueprint.input(PacienteEnRuta, location="path", arg_name="cedula")
    @blueprint.input(RecordPageQuery, location="query", arg_name="query")
    @blueprint.output(schema, description=f"Una página de {noun.plural}, {noun.newest} primero")
    @blueprint.doc(summary=f"Listar {noun.these} del paciente", operation_id=f"listar{noun.many}")
    def index(cedula: PacienteEnRuta, query: RecordPageQuery) -> Page:
        before = decode_moment(cursor, query.cursor)
        with context().database.transaction(paciente=cedula.cedula) as transaction:
            rows = store.page(transaction, cedula.cedula, before, query.anulados, query.limite + 1)
        page = paginate(rows, query.limite, cursor, store.position)
        shown = [resource.shown(row) for row in page.rows]
        return schema(**{noun.members: shown, "siguiente": page.next_cursor}), 200, page.headers


def _add_get(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun = resource.noun

    @blueprint.get(f"/{noun.path}/<id>")
    @blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
    @blueprint.input(VersionQuery, location="query", arg_name="query")
    @blueprint.output(resource.answer, description=noun.the[0].upper() + noun.the[1:], example=resource.examples.answer)
    @blueprint.doc(summary=f"Leer {noun.a} del paciente", operation_id=f"leer{noun.one}")
    def get(ruta: RegistroEnRuta, query: VersionQuery, **_path: str) -> Answer[Schema]:
        with context().database.transaction(paciente=ruta.cedula) as transaction:
            found = resource.store.versions.find(transaction, ruta.key, query.version, query.en)
        return read(resource.shown(found), found.version)


def _add_replace(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store, examples = resource.noun, resource.store, resource.examples

    @blueprint.put(f"/{noun.path}/<id>")
    @blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
    @blueprint.input(resource.corrected, arg_name="corregida", example=examples.change)
    @blueprint.output(resource.answer, description=noun.done("corregid"), example=examples.changed)
    @blueprint.doc(
        summary=f"Corregir {noun.a} del paciente",
        description="Reemplaza todos los datos: lo que no se envía queda vacío. La versión anterior pasa al historial.",
        operation_id=f"corregir{noun.one}",
    )
    def replace(ruta: RegistroEnRuta, corregida: Schema, **_path: str) -> Answer[Schema]:
        wanted = wanted_versions()
        sent = corregida.model_dump()
        values = sent | authorship(sent["motivo"])
        with context().database.transaction(paciente=ruta.cedula) as transaction:
            resource.check(transaction, ruta.cedula, corregida)
            try:
                changed = store.versions.replace(transaction, ruta.key, wanted, values)
            except ForeignKeyMissing as error:
                raise store.explain(error) from error
        return written(resource.shown(changed), changed.version)


def _add_annul(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, examples = resource.noun, resource.examples

    @blueprint.post(f"/{noun.path}/<id>/anulacion")
    @blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
    @blueprint.input(Anulacion, arg_name="anulacion", example=examples.annulment)
    @blueprint.output(resource.answer, description=noun.done("anulad"), example=examples.annulled)
    @blueprint.doc(
        summary=f"Anular {noun.a} del paciente",
        description="Nada se borra: queda anulado, se omite de las listas y se puede seguir leyendo.",
        operation_id=f"anular{noun.one}",
    )
    def annul(ruta: RegistroEnRuta, anulacion: Anulacion, **_path: str) -> Answer[Schema]:
        wanted = wanted_versions()
        with context().database.transaction(paciente=ruta.cedula) as transaction:
            annulled = resource.store.versions.annul(transaction, ruta.key, wanted, authorship(anulacion.motivo))
        return written(resource.shown(annulled), annulled.version)


def _add_history(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun = resource.noun
    cursor, made = f"{noun.members}-historial", lists(noun, resource.answer)

    @blueprint.get(f"/{noun.path}/<id>/historial")
    @blueprint.input(RegistroEnRuta, location="path", arg_name="ruta")
    @blueprint.input(PageQuery, location="query", arg_name="query")
    @blueprint.output(made.history, description="Una página de versiones, la actual primero")
    @blueprint.doc(summary=f"Ver las versiones de {noun.a}", operation_id=f"historial{noun.one}")
    def history(ruta: RegistroEnRuta, query: PageQuery, **_path: str) -> Page:
        before = decode_number(cursor, query.cursor)
        with context().database.transaction(paciente=ruta.cedula) as transaction:
            rows = resource.store.versions.history(transaction, ruta.key, before, query.limite + 1)
        page = paginate(rows, query.limite, cursor, lambda version: (version.row.version,))
        shown = [made.version(**meta(one), **{noun.member: resource.shown(one.row)}) for one in page.rows]
        return made.history(versiones=shown, siguiente=page.next_cursor), 200, page.headers
