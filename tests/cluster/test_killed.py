"""A sync Job that is killed again and again while `helm install` runs."""

import subprocess

from cluster.release import WORKERS, Release


def test_a_sync_job_killed_while_it_works_converges(another_release: Release) -> None:
    release = another_release
    argv = release.command("install", f"workers.count={WORKERS}")
    with subprocess.Popen(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as install:
        killed = release.kill_sync_pods(until=lambda: install.poll() is not None, seconds=60)
        output, _ = install.communicate(timeout=300)
    assert killed
    if install.returncode:  # the Job has a limit of retries; what a person does then is to run it again
        assert "Job" in output
        release.upgrade(f"workers.count={WORKERS}")
    release.test()
