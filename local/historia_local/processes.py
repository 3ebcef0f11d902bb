"""Our own processes on this machine, found again by a pid file and by what their command line says."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def command_line(pid: int) -> str:
    """The command line of a live process; empty when there is none."""
    proc = Path(f"/proc/{pid}/cmdline")
    try:
        if Path("/proc/self/cmdline").exists():
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return shown.stdout.strip()


def recorded(pid_file: Path, needle: str) -> int | None:
    """The process a pid file names, if it lives and is the one we mean: after a reboot the number may be another's."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if needle in command_line(pid) else None


def end(pid: int, needle: str, timeout: float = 20, how: signal.Signals = signal.SIGTERM) -> bool:
    """Ask a process to end and wait for it; False when it is still there."""
    deadline = time.monotonic() + timeout
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return True
    while needle in command_line(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
