"""The engine of Ray gives what the local one gives, with a worker lost on the way.

Starting Ray takes seconds: one script does everything that needs it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from styletalker.core.engine import Failure, local_engine, open_engine
from styletalker.core.engine.ray_session import _connect, check_address
from styletalker.core.errors import InputError, RunError
from styletalker.core.files import read_json
from support.talker import save_tiny_talker, speech, write_portrait, write_wav
from support.work import behave

TESTS = str(Path(__file__).parent.parent)
INSTALL = "Ray is not installed: pip install 'styletalker[distributed]'"
SCRIPT = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from styletalker.core.cli.main import main
from styletalker.core.engine import ItemError, open_engine
from styletalker.core.engine.ray_session import session
from styletalker.core.errors import RunError
from support.work import Remembers, behave, environment, heed_ctrl_c, sleep_with_pid

def own(number):
    return number + 1

def tell(value):
    print("=", json.dumps(value), flush=True)

def command(*arguments):
    try:
        main([*arguments, "--engine", "ray", "--workers", "1"])
    except SystemExit as left:
        tell(left.code)

if __name__ == "__main__":
    heed_ctrl_c()
    items, folder, dead = json.loads(sys.argv[2]), sys.argv[3], sys.argv[4]
    engine = open_engine("ray", workers=2)
    try:
        list(open_engine("ray", address=dead).map(own, [1]))
    except RunError as error:
        tell(str(error))
    with session(None, 2):
        tell([(k, repr(one)) for k, one in engine.map(behave, items)])
        tell(list(engine.map(own, [1])))
        tell(list(engine.map(environment, ["OMP_NUM_THREADS"]))[0][1][0])
        tell([calls for _, (pid, calls) in open_engine("ray", workers=1).map(Remembers(), [1] * 3)])
        try:
            list(engine.map(behave, ["bug:there"], label=lambda how: "item 7"))
        except ItemError as error:
            tell([str(error), str(error.__cause__)])
        command("generate", "--manifest", "jobs.csv", "-o", "made", "--model", "tiny",
                "--crop", "none", "--quiet")
        command("evaluate", "--generated", "made", "--reference", "made", "-o", "report",
                "--metric", "psnr", "--no-controls", "--shown", "0")
        list(engine.map(sleep_with_pid, [folder] * 2))
"""


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script says of everything, how it ends with Ctrl-C, and what is left then."""
    pytest.importorskip("ray.data", reason=INSTALL)
    folder = tmp_path_factory.mktemp("ray")
    items = ["a", "kill:", f"parent:{folder}", "mistake:b.mp4", "c", "memory:"]
    dead = closed_port()
    script = folder / "script.py"
    script.write_text(SCRIPT)
    save_tiny_talker(folder / "tiny")
    write_portrait(folder / "p.png")
    write_wav(folder / "s.wav", speech(0.2))
    (folder / "jobs.csv").write_text("portrait,audio,name\np.png,s.wav,a\np.png,s.wav,b\n")
    command = [sys.executable, str(script), TESTS, json.dumps(items), str(folder), dead]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=folder,
    )
    try:
        deadline = time.monotonic() + 600
        while len(list(folder.glob("*.pid"))) < 2 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        family = list(descendants(process.pid))
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=240)
    finally:
        process.kill()
    lines = [json.loads(line[2:]) for line in out.splitlines() if line.startswith("= ")]
    assert len(lines) == 8, out + err
    return {
        "items": items,
        "dead": dead,
        "lines": lines,
        "printed": [line for line in out.splitlines() if not line.startswith("= ")],
        "folder": folder,
        "err": err,
        "status": process.returncode,
        "family": family,
        "pids": [int(path.stem) for path in folder.glob("*.pid")],
        "lost": (folder / "begun").exists(),
    }


def descendants(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from descendants(child)


def test_ray_gives_what_the_local_engine_gives(told: dict[str, Any]) -> None:
    found = dict(map(tuple, told["lines"][1]))
    local = dict(local_engine(2).map(behave, [*told["items"][:2], "x", *told["items"][3:]]))
    local[2] = f"did {told['items'][2]}"
    assert found == {index: repr(one) for index, one in local.items()}
    assert isinstance(local[1], Failure)
    assert told["lost"]  # a worker of Ray was killed on the way


def test_work_comes_from_a_script_too_and_has_one_process_with_one_thread(
    told: dict[str, Any],
) -> None:
    assert told["lines"][2:5] == [[[0, 2]], "1", [1, 2, 3]]


def test_a_fault_of_the_program_is_told_with_its_traceback(told: dict[str, Any]) -> None:
    text, trace = told["lines"][5]
    assert text == "item 7: ValueError: a fault in there"
    assert "in behave" in trace


def test_commands_work_with_ray_and_relative_paths(told: dict[str, Any]) -> None:
    assert told["lines"][6:] == [0, 0]
    assert told["printed"] == ["made/jobs.csv", "report/index.html"]  # and nothing of Ray's
    assert (told["folder"] / "made" / "jobs.csv").read_text() == (
        "row,output,fate,reason,frames,duration_s,notes\n1,a.mp4,made,,5,0.2,\n2,b.mp4,made,,5,0.2,\n"
    )
    summary = read_json(told["folder"] / "report" / "summary.json")
    assert summary["methods"]["made"]["psnr"]["value"] == 100
    assert summary["methods"]["made"]["psnr"]["clips"] == 2


def test_ctrl_c_leaves_nothing(told: dict[str, Any]) -> None:
    assert told["status"] == -signal.SIGINT
    assert told["err"].count("KeyboardInterrupt") == 1
    assert set(told["pids"]) <= set(told["family"])
    assert len(told["family"]) > 6  # Ray's own and its workers
    deadline = time.monotonic() + 30
    while any(map(is_alive, told["family"])) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in told["family"] if is_alive(pid)] == []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_cluster_that_does_not_answer(told: dict[str, Any]) -> None:
    assert told["lines"][0] == (
        f"no Ray cluster answers at {told['dead']}: [Errno 111] Connection refused. "
        "Start one with `ray start --head`, or leave --address out."
    )


def test_addresses() -> None:
    for good in (None, "auto", "local", "10.0.0.1:6379", "head:1"):
        check_address(good)
    for bad in ("ray://10.0.0.1:10001", "10.0.0.1", ":6379", "head:port"):
        with pytest.raises(InputError, match=r"^--address; expected auto, or HOST:PORT of the"):
            check_address(bad)


def test_without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError) as caught:
        open_engine("ray")
    said = str(caught.value)
    assert said.startswith("--engine ray: Ray is not installed (")
    assert said.endswith(". pip install 'styletalker[distributed]', or leave --engine out.")


class Refusing:
    """Stands for Ray where a cluster does not let one in."""

    def __init__(self, cause: str) -> None:
        self.cause = cause

    def init(self, **options: Any) -> None:
        raise ConnectionError("Failed to connect") from RuntimeError(self.cause)


@pytest.mark.parametrize(
    ("cause", "address", "message"),
    [
        ("x: InvalidAuthToken: y", "h:1", "no Ray at h:1: the cluster asks for a token, which is"),
        ("no route", "h:1", "no Ray at h:1: Failed to connect. Is this machine part of the"),
        ("no room", "local", "Ray cannot start on this machine: Failed to connect"),
    ],
)
def test_a_cluster_that_lets_nobody_in(cause: str, address: str, message: str) -> None:
    with pytest.raises(RunError) as caught:
        _connect(Refusing(cause), {}, address)
    assert str(caught.value).startswith(message)
