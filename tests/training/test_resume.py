"""Checkpoints: killed, stopped and resumed trainings are as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from styletalker.core.errors import CheckpointError, TrainingError
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.engine import Trained, train
from styletalker.core.training.objective import Opponent
from styletalker.core.training.saving import Snapshot, load_newest, load_step, save_snapshot
from support.training import Forger, Judge, Noise, Regression, configured, made_context

OPTIONS = {"steps": 40, "record_every": 7, "checkpoint_every_s": 0.0}
KILLED = """\
from pathlib import Path
from styletalker.core.training.engine import train
from styletalker.core.training.config import OptimizerConfig
from styletalker.core.training.objective import Opponent
from support.training import Forger, Judge, Noise, Regression, configured, made_context

train(made_context(Path("killed")), Regression(), Noise(8, 24), configured(**{options}))
"""


def run(folder: Path, source: Noise | None = None, *, resuming: bool = False) -> Trained:
    context = made_context(folder, resuming=resuming)
    return train(context, Regression(), source or Noise(), configured(**OPTIONS))


def same(first: Trained, second: Trained) -> bool:
    mine, theirs = (one.modules["net"].state_dict() for one in (first, second))
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


def lines(folder: Path) -> bytes:
    return (folder / "metrics.jsonl").read_bytes()


def test_a_killed_training_gives_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", KILLED.format(options=OPTIONS)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == -9
    kept = sorted(one.name for one in Path("killed/fit/training").iterdir() if one.name[0] != ".")
    assert kept[-1] in ("step-00000022", "step-00000023", "step-00000024")
    resumed = run(Path("killed"), resuming=True)
    whole = run(Path("whole"))
    assert same(resumed, whole)
    assert lines(Path("killed")) == lines(Path("whole"))
    assert resumed.losses == whole.losses


def test_a_stopped_training_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", Noise(8, 10, "terminate"))
    context = made_context(tmp_path / "stopped", resuming=True)
    resumed = train(context, Regression(), Noise(), configured(**OPTIONS))
    assert " from step " in context.said.getvalue()
    assert same(resumed, run(tmp_path / "whole"))
    assert lines(tmp_path / "stopped") == lines(tmp_path / "whole")


def duel(folder: Path, source: Noise, *, resuming: bool = False) -> Trained:
    forger = Forger()
    optimizer = OptimizerConfig(learning_rate=0.05, warmup_steps=3)
    opponent = Opponent(objective=Judge(forger), optimizer=optimizer, start_step=4)
    context = made_context(folder, resuming=resuming)
    return train(context, forger, source, configured(**OPTIONS), opponents=[opponent])


def test_an_opponent_goes_on_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        duel(tmp_path / "stopped", Noise(8, 11, "terminate"))
    resumed = duel(tmp_path / "stopped", Noise(), resuming=True)
    assert same(resumed, duel(tmp_path / "whole", Noise()))
    assert lines(tmp_path / "stopped") == lines(tmp_path / "whole")
    (newest,) = (tmp_path / "whole/fit/training").glob("*40")
    names = set(load_step(newest.parent, 40).weights)
    assert names == {"main/weight", "main/bias", "opponent/weight", "opponent/bias"}


def test_a_finished_training_is_only_read(tmp_path: Path) -> None:
    whole = run(tmp_path)
    before = lines(tmp_path)
    again = run(tmp_path, Noise(8, 0, "raise"), resuming=True)
    assert same(whole, again)
    assert (again.step, again.losses) == (40, whole.losses)
    assert lines(tmp_path) == before


def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path) -> None:
    whole = run(tmp_path)
    folder = tmp_path / "fit" / "training"
    path = folder / "step-00000040" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    context = made_context(tmp_path, resuming=True)
    again = train(context, Regression(), Noise(), configured(**OPTIONS))
    assert "does not match its checksum" in context.said.getvalue()
    assert "the checkpoint of step 40 is passed over" in context.said.getvalue()
    assert same(whole, again)


def test_a_checkpoint_of_another_objective_is_refused(tmp_path: Path) -> None:
    run(tmp_path)

    class Other(Regression):
        def __init__(self) -> None:
            super().__init__()
            self.more = torch.nn.Linear(1, 1)

    context = made_context(tmp_path, resuming=True)
    with pytest.raises(CheckpointError, match=r"are not of this objective: main/more\.bias"):
        train(context, Other(), Noise(), configured(**OPTIONS))


def snapshot(step: int, value: float = 1.0) -> Snapshot:
    tensors = {"a": torch.tensor([value])}
    return Snapshot(step=step, weights=tensors, average=tensors, optimizer={}, state={"x": step})


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 100):
        save_snapshot(tmp_path, snapshot(step, float(step)))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["step-00000010", "step-00000100"]
    newest = load_newest(tmp_path, print)
    assert newest is not None
    assert (newest.step, newest.weights["a"].item(), newest.state["x"]) == (100, 100.0, 100)
    with pytest.raises(CheckpointError, match="no such file"):
        load_step(tmp_path, 5)


def test_weights_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    save_snapshot(tmp_path, snapshot(1))
    with pytest.raises(TrainingError, match="weights: a holds values that are not finite"):
        save_snapshot(tmp_path, snapshot(2, float("nan")))
    assert [one.name for one in tmp_path.iterdir()] == ["step-00000001"]


def test_what_a_kill_left_half_written_is_no_checkpoint(tmp_path: Path) -> None:
    save_snapshot(tmp_path, snapshot(1))
    (tmp_path / ".step-00000002.part").mkdir()
    newest = load_newest(tmp_path, print)
    assert newest is not None
    assert newest.step == 1
    save_snapshot(tmp_path, snapshot(2))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["step-00000001", "step-00000002"]
