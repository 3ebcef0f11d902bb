"""The six routes of each kind of record: /api/v1/pacientes/{cedula}/… where it is a patient's, /api/v1/… where not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from apiflask import APIBlueprint
from flask import url_for

from historia_clinica.db import Transaction
from historia_clinica.errors import ForeignKeyMissing
from historia_clinica.http import audit, authorization
from historia_clinica.http.authorship import authorship
from historia_clinica.http.body import BODY
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
from historia_clinica.http.pagination import PageQuery, RecordPageQuery, decode_number
from historia_clinica.http.pagination import page as paginate
from historia_clinica.records.noun import Noun
from historia_clinica.records.place import OF_A_PATIENT, Place
from historia_clinica.records.schemas import Examples, lists
from historia_clinica.records.store import Store
from historia_clinica.versions import Current

Row = TypeVar("Row", bound=Current)
View = TypeVar("View", bound=Callable[..., Any])
Page = tuple[Schema, int, dict[str, str]]
TAKEN = {409: "Ya existe"}


def _nothing(_transaction: Transaction, _paciente_id: str, _sent: Any) -> None:
    pass


def _kept(_transaction: Transaction, _row: Any, _sent: Any) -> None:
    pass


def _members(sent: Schema) -> dict[str, Any]:
    return sent.model_dump()


def _annulled_too(query: Any) -> dict[str, Any]:
    return {"anulados": query.anulados}


@dataclass(frozen=True)
class Listing:
    """What a list can be asked for: its parameters, what the statement makes of them, what the document says."""

    query: type[RecordPageQuery] = RecordPageQuery
    asked: Callable[[Any], dict[str, Any]] = _annulled_too
    summary: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Resource(Generic[Row]):
    """A kind of record over HTTP: what is accepted, what is answered, how it is kept.

    In the transaction `check` is asked before a body about a patient is written, and raises what is wrong with it;
    `values` are the columns of a new row, and `keep` is given the row once it is there, also when it is there by a
    repetition.
    """

    store: Store[Row]
    new: type[Schema]
    corrected: type[Schema]
    answer: type[Schema]
    examples: Examples
    check: Callable[[Transaction, str, Any], None] = _nothing
    values: Callable[[Any], dict[str, Any]] = _members
    keep: Callable[[Transaction, Any, Any], None] = _kept
    place: Place = OF_A_PATIENT
    listing: Listing = Listing()

    @property
    def noun(self) -> Noun:
        return self.store.noun

    def shown(self, row: Row) -> Schema:
        """Without what whoever asks may not see."""
        return authorization.visible(self.answer.model_validate(row), self.noun.members)


def blueprint_of(resource: Resource[Row]) -> APIBlueprint:
    noun = resource.noun
    blueprint = APIBlueprint(noun.members, __name__, url_prefix=resource.place.prefix, tag=noun.title)
    for add in (_add_create, _add_index, _add_get, _add_replace, _add_annul, _add_history):
        add(blueprint, resource)
    return blueprint


def _below(blueprint: APIBlueprint, schema: type[Schema] | None) -> Callable[[View], View]:
    """The parameters of the path, as the argument `ruta`, where there are any."""
    if schema is None:
        return lambda view: view
    taken: Callable[[View], View] = blueprint.input(schema, location="path", arg_name="ruta")
    return taken


def _add_create(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store, place, examples = resource.noun, resource.store, resource.place, resource.examples
    refused = BODY | TAKEN if store.versions.unique else BODY

    @blueprint.post(f"/{noun.path}")
    @_below(blueprint, place.above)
    @blueprint.input(resource.new, arg_name="nueva", example=examples.new)
    @blueprint.output(resource.answer, status_code=201, description=noun.done("registrad"), example=examples.answer)
    @blueprint.doc(
        summary=f"Registrar {noun.a}{place.whose}",
        operation_id=f"crear{noun.one}",
        responses=dict(sorted(refused.items())),
    )
    def create(nueva: Schema, ruta: Schema | None = None, **_path: str) -> Answer[Schema]:
        signed = authorship()
        # what people are known by is sent, or the database numbers them
        made = {"id": new_id(signed["clave"])} if place.above else {}
        values = resource.values(nueva) | authorization.created(nueva) | signed | place.key(ruta) | made
        paciente = place.patient_of(values)
        audit.about(paciente)
        database = context().database
        try:
            with database.transaction(paciente) as transaction:
                if paciente is not None:
                    resource.check(transaction, paciente, nueva)
                created = store.create(transaction, values)
                resource.keep(transaction, created, nueva)
                audit.about(recurso_id=place.own_of(created), version=created.version)
        except ForeignKeyMissing as error:
            # Who is not there, or no longer, is said before what is not: it leads to the number of today.
            with database.transaction(paciente) as transaction:
                store.refuse_without_patient(transaction, values)
                raise store.explain(error) from error
        location = url_for(f"{blueprint.name}.get", **place.address(created))
        return written(resource.shown(created), created.version, location)


def _add_index(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store, place, listing = resource.noun, resource.store, resource.place, resource.listing
    schema = lists(noun, resource.answer).page
    order = place.order or f"{noun.newest} primero"

    @blueprint.get(f"/{noun.path}")
    @_below(blueprint, place.above)
    @blueprint.input(listing.query, location="query", arg_name="query")
    @blueprint.output(schema, description=f"Una página de {noun.plural}, {order}")
    @blueprint.doc(
        summary=listing.summary or f"Listar {noun.these}{place.whose}",
        description=listing.description,
        operation_id=f"listar{noun.many}",
    )
    def index(query: RecordPageQuery, ruta: Schema | None = None, **_path: str) -> Page:
        after, within = place.after(query), place.key(ruta)
        with context().database.transaction(place.patient_of(within)) as transaction:
            rows = store.page(transaction, within, after, listing.asked(query), query.limite + 1)
        page = paginate(rows, query, store.position)
        shown = [resource.shown(row) for row in page.rows]
        return schema(**{noun.members: shown, "siguiente": page.next_cursor}), 200, page.headers


def _add_get(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, place = resource.noun, resource.place

    @blueprint.get(f"/{noun.path}/{place.own}")
    @_below(blueprint, place.one)
    @blueprint.input(VersionQuery, location="query", arg_name="query")
    @blueprint.output(resource.answer, description=noun.the[0].upper() + noun.the[1:], example=resource.examples.answer)
    @blueprint.doc(summary=f"Leer {noun.a}{place.whose}", operation_id=f"leer{noun.one}")
    def get(ruta: Schema, query: VersionQuery, **_path: str) -> Answer[Schema]:
        key = place.key(ruta)
        with context().database.transaction(place.patient_of(key)) as transaction:
            found = resource.store.versions.find(transaction, key, query.version, query.en)
            audit.about(version=found.version)
            return read(resource.shown(found), found.version)


def _add_replace(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, store, place, examples = resource.noun, resource.store, resource.place, resource.examples

    @blueprint.put(f"/{noun.path}/{place.own}")
    @_below(blueprint, place.one)
    @blueprint.input(resource.corrected, arg_name="corregida", example=examples.change)
    @blueprint.output(resource.answer, description=noun.done("corregid"), example=examples.changed)
    @blueprint.doc(
        summary=f"Corregir {noun.a}{place.whose}",
        description="Reemplaza todos los datos: lo que no se envía queda vacío. La versión anterior pasa al historial.",
        operation_id=f"corregir{noun.one}",
    )
    def replace(ruta: Schema, corregida: Schema, **_path: str) -> Answer[Schema]:
        wanted = wanted_versions()
        sent, key = corregida.model_dump(), place.key(ruta)
        values = sent | authorship(sent["motivo"])
        paciente = place.patient_of(key)
        with context().database.transaction(paciente) as transaction:
            if paciente is not None:
                resource.check(transaction, paciente, corregida)
            try:
                changed = store.versions.replace(
                    transaction,
                    key,
                    wanted,
                    values,
                    lambda current: authorization.kept(corregida, current, noun.members),
                )
            except ForeignKeyMissing as error:
                raise store.explain(error) from error
            audit.about(version=changed.version)
        return written(resource.shown(changed), changed.version)


def _add_annul(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, place, examples = resource.noun, resource.place, resource.examples

    @blueprint.post(f"/{noun.path}/{place.own}/anulacion")
    @_below(blueprint, place.one)
    @blueprint.input(Anulacion, arg_name="anulacion", example=examples.annulment)
    @blueprint.output(resource.answer, description=noun.done("anulad"), example=examples.annulled)
    @blueprint.doc(
        summary=f"Anular {noun.a}{place.whose}",
        description=f"Nada se borra: queda {noun.ending('anulad')}, se omite de las listas y se puede seguir leyendo.",
        operation_id=f"anular{noun.one}",
    )
    def annul(ruta: Schema, anulacion: Anulacion, **_path: str) -> Answer[Schema]:
        wanted, key = wanted_versions(), place.key(ruta)
        with context().database.transaction(place.patient_of(key)) as transaction:
            signed = authorship(anulacion.motivo)
            annulled = resource.store.versions.annul(transaction, key, wanted, signed, authorization.owned)
            audit.about(version=annulled.version)
        return written(resource.shown(annulled), annulled.version)


def _add_history(blueprint: APIBlueprint, resource: Resource[Row]) -> None:
    noun, place = resource.noun, resource.place
    made = lists(noun, resource.answer)

    @blueprint.get(f"/{noun.path}/{place.own}/historial")
    @_below(blueprint, place.one)
    @blueprint.input(PageQuery, location="query", arg_name="query")
    @blueprint.output(made.history, description="Una página de versiones, la actual primero")
    @blueprint.doc(summary=f"Ver las versiones de {noun.a}", operation_id=f"historial{noun.one}")
    def history(ruta: Schema, query: PageQuery, **_path: str) -> Page:
        before, key = decode_number(query), place.key(ruta)
        with context().database.transaction(place.patient_of(key)) as transaction:
            rows = resource.store.versions.history(transaction, key, before, query.limite + 1)
        page = paginate(rows, query, lambda version: (version.row.version,))
        shown = [
            authorization.visible(made.version(**meta(one), **{noun.member: resource.shown(one.row)}), noun.members)
            for one in page.rows
        ]
        return made.history(versiones=shown, siguiente=page.next_cursor), 200, page.headers
