"""Problem types have stable, unique slugs; validation messages are Spanish for every finding our schemas can give."""

import pytest
from historia_clinica.http.problems import tree
from historia_clinica.http.validation import FALLBACK, MESSAGES, invalid_input
from historia_clinica.resources.consultas.schemas import ConsultaNueva
from historia_clinica.resources.medicos.schemas import MedicoNuevo
from historia_clinica.resources.pacientes.schemas import PacienteNuevo
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

SCHEMAS = (PacienteNuevo, ConsultaNueva, MedicoNuevo)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=25)
    | st.sampled_from(["activa", "\0", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


def test_slugs_are_unique_and_every_problem_is_explained() -> None:
    problems = list(tree())
    assert len({problem.slug for problem in problems}) == len(problems)
    assert all(problem.title and problem.meaning for problem in problems)


@pytest.mark.parametrize("schema", SCHEMAS)
@given(data=st.data())
def test_every_finding_has_a_spanish_message_of_its_own(schema: type[BaseModel], data: st.DataObject) -> None:
    names = st.sampled_from([*schema.model_fields, "otro"]) | st.text(max_size=5)
    body = data.draw(st.dictionaries(names, VALUES))
    error = _refusal(schema, body)
    if error is None:
        return
    kinds = {finding["type"] for finding in error.errors(include_input=False, include_url=False)}
    assert [kind for kind in kinds if not kind.startswith("historia_") and kind not in MESSAGES] == []
    assert all("{" not in one.message and one.message != FALLBACK for one in invalid_input(error).errors)


def _refusal(schema: type[BaseModel], body: object) -> ValidationError | None:
    try:
        schema.model_validate(body)
    except ValidationError as error:
        return error
    return None


def test_a_name_made_up_by_the_client_is_repeated_only_when_it_can_hold_nothing_personal() -> None:
    with pytest.raises(ValidationError) as error:
        PacienteNuevo.model_validate({"cedula": "123", "nombre": "A", "apellido": "B", "nombres": 1, "1012345678": 1})
    assert sorted(one.pointer for one in invalid_input(error.value).errors) == ["", "/nombres"]
