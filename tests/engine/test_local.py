"""The engine of this machine: every item gets one result, whatever happens to the processes."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from styletalker.core.engine import Engine, Failure, ItemError, inline_engine, local_engine
from styletalker.core.engine.choose import open_engine
from styletalker.core.errors import InputError, MediaError, RunError
from support.work import Remembers, behave, environment, log_and_double, square

TESTS = str(Path(__file__).parent.parent)


@pytest.mark.parametrize("engine", [inline_engine(), local_engine(1), local_engine(3)])
def test_every_item_has_one_result(engine: Engine) -> None:
    found = list(engine.map(square, [3, 1, 2, 5, 4]))
    assert sorted(found) == [(0, 9), (1, 1), (2, 4), (3, 25), (4, 16)]
    assert list(engine.map(square, [])) == []


@pytest.mark.parametrize("engine", [inline_engine(), local_engine(1)])
def test_a_mistake_is_a_failure_of_its_item_alone(engine: Engine) -> None:
    found = dict(engine.map(behave, ["a", "mistake:b.mp4", "c"]))
    assert found == {
        0: "did a",
        1: Failure("b.mp4: is not a video", kind=MediaError),
        2: "did c",
    }
    failure = found[1]
    assert isinstance(failure, Failure)
    assert isinstance(failure.error(), MediaError)
    assert str(failure.error()) == "b.mp4: is not a video"


@pytest.mark.parametrize("engine", [inline_engine(), local_engine(1)])
def test_a_fault_of_the_program_names_the_item(engine: Engine) -> None:
    with pytest.raises(ItemError) as caught:
        list(engine.map(behave, ["bug:here"], label=lambda how: f"item {how[-4:]}"))
    assert str(caught.value) == "item here: ValueError: a fault in here"
    assert "a fault\nin here" in str(caught.value.__cause__)


def test_what_kills_a_process_costs_its_item_alone() -> None:
    items = ["a", "kill:", "b", "segfault:", "exit:", "memory:", "c"]
    found = dict(local_engine(2).map(behave, items))
    assert sorted(found) == list(range(7))
    again = ", and again in a second attempt"
    reasons = {index: one.reason for index, one in found.items() if isinstance(one, Failure)}
    assert reasons == {
        1: f"the worker process was killed, perhaps for lack of memory{again}",
        3: f"the worker process crashed (Segmentation fault){again}",
        4: f"the worker process ended (exit status 3){again}",
        5: f"memory ran out: no room{again}",
    }
    assert all(one.crashed for one in found.values() if isinstance(one, Failure))
    assert [found[index] for index in (0, 2, 6)] == ["did a", "did b", "did c"]


def test_what_kills_a_process_once_costs_nothing(tmp_path: Path) -> None:
    items = [f"once:{tmp_path}", "a"]
    assert dict(local_engine(2).map(behave, items)) == {0: f"did {items[0]}", 1: "did a"}


def test_processes_keep_their_copy_of_the_work_and_have_one_thread() -> None:
    found = [result for _, result in local_engine(1).map(Remembers(), range(3))]
    assert [calls for _, calls in found] == [1, 2, 3]  # type: ignore[misc]
    assert len({pid for pid, _ in found}) == 1  # type: ignore[misc]
    names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"]
    before = {name: os.environ.get(name) for name in names}
    values = [result for _, result in local_engine(1).map(environment, names)]
    assert [value for value, _ in values] == ["1", "1", "1"]  # type: ignore[misc]
    assert os.getpid() not in {pid for _, pid in values}  # type: ignore[misc]
    assert {name: os.environ.get(name) for name in names} == before


def test_a_caller_that_is_slow_does_not_keep_the_processes_idle(tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = local_engine(1).map(log_and_double, [(str(log), number, 0.0) for number in range(3)])
    assert next(running) == (0, 0)
    deadline = time.monotonic() + 30
    while log.read_text() != "0\n1\n" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert log.read_text() == "0\n1\n"
    assert list(running) == [(1, 2), (2, 4)]


def test_what_cannot_be_sent_is_said() -> None:
    with pytest.raises(RunError, match=r"function cannot be sent to another process: .*lambda"):
        list(local_engine(1).map(lambda item: item, [1]))
    with pytest.raises(RunError, match="lock cannot be sent to another process"):
        list(local_engine(1).map(str, [threading.Lock()]))
    with pytest.raises(ItemError, match=r"^unpicklable:: .*lambda"):
        list(local_engine(1).map(behave, ["unpicklable:"]))
    assert pickle.loads(pickle.dumps(local_engine(2))) == local_engine(2)


def test_a_script_without_a_guard_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {TESTS!r})\n"
        "from styletalker.core.engine import local_engine\n"
        "from support.work import square\n"
        "print(list(local_engine(1).map(square, [1])))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=180)
    assert done.returncode == 1
    assert "RunError: worker processes cannot start: the worker process ended" in done.stderr
    assert 'under `if __name__ == "__main__":`' in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_processes_end_with_the_one_that_asked(tmp_path: Path, how: signal.Signals) -> None:
    code = (
        f"import sys; sys.path.insert(0, {TESTS!r})\n"
        "from styletalker.core.engine import local_engine\n"
        "from support.work import heed_ctrl_c, sleep_with_pid\n"
        "heed_ctrl_c()\n"
        f"list(local_engine(2).map(sleep_with_pid, [{str(tmp_path)!r}] * 3))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    workers = [int(path.stem) for path in tmp_path.glob("*.pid")]
    if how == signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, how)  # as a terminal does
    _, said = process.communicate(timeout=60)
    assert process.returncode == -how
    wait_for(lambda: not any(is_alive(pid) for pid in workers))
    if how == signal.SIGINT:
        assert said.count("KeyboardInterrupt") == 1


def test_an_iterator_that_is_closed_ends_the_processes(tmp_path: Path) -> None:
    running = local_engine(1).map(environment, ["HOME", "HOME", "HOME"])
    pid = next(running)[1][1]  # type: ignore[index]
    assert is_alive(pid)
    running.close()  # type: ignore[attr-defined]
    assert not is_alive(pid)


def wait_for(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def test_engines_by_name() -> None:
    assert open_engine("local", workers=3) == local_engine(3)
    with pytest.raises(InputError, match=r"no such engine: 'lokal'; did you mean 'local'"):
        open_engine("lokal")
    with pytest.raises(InputError, match=r"--address is for --engine ray: 'a:1'. Say --engine ray"):
        open_engine("local", address="a:1")
