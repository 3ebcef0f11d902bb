"""Purposes of use: their words, their codes and the roles, against the vocabulary that the hooks carry."""

import csv
import json
from importlib.resources import files

from historia_clinica.access.people import Rol
from historia_clinica.access.purpose import BREAK_GLASS, OF_ROLE, Proposito, admitted, belongs_to, silent

ROWS = list(csv.DictReader((files("historia_hooks.vocabularies") / "propositos.csv").read_text().splitlines()))


def test_words_and_codes_are_those_of_the_vocabulary() -> None:
    named = {json.loads(row["atributos"]).get("proposito"): row["codigo"] for row in ROWS}
    named.pop(None)
    assert named == {one.value: one.codigo for one in Proposito}
    codes = {row["codigo"] for row in ROWS}
    assert {BREAK_GLASS, *(one.callado for one in OF_ROLE.values())} <= codes


def test_every_role_has_its_purposes_and_nobody_states_a_broken_glass() -> None:
    assert OF_ROLE.keys() == set(Rol)
    assert all(one.admitidos for one in OF_ROLE.values())
    assert BREAK_GLASS not in {one.codigo for one in Proposito} | {silent(rol) for rol in Rol}


def test_who_reads_no_patient_for_care_does_not_say_so() -> None:
    for rol in (Rol.INVESTIGADOR, Rol.AUDITOR, Rol.OFICIAL_DATOS, Rol.ADMIN, Rol.PACIENTE):
        assert not admitted(rol) & {Proposito.TRATAMIENTO, Proposito.EMERGENCIA}
    assert [rol for rol in Rol if Proposito.INVESTIGACION in admitted(rol)] == [Rol.INVESTIGADOR]
    assert (admitted(None), silent(None)) == (frozenset(Proposito), None)


def test_it_belongs_to_what_the_audit_keeps_but_accounts() -> None:
    assert belongs_to("notas.get")
    assert belongs_to("accesos_emergencia.queue")
    assert not belongs_to("vocabularios.get")
    assert not belongs_to("sesiones.create")
    assert not belongs_to("cuentas.get")
