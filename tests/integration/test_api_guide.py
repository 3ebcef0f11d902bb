"""The lines of the API's guide, run as a reader would: each is answered as the page says."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
from flask.testing import FlaskClient
from serving import served
from versioned import KINDS

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "api.md"
ADDRESS, CEDULA, ANOTHER, DUPLICATE = "http://127.0.0.1:8080", "0102030405", "1012345678", "1098765432"


def test_every_line_is_answered_as_it_says(api: FlaskClient, tmp_path: pathlib.Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL))
    said = re.findall(r"# (\d{3})$", script, re.MULTILINE)
    assert len(said) >= len(re.findall(r"^curl ", script, re.MULTILINE)) > 10, "a line does not say its answer"
    (tmp_path / ".curlrc").write_text('write-out = "\\nanswered %{http_code}\\n"\n')
    unused = KINDS[0].created(api).get_json()["cedula"] + "-G"
    script = script.replace(CEDULA, unused).replace(ANOTHER, f"{unused}-H").replace(DUPLICATE, f"{unused}-I")
    with served(api.application) as address:
        done = subprocess.run(
            ["bash", "-eu", "-c", script.replace(ADDRESS, address)],
            env=os.environ | {"CURL_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^answered (\d{3})$", done.stdout, re.MULTILINE) == said, done.stdout
