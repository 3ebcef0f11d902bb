"""SQL of documents."""

from dataclasses import dataclass

from historia_clinica.db import Scope, Statement
from historia_clinica.records.noun import Noun
from historia_clinica.records.store import Table, store
from historia_clinica.resources.documentos.schemas import Documento

NOUN = Noun("documento", "documentos", feminine=False)
STORE = store(Table(NOUN, columns=("nombre", "tipo"), fixed=("mime", "bytes", "sha256")), into=Documento)
KEEP = Statement(
    """
    INSERT INTO documentos_contenido (paciente_id, id, contenido)
    VALUES (%(paciente_id)s, %(id)s::uuid, %(contenido)s)
    ON CONFLICT DO NOTHING
    """,
    Scope.PATIENT,
)
CONTENT = Statement(
    """
    SELECT d.nombre, d.mime, c.contenido
      FROM documentos d JOIN documentos_contenido c USING (paciente_id, id)
     WHERE d.paciente_id = %(paciente_id)s AND c.paciente_id = %(paciente_id)s AND d.id = %(id)s::uuid
    """,
    Scope.PATIENT,
)


@dataclass(frozen=True)
class Content:
    nombre: str
    mime: str
    contenido: memoryview
