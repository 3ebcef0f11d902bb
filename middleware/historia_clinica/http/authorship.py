"""Who writes: the one place through which the author of each change passes."""

from typing import Any

from historia_clinica.http import idempotency
from historia_clinica.http.identity import persona
from historia_clinica.http.request_id import request_id


def authorship(motivo: str | None = None) -> dict[str, Any]:
    """What a row keeps of the current request: its author, the reason (none for a first version), its identifier, and
    its Idempotency-Key with the fingerprint of what was asked under it. Raises MalformedRequest.
    """
    author = persona().usuario
    clave = idempotency.key(author)
    return {
        "cambiado_por": author,
        "motivo": motivo,
        "peticion": request_id(),
        "clave": clave,
        "huella": idempotency.fingerprint() if clave else None,
    }
