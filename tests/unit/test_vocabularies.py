"""The vocabularies that the hooks carry: whole, as their headings say, right as far as can be told without a source."""

import csv
import gzip
import hashlib
import io
import json
import re
import sys
from collections import Counter
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from historia_hooks.errors import Misconfigured
from historia_hooks.plan import differing_vocabularies, plan_vocabularies
from historia_hooks.steps import LoadVocabulary
from historia_hooks.vocabularies import CODE, FIELDS, Heading, Vocabulary, carried, carried_csv, cie10, read
from hypothesis import given
from hypothesis import strategies as st

FOLDER = files("historia_hooks.vocabularies")
CARRIED = {one.heading.nombre: one for one in carried()}
MOST_BYTES = 1_500_000
HEADING = Heading(
    nombre="prueba",
    version="1",
    titulo="Prueba",
    fuente="Inventado",
    licencia="MIT",
    vigente_desde=next(iter(CARRIED.values())).heading.vigente_desde,
    completo=True,
)


def said(nombre: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{nombre}.json").read_text(encoding="utf-8")))


def concepts(nombre: str) -> list[dict[str, str]]:
    return [dict(zip(FIELDS, concept, strict=True)) for concept in CARRIED[nombre].concepts]


def test_what_is_carried() -> None:
    ours = {"cups", "divipola", "finalidades", "loinc", "propositos", "tipos-documento"}
    assert set(CARRIED) == {"cie10", *ours}
    names = {file.name for file in FOLDER.iterdir() if file.is_file() and not file.name.endswith(".py")}
    assert names == {"NOTICE", "cie10.json", *(f"{name}.{kind}" for name in ours for kind in ("csv", "json"))}
    assert sum(len((FOLDER / name).read_bytes()) for name in names) < MOST_BYTES


@pytest.mark.parametrize("nombre", CARRIED)
def test_a_file_is_as_its_heading_says(nombre: str) -> None:
    found = {"sha256": hashlib.sha256(carried_csv(nombre)).hexdigest(), "filas": len(CARRIED[nombre].concepts)}
    assert {name: said(nombre)[name] for name in found} == found
    assert (CARRIED[nombre].sha256, CARRIED[nombre].size) == (found["sha256"], found["filas"])
    assert said(nombre).keys() == Heading.__dataclass_fields__.keys() | found.keys()


@pytest.mark.parametrize("nombre", CARRIED)
def test_codes_are_in_order_and_parents_are_there(nombre: str) -> None:
    codes = [concept["codigo"] for concept in concepts(nombre)]
    assert codes == sorted(set(codes))
    assert {concept["padre"] for concept in concepts(nombre)} - {""} <= set(codes)
    for concept in concepts(nombre):
        assert concept["descripcion"] == " ".join(concept["descripcion"].split())


def test_the_territory() -> None:
    """33 departments counting Bogotá, which is its own municipality; 1,121 municipalities, islands and areas in all."""
    levels = {concept["codigo"]: json.loads(concept["atributos"])["nivel"] for concept in concepts("divipola")}
    departments = {code for code, level in levels.items() if level == "departamento"}
    assert len(departments) == 33
    assert list(levels.values()).count("municipio") == 1121
    assert all(len(code) == (2 if code in departments else 5) and code.isdecimal() for code in levels)
    assert all(concept["padre"] == concept["codigo"][:2] for concept in concepts("divipola") if concept["padre"])
    assert {code[:2] for code in levels} == departments
    names = {concept["codigo"]: concept["descripcion"] for concept in concepts("divipola")}
    assert [names[code] for code in ("05001", "11001", "19001", "76001")] == [
        "Medellín",
        "Bogotá, D.C.",
        "Popayán",
        "Cali",
    ]


def check_digit(digits: str) -> int:
    """Mod 10 as LOINC reckons it: every second digit from the right doubled, its own digits added up."""
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits))]
    return -sum(divmod(number, 10)[0] + number % 10 for number in doubled) % 10


def test_loinc_codes_have_the_right_check_digit_and_their_notice() -> None:
    for concept in concepts("loinc"):
        digits, _, check = concept["codigo"].partition("-")
        assert check_digit(digits) == int(check), concept
    assert check_digit("61146") != 1, "a guide that is in use gives 61146-1, which is no LOINC code"
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert " ".join(str(CARRIED["loinc"].heading.aviso).split()) in " ".join(notice.split())


def test_procedures_and_purposes_have_the_form_of_their_source() -> None:
    assert [one["codigo"] for one in concepts("finalidades")] == [str(number) for number in range(11, 45)]
    assert all(len(one["codigo"]) == 2 and one["codigo"].isupper() for one in concepts("tipos-documento"))
    words = [json.loads(one["atributos"]).get("proposito") for one in concepts("propositos")]
    assert len(set(words) - {None}) == 9


def test_everyday_procedures_have_the_form_of_cups_and_one_name_each() -> None:
    names = {one["codigo"]: one["descripcion"] for one in concepts("cups")}
    assert all(re.fullmatch("[0-9]{6}", code) for code in names)
    assert len(set(names.values())) == len(names) == 57
    assert (names["890201"], names["903895"]) == (
        "Consulta de primera vez por medicina general",
        "Creatinina en suero u otros fluidos",
    )


CIE10 = {one["codigo"]: one | json.loads(one["atributos"]) for one in concepts("cie10")}


def test_cie10_is_all_of_its_package_and_what_rips_adds() -> None:
    assert CARRIED["cie10"].heading.version == f"cie-{distribution('cie').version}"
    assert Counter(one["origen"] for one in CIE10.values()) == {"icdcode.info": 11268, "deis.cl": 3230, "agregado": 262}
    assert Counter(one["nivel"] for one in CIE10.values()) == {
        "capítulo": 21,
        "grupo": 265,
        "categoría": 2038,
        "subcategoría": 12436,
    }


def test_cie10_has_the_codes_that_a_diagnosis_is_written_with() -> None:
    usable = {code: one for code, one in CIE10.items() if one["nivel"] in ("categoría", "subcategoría")}
    assert all(re.fullmatch("[A-Z][0-9]{2}[0-9X]?", code) for code in usable)  # the form that the API takes
    assert {code for code, one in usable.items() if len(code) == 4} == {
        code for code, one in usable.items() if one["padre"] == code[:3]
    }
    added = {code for code, one in CIE10.items() if one["origen"] == "agregado"}
    assert added == {code for code in usable if code.endswith("X")}
    assert {"I10X", "R05X", "A09X"} <= added
    assert all(usable[code]["descripcion"] == usable[code[:3]]["descripcion"] for code in added)
    assert not {one["padre"] for one in usable.values()} & {code for code in usable if len(code) == 4}
    assert not {"I10.0", "E11X", "A97", "U07", "U071"} & CIE10.keys()


def test_cie10_says_as_its_package_does_except_where_that_is_damaged() -> None:
    """Odd names of groups and chapters stay: what is missing of them would have to be copied from elsewhere."""
    names = {code: one["descripcion"] for code, one in CIE10.items()}
    assert not [code for code, name in names.items() if cie10.SOFT_HYPHEN in name or not name.isprintable()]
    assert (names["O860"], names["T190"]) == (
        "Infección de herida quirúrgica obstétrica",
        "Cuerpo extraño en la uretra",
    )
    cut = {code for code, name in names.items() if name[0].islower()}
    assert cut == {"A50-A64", "C00-C14", "C00-C75", "C30-C39", "H49-H52", "R70-R79"}
    groups = [(code, one["padre"]) for code, one in CIE10.items() if one["nivel"] == "grupo"]
    outside = [code for code, parent in groups if not (parent[:3] <= code[:3] and code[-3:] <= parent[-3:])]
    assert outside == ["E70-E90", "F00-F09", "T90-T98"]  # the chapters have the names of another edition


def test_cie10_is_read_without_unpacking_it_or_running_its_code() -> None:
    cie10.content()
    data = Path(str(distribution("cie").locate_file("cie/data")))
    assert [path.name for path in data.iterdir()] == ["cie-10.zip"]
    assert not {"cie", "cie.cie10"} & sys.modules.keys()


def test_data_that_are_not_those_of_the_heading_are_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cie10, "DAMAGED", {})
    [ours] = [one for one in carried() if one.heading.nombre == "cie10"]
    with pytest.raises(Misconfigured, match="no son los de este programa"):
        ours.as_csv()


def of(text: str, **more: Any) -> Vocabulary:
    return read(HEADING, text.encode(), **more)


def test_an_operators_file_with_names_and_separator_of_its_own() -> None:
    text = "\ufeffCodigo;Nombre;Habilitado\nA000;Cólera;SI\nA001; Cólera clásico ;SI\n"
    content = gzip.compress(text.encode())
    found = read(HEADING, content, columns={"codigo": "Codigo", "descripcion": "Nombre"}, separator=";")
    assert found.concepts == (("A000", "Cólera", "", "", "", ""), ("A001", "Cólera clásico", "", "", "", ""))
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("codigo,descripcion\n", "no trae ningún concepto"),
        ("", "no tiene la columna codigo, descripcion"),
        ("codigo;descripcion\nA;B\n", "¿otro separador?"),
        ("codigo,descripcion\nA 1,B\n", "línea 2: el código lleva"),
        ("codigo,descripcion\nA,B\nA,C\n", "línea 3: el código está repetido"),
        ("codigo,descripcion\nA,\n", "línea 2: falta la descripción"),
        ("codigo,descripcion\nA,B\0\n", "línea 2: "),
        ('codigo,descripcion\nA,"B\n', "línea 2: no es CSV"),
        ("codigo,descripcion,padre\nA,B,?\n", "línea 2: el código del padre"),
        ("codigo,descripcion,vigente_hasta\nA,B,31/12/2020\n", "línea 2: la vigencia debe ser una fecha"),
        ("codigo,descripcion,vigente_desde,vigente_hasta\nA,B,2021-01-01,2020-01-01\n", "línea 2: la vigencia termina"),
        ("codigo,descripcion,atributos\nA,B,[1]\n", "línea 2: los atributos"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence.replace("?", r"\?")):
        of(text)


@pytest.mark.parametrize(
    "content",
    [b"codigo,descripcion\nA,C\xf3lera\n", gzip.compress(b"codigo" * 99)[:-9], b"\x1f\x8bx"],
    ids=["another encoding", "cut short", "no archive"],
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Misconfigured):
        read(HEADING, content)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for beginning in (b"", b"codigo,descripcion\n"):
        try:
            read(HEADING, beginning + content)
        except Misconfigured:
            continue


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.lists(st.tuples(st.from_regex(CODE, fullmatch=True), TEXTS), min_size=1, unique_by=lambda row: row[0]))
def test_what_is_read_is_what_is_loaded(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("codigo", "descripcion"), *rows])
    loaded = list(csv.reader(io.StringIO(of(text.getvalue()).as_csv())))
    assert loaded == [["prueba", "1", code, description, "", "", "", ""] for code, description in rows]


@pytest.mark.parametrize("wrong", [{"nombre": "CIE 10"}, {"version": ""}, {"titulo": " "}, {"licencia": "a\nb"}])
def test_a_heading_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Misconfigured):
        Heading(**vars(HEADING) | wrong)


WANTED = [of("codigo,descripcion\nA,B\n"), *CARRIED.values()]
LOADED = st.dictionaries(st.sampled_from([one.key for one in WANTED]), st.sampled_from(["0" * 64, WANTED[0].sha256]))


@given(LOADED)
def test_a_plan_loads_what_is_missing_and_then_nothing(loaded: dict[tuple[str, str], str]) -> None:
    plan = plan_vocabularies(WANTED, loaded)
    assert plan == tuple(LoadVocabulary(one) for one in WANTED if one.key not in loaded)
    after = loaded | {step.vocabulary.key: step.vocabulary.sha256 for step in plan}
    assert plan_vocabularies(WANTED, after) == ()
    assert {one.key for one in differing_vocabularies(WANTED, after)} == {
        one.key for one in WANTED if after[one.key] != one.sha256
    }
