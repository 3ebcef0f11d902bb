"""Packs the chart, so that the same source gives the same file.

`helm package` writes into the archive when each file was last touched, which a fresh clone changes. Here every file
of a copy carries the time of the last commit that changed the chart (or SOURCE_DATE_EPOCH). Helm 3 writes the time of
packing, whatever the files say: its archives differ in that alone.
HELM names the program; otherwise `helm` on PATH.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

CHART = pathlib.Path(__file__).parents[1] / "charts/historia-clinica"
BEGINNING = 315532800  # 1980, where there is no history to ask


def changed() -> int:
    """Seconds since 1970 of the last change of the chart."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(epoch)
    asked = ["git", "-C", str(CHART), "log", "-1", "--format=%ct", "--", "."]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    return int(done.stdout.strip() or BEGINNING)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--destination", default="dist", help="folder of the archive (dist)")
    destination = pathlib.Path(parser.parse_args().destination).resolve()
    helm = os.environ.get("HELM") or shutil.which("helm")
    if not helm:
        sys.stderr.write("No helm: set HELM or put it on PATH\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(CHART, pathlib.Path(folder) / CHART.name)
        time = changed()
        for path in copy.rglob("*"):
            os.utime(path, (time, time))
        argv = [helm, "package", str(copy), f"--destination={destination}"]
        return subprocess.run(argv, check=False).returncode  # noqa: S603 - Helm itself


if __name__ == "__main__":
    sys.exit(main())
