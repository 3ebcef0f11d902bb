"""SQL of clinical notes. Policies of the table let drafts alone be changed, whatever is asked here."""

from historia_clinica.db import Scope, Statement
from historia_clinica.errors import NoteSigned
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import CONSULTA, MEDICO, Table, store
from historia_clinica.resources.notas.schemas import Nota
from historia_clinica.versions import since

NOTA = {"adenda_de": "No hay una nota firmada de este paciente con este identificador."}
SIGN = "sign"
IS_SIGNED = Statement(
    "SELECT id FROM notas WHERE paciente_id = %(paciente_id)s AND id = %(id)s::uuid AND estado = 'firmada'",
    Scope.PATIENT,
)
STORE = store(
    Table(
        Noun("nota", "notas", feminine=True),
        columns=("tipo", "texto", "medico_id", "reserva", "consulta_id", "adenda_de"),
        references=CONSULTA | MEDICO | NOTA,
        later=("firmado_en", "sha256"),
        further={SIGN: {"estado": "'firmada'", "firmado_en": f"greatest(now(), {since()})", "sha256": "%(sha256)s"}},
        sealed=NoteSigned,
    ),
    into=Nota,
)
