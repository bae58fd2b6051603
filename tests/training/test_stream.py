"""Batches straight from a corpus: every clip once, the same batches however they are asked for."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError, MediaError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.training.draws import Draws
from styletalker.core.training.engine import train
from styletalker.core.training.objective import Objective
from styletalker.core.training.stream import ClipStream, EpochOrder
from styletalker.recipes.objectives.pairs import PairCut, scale_of
from styletalker.recipes.objectives.windows import Window, WindowCut
from support.noise import Noise
from support.training import configured, lines_of, made_context
from torch import Tensor

OPTIONS: dict[str, Any] = {"steps": 12, "batch": 3, "record_every": 1, "checkpoint_every_s": 0.0}
KILLED = """\
from pathlib import Path
from styletalker.core.training.engine import train
from training_stream import OPTIONS, Fit, Fatal, stream
from support.training import configured, made_context

with stream(Fatal(None)) as source:
    train(made_context(Path("killed")), Fit(), source, configured(**OPTIONS))
"""


class Filed(Noise):
    """And the clips lie in files of up to two."""

    def groups(self, split: str) -> Sequence[range]:
        return [range(2), range(2, 4), range(4, 5)]


class Fatal(Noise):
    """Kills the process when its twenty-first clip is asked for."""

    asked = 0

    def clip(self, split: str, index: int) -> Clip:
        Fatal.asked += 1
        if Fatal.asked > 20:
            os.kill(os.getpid(), 9)
        return super().clip(split, index)


class Torn(Noise):
    """One of its clips is damaged."""

    def clip(self, split: str, index: int) -> Clip:
        if index == 3:
            raise MediaError("clip 3: is damaged")
        return super().clip(split, index)


class Name:
    """Which clip it is, and a number drawn."""

    def __call__(self, clip: Clip, rng: np.random.Generator) -> Mapping[str, NDArray[Any]]:
        number = int(clip.name.split("-")[1])
        return {"clip": np.array([number], np.float32), "drawn": rng.random(2).astype(np.float32)}


class Fit(Objective):
    """Fits a line through what is drawn."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = torch.nn.Linear(2, 1)

    def forward(self, batch: Mapping[str, Tensor], draws: Draws) -> Mapping[str, Tensor]:
        return {"fit": (self.net(batch["drawn"]) - batch["clip"]).square().mean()}


def stream(corpus: Corpus | None = None, **options: Any) -> ClipStream:
    found = corpus if corpus is not None else Noise(None)
    return ClipStream(found, "train", Name(), **{"seed": 1, "batch": 3, **options})


def clips_of(source: ClipStream, steps: int, rows: range = range(3)) -> list[list[int]]:
    return [source.batch(step, rows)["clip"][:, 0].int().tolist() for step in range(steps)]


def test_every_clip_comes_once_in_an_epoch() -> None:
    with stream() as source:
        assert source.clips == 5
        seen = [clip for part in clips_of(source, 10) for clip in part]
    epochs = [seen[first : first + 5] for first in range(0, 30, 5)]
    assert all(sorted(epoch) == list(range(5)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 3
    with stream(seed=2) as other:
        assert [clip for part in clips_of(other, 10) for clip in part] != seen


def test_what_a_clip_gives_is_drawn_anew_in_each_epoch() -> None:
    with stream(batch=5) as source:
        first, second = (source.batch(step, range(5)) for step in (0, 1))
    order, again = first["clip"][:, 0].argsort(), second["clip"][:, 0].argsort()
    assert not torch.equal(first["drawn"][order], second["drawn"][again])


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_any_number_of_threads_gives_the_same_batches(workers: int) -> None:
    with stream(workers=0) as plain, stream(workers=workers) as source:
        for step in (0, 1, 2, 7, 3, 4):  # also out of order
            wanted, found = (one.batch(step, range(3)) for one in (plain, source))
            assert all(torch.equal(wanted[name], found[name]) for name in wanted)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_a_batch(world: int) -> None:
    whole = stream(batch=6, workers=0)
    parts = [pickle.loads(pickle.dumps(stream(batch=6))) for _ in range(world)]
    size = 6 // world
    for step in range(6):
        rows = [range(rank * size, (rank + 1) * size) for rank in range(world)]
        found = [part.batch(step, row) for part, row in zip(parts, rows, strict=True)]
        wanted = whole.batch(step, range(6))
        for name, tensor in wanted.items():
            assert torch.equal(torch.cat([one[name] for one in found]), tensor)
    for part in parts:
        part.close()


def test_clips_of_a_file_stay_together() -> None:
    order = EpochOrder([range(4 * k, 4 * k + 4) for k in range(6)], seed=0, mixed=2)
    for epoch in range(3):
        places = [order.at(24 * epoch + place) for place in range(24)]
        assert [one for one, _ in places] == [epoch] * 24
        clips = [clip for _, clip in places]
        assert sorted(clips) == list(range(24))
        for first in range(0, 24, 8):
            assert len({clip // 4 for clip in clips[first : first + 8]}) == 2
        assert clips != sorted(clips)
    assert order.at(0) == (0, order.at(0)[1])  # an epoch that was forgotten is the same again
    with stream(Filed(None), mixed=1, workers=0) as source:
        seen = clips_of(source, 5)
    flat = [clip for part in seen for clip in part][:15]
    for part in (flat[:5], flat[5:10], flat[10:]):
        assert sorted(part) == list(range(5))
        assert abs(part.index(0) - part.index(1)) == 1
        assert abs(part.index(2) - part.index(3)) == 1


def test_little_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[int] = Counter()
    busy, most = 0, 0
    lock, real = threading.Lock(), Noise.clip

    def counted(self: Noise, split: str, index: int) -> Clip:
        nonlocal busy, most
        with lock:
            busy, most = busy + 1, max(most, busy + 1)
            asked[index] += 1
        found = real(self, split, index)
        with lock:
            busy -= 1
        return found

    monkeypatch.setattr(Noise, "clip", counted)
    with stream(workers=2) as source:
        for step in range(5):
            source.batch(step, range(3))
            assert sum(asked.values()) <= 3 * (step + 1) + 4
            assert len(source._waiting) <= 4
    assert most <= 2
    assert sum(asked.values()) >= 15


def test_a_killed_training_goes_on_at_the_very_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("training_stream.py").write_text(Path(__file__).read_text(encoding="utf-8"))
    path = os.pathsep.join([str(tmp_path), *sys.path])
    command = [sys.executable, "-c", KILLED]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == -9
    kept = sorted(one.name for one in Path("killed/fit/training").iterdir() if one.name[0] != ".")
    assert "step-00000001" <= kept[-1] <= "step-00000007"
    weights = []
    for folder in ("killed", "whole"):
        context = made_context(Path(folder), resuming=folder == "killed")
        with stream() as source:
            trained = train(context, Fit(), source, configured(**OPTIONS))
        weights.append(trained.modules["net"].state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert lines_of(Path("killed")) == lines_of(Path("whole"))


def test_faults_are_named() -> None:
    with (
        stream(Torn(None)) as source,
        pytest.raises(MediaError, match="clip 3: is damaged"),
    ):
        clips_of(source, 2)
    with pytest.raises(InputError, match="no such split: 'validation'; there is test, train"):
        ClipStream(Noise(None), "validation", Name(), seed=0, batch=1)
    with pytest.raises(InputError, match="mixed; expected at least 1, got 0"):
        stream(mixed=0)


def test_windows_of_clips() -> None:
    clip = Noise(None).clip("train", 0)
    cut = WindowCut(Window(frames=2, before=3, after=2))
    starts = set()
    for seed in range(20):
        item = cut(clip, np.random.default_rng(seed))
        (start,) = (k for k in range(3) if np.array_equal(item["frames"], clip.frames[k : k + 2]))
        starts.add(start)
        sound = np.pad(clip.waveform, (3 * 640, 2 * 640))
        assert np.array_equal(item["waveform"], clip.waveform[start * 640 :][: 2 * 640])
        assert np.array_equal(item["heard"], sound[start * 640 :][: 7 * 640])
    assert starts == {0, 1, 2}
    with pytest.raises(InputError) as caught:
        WindowCut(Window(frames=5))(clip, np.random.default_rng(0))
    assert str(caught.value) == (
        "clip train-0 is shorter than a window; expected at least 5 frames, got 4"
    )


def test_pairs_of_clips() -> None:
    clip = Noise(None).clip("train", 0)
    assert clip.parameters is not None
    assert clip.landmarks is not None
    scale = scale_of([clip.parameters, None])
    item = PairCut(3, scale)(clip, np.random.default_rng(0))
    assert item["targets"].shape == (3, 32, 32, 3)
    assert item["target_landmarks"].shape == (3, 68, 2)
    assert item["parameters"].shape == (3, 3)
    frame = next(k for k in range(4) if np.array_equal(clip.frames[k], item["portrait"]))
    assert np.array_equal(item["portrait_landmarks"], clip.landmarks[frame])
    target = next(k for k in range(4) if np.array_equal(clip.frames[k], item["targets"][1]))
    mean, deviation = clip.parameters.mean(0), clip.parameters.std(0) + 1e-3
    wanted = (clip.parameters[target] - mean) / deviation
    assert np.allclose(item["parameters"][1], wanted, atol=1e-5)
    assert "parameters" not in PairCut(1)(clip, np.random.default_rng(0))
