"""Where the nodes of tests have their files."""

import os
import pathlib
import re
import shutil
import tempfile

SHARED_MEMORY = pathlib.Path("/dev/shm")
ROOM = 8 * 2**30  # several times what the nodes of two processes and the states kept of them take


def node_folder() -> pathlib.Path:
    """A new folder that the servers' user can enter."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="historia-test-", dir=_above()))
    folder.chmod(0o755)  # as root the servers run as another user
    return folder


def _above() -> pathlib.Path | None:
    """Where files are held in memory and there is plenty of it: nodes that are thrown away have no use for a disk.

    None: where temporary files are, also where somebody has said where that is.
    """
    usable = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK) and "TMPDIR" not in os.environ
    if not usable or shutil.disk_usage(SHARED_MEMORY).free < ROOM:
        return None
    known = re.search(r"^MemAvailable: +(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return SHARED_MEMORY if known and int(known[1]) * 1024 >= ROOM else None
