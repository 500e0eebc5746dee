"""Sweeps on a real Dask scheduler with two worker processes, on this machine: the same bits as without."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import distributed
import numpy as np
import pytest

from gradbook import sweep
from gradbook.text import BookError
from tests.building import ROOT


def one(seed):
    """A run that takes a while and has something to round."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(300, 300))
    time.sleep(0.05)
    return np.linalg.norm(A @ A @ A), os.getpid()


@pytest.fixture
def cluster(tmp_path):
    """The scheduler's address, and its two workers."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "code"), str(ROOT), str(Path(__file__).parent)])
    }
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    dask += ["--host", "127.0.0.1", "--scheduler-file", str(tmp_path / "scheduler.json")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True, "env": environment}
    started = [subprocess.Popen(dask, **quiet)]
    address = next(found[0] for line in started[0].stderr if (found := re.search(r"tcp://127\.0\.0\.1:\d+", line)))
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    worker += ["--no-nanny", "--local-directory", str(tmp_path)]
    started += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_cluster_gives_the_same_bits_and_a_worker_that_dies_costs_time_only(cluster):
    address, workers = cluster
    seeds = range(40)
    here = [value for value, _ in sweep.sweep(one, seeds)]
    with sweep.cluster(address):
        there = list(sweep.sweep(one, seeds))
        assert {pid for _, pid in there} <= {worker.pid for worker in workers}
        with_a_death = []
        for value, _ in sweep.watched(one, seeds, 1, "dying", "generator"):
            with_a_death.append(value)
            if len(with_a_death) == 5:
                workers[0].send_signal(signal.SIGKILL)
    assert [value for value, _ in there] == here
    assert with_a_death == here
    assert sweep.sweep(one, [0])[0][1] not in {worker.pid for worker in workers}, "back on this machine"


def test_a_worker_with_other_code_is_named_not_used(cluster, monkeypatch):
    address, _ = cluster
    monkeypatch.setattr(sweep.memo, "lock", lambda: "another lock")
    with pytest.raises(BookError, match=r"tcp://\S+ has other code"), sweep.cluster(address):
        pass


def test_no_scheduler_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(sweep, "SECONDS_TO_ANSWER", 1)
    with (
        pytest.raises(BookError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        sweep.cluster("tcp://127.0.0.1:9"),
    ):
        pass
