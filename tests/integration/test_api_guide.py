"""The lines of the API's pages, run as a reader would: each is answered as it says, and no operation is missing."""

import json
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from serving import served
from versioned import KINDS

DOCS = pathlib.Path(__file__).parents[2] / "docs"
PAGES = ["api.md", "api-operaciones.md", "gobierno.md"]
OPERATIONS = PAGES[1:]
ADMIN = ["--documento", "ADMIN-920", "--nombre", "Ada Ruiz", "--correo", "admin.920@hospital.com", "--otro"]
ADDRESS = "http://127.0.0.1:8080"
NUMBER = r"\b[0-9]{10}\b"  # of a patient


def script(page: str) -> str:
    return "\n".join(re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(), re.DOTALL))


@pytest.mark.parametrize("page", PAGES)
def test_every_line_is_answered_as_it_says(
    api: FlaskClient, tmp_path: pathlib.Path, page: str, postgres_system: Any, run_hooks: Callable[..., Any]
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    lines = script(page)
    said = re.findall(r"# (\d{3})$", lines, re.MULTILINE)
    assert len(said) >= len(re.findall(r"^curl ", lines, re.MULTILINE)) > 10, "a line does not say its answer"
    (tmp_path / ".curlrc").write_text('write-out = "\\nanswered %{http_code}\\n"\n')
    unused = KINDS[0].created(api).get_json()["cedula"]
    for number, told in enumerate(sorted(set(re.findall(NUMBER, lines)))):
        lines = lines.replace(told, f"{unused}-{number}")
    if "ADMIN-920" in lines:
        made = run_hooks(
            postgres_system, "create-admin", *ADMIN, workers=0, HISTORIA_ADMIN_PASSWORD="vale una sola vez"
        )
        assert made.returncode == 0, made.stdout
    with served(api.application) as address:
        done = subprocess.run(
            ["bash", "-eu", "-c", lines.replace(ADDRESS, address)],
            env=os.environ | {"CURL_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^answered (\d{3})$", done.stdout, re.MULTILINE) == said, done.stdout


def test_no_operation_is_missing() -> None:
    lines = "\n".join(map(script, OPERATIONS)).replace("\\\n", " ")
    values = dict(re.findall(r"^([A-Z]+)=(\S+)", lines, re.MULTILINE))
    shown = set()
    for line in lines.splitlines():
        if found := re.search(r"curl .*?((?:http://|\$[A-Z]+)[^\s\"?]*)", line):
            address = re.sub(r"^\$([A-Z]+)", lambda name: values[name[1]], found[1])
            address = address.replace("$API", values["API"]).removeprefix(ADDRESS)
            told = re.search(r"-X ([A-Z]+)", line)
            shown.add((told[1] if told else "POST" if " -d " in line else "GET", address))
    paths = json.loads((DOCS / "openapi.json").read_text())["paths"]
    missing = [
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in operations
        if not any(
            asked == method.upper() and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), address)
            for asked, address in shown
        )
    ]
    assert missing == []
