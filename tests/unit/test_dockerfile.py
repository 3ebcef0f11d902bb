"""What hadolint and CIS look for in a Dockerfile, as rules of our own; each is shown to find what it is for."""

import pathlib
import re
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRET = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|(_|^)KEY", re.IGNORECASE)
USER = re.compile(r"[1-9][0-9]*:[1-9][0-9]*")
IMAGE = re.compile(r"[^:@]+(:[0-9]+/[^:@]+)?(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})")

Instruction = tuple[str, str]


def instructions(text: str) -> list[Instruction]:
    """Name and arguments of each, on one line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    pairs = (line.split(None, 1) for line in joined.splitlines() if line.strip())
    return [(name.upper(), rest) for name, rest in pairs]


def stages(found: list[Instruction]) -> dict[str, tuple[str, list[Instruction]]]:
    """Each stage: what it comes from, and its own instructions."""
    made: dict[str, tuple[str, list[Instruction]]] = {}
    name = ""
    for instruction, rest in found:
        if instruction == "FROM":
            base, _, alias = rest.partition(" AS ")
            name = alias.strip() or base
            made[name] = (base.strip(), [])
        elif name:
            made[name][1].append((instruction, rest))
    return made


def chain(made: dict[str, tuple[str, list[Instruction]]], name: str) -> list[Instruction]:
    """Everything that happens in a stage and in those it comes from, in order."""
    base, own = made[name]
    return [*(chain(made, base) if base in made and base != name else []), *own]


def of_images(text: str) -> Iterator[str]:
    found = instructions(text)
    made = stages(found)
    defaults = dict(rest.split("=", 1) for name, rest in found if name == "ARG" and "=" in rest)
    for base, _ in made.values():
        image = re.sub(r"\$\{?(\w+)\}?", lambda match: defaults.get(match[1], ""), base)
        if image not in made and not IMAGE.fullmatch(image):
            yield f"an image without a version: {base}"
    bases = {base for base, _ in made.values()}
    copied = {match for _, rest in found for match in re.findall(r"--from=(\S+)", rest)}
    for name in made.keys() - bases - copied:
        users = [rest for instruction, rest in chain(made, name) if instruction == "USER"]
        if not users or not USER.fullmatch(users[-1]):
            yield f"not a numeric user that is not root: {name}"


def of_instructions(text: str) -> Iterator[str]:
    for name, rest in instructions(text):
        if name == "ADD":
            yield "ADD fetches and unpacks: COPY"
        if name in ("ENV", "ARG") and any(SECRET.search(word.partition("=")[0]) for word in rest.split()):
            yield f"a secret that stays in the image: {name} {rest}"
        if name == "COPY" and rest.split()[-2] in (".", "./", "/"):
            yield "everything copied: name what is needed"
        if name in ("CMD", "ENTRYPOINT") and not rest.startswith("["):
            yield f"a shell between the signal and the program: {name}"
        if name == "WORKDIR" and not rest.startswith("/"):
            yield "a folder that depends on the one before"
        if name == "RUN":
            yield from of_run(rest)


def of_run(line: str) -> Iterator[str]:
    if re.search(r"\bapt(-get)? install\b", line):
        if "--no-install-recommends" not in line:
            yield "apt brings what nobody asked for"
        if "rm -rf /var/lib/apt/lists" not in line:
            yield "apt's lists stay in the layer"
    if re.search(r"\b(curl|wget)\b[^|&]*\|\s*(ba|da|z)?sh\b", line):
        yield "a script run as it comes"
    if re.search(r"\bsudo\b", line):
        yield "sudo"
    if re.search(r"\bpip\b.* install\b", line) and not re.search(r"--require-hashes|--no-index", line):
        yield "pip takes whatever the index has"


def faults(text: str) -> list[str]:
    return [*of_images(text), *of_instructions(text)]


def test_the_dockerfile_breaks_no_rule() -> None:
    assert faults(DOCKERFILE) == []
    assert {"middleware", "hooks"} <= stages(instructions(DOCKERFILE)).keys()


GOOD = "ARG BASE=docker.io/library/python:3.11-slim\nFROM ${BASE} AS run\nUSER 10001:10001\nWORKDIR /tmp\nCMD ['x']\n"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("python:3.11-slim", "python:latest", "an image without a version: ${BASE}"),
        ("python:3.11-slim", "python", "an image without a version: ${BASE}"),
        ("${BASE} AS", "registry:5000/python AS", "an image without a version: registry:5000/python"),
        ("USER 10001:10001\n", "", "not a numeric user that is not root: run"),
        ("10001:10001", "historia", "not a numeric user that is not root: run"),
        ("10001:10001", "0:10001", "not a numeric user that is not root: run"),
        ("CMD", "USER 0:0\nCMD", "not a numeric user that is not root: run"),
        ("WORKDIR", "ENV DB_PASSWORD=x\nWORKDIR", "a secret that stays in the image: ENV DB_PASSWORD=x"),
        ("WORKDIR", "ARG api_key\nWORKDIR", "a secret that stays in the image: ARG api_key"),
        ("WORKDIR", "ADD https://example.org/x /x\nWORKDIR", "ADD fetches and unpacks: COPY"),
        ("WORKDIR", "COPY . /srv\nWORKDIR", "everything copied: name what is needed"),
        ("CMD ['x']", "CMD x", "a shell between the signal and the program: CMD"),
        ("WORKDIR /tmp", "WORKDIR tmp", "a folder that depends on the one before"),
        (
            "WORKDIR",
            "RUN apt-get update && apt-get install -y --no-install-recommends \\\n  tini\nWORKDIR",
            "apt's lists stay in the layer",
        ),
        (
            "WORKDIR",
            "RUN apt-get install -y tini && rm -rf /var/lib/apt/lists/*\nWORKDIR",
            "apt brings what nobody asked for",
        ),
        ("WORKDIR", "RUN curl -s https://example.org/x | sh\nWORKDIR", "a script run as it comes"),
        ("WORKDIR", "RUN sudo true\nWORKDIR", "sudo"),
        ("WORKDIR", "RUN pip install flask\nWORKDIR", "pip takes whatever the index has"),
    ],
)
def test_each_rule_finds_what_it_is_for(old: str, new: str, fault: str) -> None:
    assert faults(GOOD) == []
    assert faults(GOOD.replace(old, new)) == [fault]


def test_a_build_sees_only_what_is_listed() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {"!requirements/", "!middleware/", "!hooks/"}
