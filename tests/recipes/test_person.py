"""Fine-tuning on one person: who and when, what is filled, what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError
from styletalker.plugins.mesh.codes import CODES
from styletalker.plugins.mesh.parametric import ParameterCodes
from styletalker.recipes.objectives.blending import best_blend
from styletalker.recipes.objectives.manner_check import manner_of
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.person import PersonCorpus, TrackedCorpus, divided
from support.noise import Noise


class Two(Noise):
    """Clips of two people."""

    def clip(self, split: str, index: int) -> Clip:
        return attrs.evolve(super().clip(split, index), identity="ab"[index % 2])


class One(Noise):
    """Clips of one person."""

    def clip(self, split: str, index: int) -> Clip:
        return attrs.evolve(super().clip(split, index), identity="a")


class Counting:
    """An inverter that reads frame numbers into the yaw, and nothing else."""

    def follow(self, frames: Iterable[NDArray[np.uint8]]) -> torch.Tensor:
        found = torch.zeros(sum(1 for _ in frames), 1, len(CODES))
        found[:, 0, CODES.index("yaw")] = torch.arange(len(found)) * 0.01
        found[:, 0, CODES.index("jaw")] = torch.arange(len(found)) * 0.01
        return found


class Constant:
    """A talker that says the same code of every sound."""

    def codes(self, waveform: NDArray[np.float32], rest: Any, seed: int) -> NDArray[np.float32]:
        return np.full((len(waveform) // 640, 1, len(CODES)), 0.5, np.float32)


def person(corpus: Any, identity: str = "") -> PersonCorpus:
    return PersonCorpus.of(corpus, identity, test_share=0.3, val_share=0.15)


def test_clips_are_divided_by_time() -> None:
    assert divided([10] * 10, 0.3, 0.2, "a") == (range(5), range(5, 7), range(7, 10))
    assert divided([10, 10, 10], 0.01, 0.01, "a") == (range(1), range(1, 2), range(2, 3))
    assert divided([90, 5, 5], 0.3, 0.1, "a") == (range(1), range(1, 2), range(2, 3))
    assert divided([5, 5, 90], 0.3, 0.1, "a") == (range(1), range(1, 2), range(2, 3))
    with pytest.raises(InputError, match="'a' has too few clips to hold some out; expected at l"):
        divided([10, 10], 0.3, 0.1, "a")


def test_a_persons_clips_are_found_in_all_splits() -> None:
    found = person(One(None))
    assert [found.count(split) for split in found.splits] == [4, 1, 2]
    names = [found.clip(split, k).name for split in found.splits for k in range(found.count(split))]
    assert names == [*(f"train-{k}" for k in range(5)), "test-0", "test-1"]
    assert [person(Two(None), "a").count(split) for split in found.splits] == [1, 1, 2]
    with pytest.raises(InputError, match=r"the corpus shows several people: a, b. Say whom"):
        person(Two(None))
    with pytest.raises(InputError, match="nobody of this name is in the corpus: 'c'"):
        person(Two(None), "c")


def test_what_is_not_read_is_what_the_talker_says(tmp_path: Path) -> None:
    codes = ParameterCodes()
    tracked = TrackedCorpus(
        person(One(None)),
        Counting(),
        codes,
        Constant(),  # type: ignore[arg-type]
        filled=codes.channels_of(["jaw"]),
        steady=0.0,
        seed=0,
    )
    cache = PerformanceCache.build(tmp_path / "train", tracked, "train")
    assert cache.lengths == (4, 4, 4, 4)
    names = cache.parameter_names
    second = cache.parameters(1)
    assert np.allclose(second[:, names.index("yaw")], [0.4, 0.5, 0.6, 0.7])  # degrees
    assert np.allclose(second[:, names.index("jaw")], 0.5)
    assert np.allclose(second[:, names.index("gaze_x")], 5.0)
    back = codes.codes_of(second, names)[:, 0]
    assert np.allclose(back[:, CODES.index("blink_l")], 0.5)


def weight(module: torch.nn.Module) -> float:
    return float(module.state_dict()["weight"])


def test_as_much_is_kept_as_helps() -> None:
    before, after = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    for module, value in ((before, 0.0), (after, 4.0)):
        module.weight.data.fill_(value)

    def away_from(wanted: float, share: float, kept: float) -> None:
        found = best_blend(
            {"net": before}, {"net": after}, lambda some: abs(weight(some["net"]) - wanted)
        )
        assert found.share == share
        assert weight(found.modules["net"]) == kept

    away_from(1.1, 0.25, 1.0)
    away_from(9.0, 1.0, 4.0)
    away_from(-1.0, 0.0, 0.0)
    assert (weight(before), weight(after)) == (0.0, 4.0)
    nan = best_blend({"net": before}, {"net": after}, lambda some: float("nan"))
    assert nan.share == 0.0
    assert nan.said("the error").startswith("nothing of what was learnt helps on clips held back")


def test_manner() -> None:
    still = np.zeros((250, 1, len(CODES)), np.float32)
    moving = still.copy()
    moving[:, 0, CODES.index("yaw")] = np.sin(np.arange(250) / 5)
    moving[::50, 0, CODES.index("blink_l")] = 1.0  # from the first frame on: four begin later
    figures = np.exp(manner_of([moving], ParameterCodes(), 25))
    assert figures[0] == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert figures[6] == pytest.approx(2 / np.pi / 5 * 25, rel=0.02)
    assert figures[-1] == pytest.approx(4 * 6)
    twice = np.exp(manner_of([2 * moving], ParameterCodes(), 25))
    assert twice[0] == pytest.approx(2 * figures[0])
    assert np.exp(manner_of([still], ParameterCodes(), 25))[-1] == pytest.approx(3)
