"""The frame cache: what was in the corpus, after kills too; and frames for networks."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.errors import InputError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.training.frames import FrameCache, to_bytes, to_unit

COUNT = 20


@attrs.frozen(kw_only=True)
class NoiseConfig:
    seed: int = 0


class NoiseCorpus(Corpus):
    """Clips of noise, 3 to 6 frames; every third has no landmarks."""

    resolution, fps, sample_rate, splits = 8, 25, 16000, ("train",)

    def __init__(self, config: NoiseConfig) -> None:
        super().__init__(config)
        self.asked: list[int] = []
        self.dies_at: int | None = None

    def count(self, split: str) -> int:
        self.check_split(split)
        return COUNT

    def clip(self, split: str, index: int) -> Clip:
        if index == self.dies_at:
            raise KeyboardInterrupt
        self.asked.append(index)
        rng = np.random.default_rng([self.config.seed, index])
        length = 3 + index % 4
        known = index % 3 > 0
        return Clip(
            name=f"clip-{index}",
            identity=f"person-{index % 2}",
            frames=rng.integers(0, 256, (length, 8, 8, 3), np.uint8),
            waveform=rng.uniform(-1, 1, length * 640).astype(np.float32),
            phonemes=(Phoneme("a", 0.0, 0.05), Phoneme("b", 0.05, 0.2)),
            landmarks=rng.normal(size=(length, 5, 2)).astype(np.float32) if known else None,
            visible=rng.uniform(size=(length, 5)) > 0.5 if known else None,
            parameters=rng.normal(size=(length, 2)).astype(np.float32),
            parameter_names=("yaw", "jaw"),
        )


def corpus(**options: Any) -> NoiseCorpus:
    return NoiseCorpus(NoiseConfig(**options))


def check(cache: FrameCache, source: NoiseCorpus, count: int = COUNT) -> None:
    assert cache.clips == count
    for index in range(count):
        clip = source.clip("train", index)
        assert (cache.names[index], cache.identities[index]) == (clip.name, clip.identity)
        assert cache.lengths[index] == len(clip.frames)
        assert np.array_equal(cache.frames(index), clip.frames)
        assert np.array_equal(cache.waveform(index), clip.waveform)
        assert np.array_equal(cache.frames(index, 1, 3), clip.frames[1:3])
        assert np.array_equal(cache.waveform(index, 1, 3), clip.waveform[640:1920])
        for name in ("landmarks", "visible", "parameters"):
            mine, theirs = getattr(cache, name)(index), getattr(clip, name)
            assert (mine is None) == (theirs is None)
            assert mine is None or np.array_equal(mine, theirs)


def test_it_holds_what_the_corpus_holds(tmp_path: Path) -> None:
    done: list[int] = []
    source = corpus()
    cache = FrameCache.build(tmp_path / "c", source, "train", progress=done.append)
    check(cache, corpus())
    assert sum(done) == COUNT
    assert source.asked == list(range(COUNT))
    assert (cache.fps, cache.sample_rate, cache.resolution) == (25, 16000, 8)
    assert cache.parameter_names == ("yaw", "jaw")
    assert cache.phonemes(0) == (Phoneme("a", 0.0, 0.05), Phoneme("b", 0.05, 0.12))
    assert cache.frames(0).dtype == np.uint8
    assert cache.waveform(0).dtype == np.float32
    assert isinstance(cache.frames(0).base, np.memmap)


def test_it_is_built_once(tmp_path: Path) -> None:
    FrameCache.build(tmp_path, corpus(), "train", clips=5)
    again = corpus()
    check(FrameCache.build(tmp_path, again, "train", clips=5), corpus(), 5)
    assert again.asked == []


def test_another_corpus_replaces_it(tmp_path: Path) -> None:
    FrameCache.build(tmp_path, corpus(), "train", clips=5)
    check(FrameCache.build(tmp_path, corpus(seed=1), "train", clips=7), corpus(seed=1), 7)


@pytest.mark.parametrize("extra", [b"", b"torn"])
def test_a_stopped_build_goes_on(tmp_path: Path, extra: bytes) -> None:
    first = corpus()
    first.dies_at = 18
    with pytest.raises(KeyboardInterrupt):
        FrameCache.build(tmp_path, first, "train")
    with pytest.raises(InputError, match="holds no frame cache, or one that is not finished"):
        FrameCache.open(tmp_path)
    for name in ("frames.raw", "landmarks.raw", "clips.jsonl"):
        with (tmp_path / name).open("ab") as file:
            file.write(extra)
    second = corpus()
    check(FrameCache.build(tmp_path, second, "train"), corpus())
    assert second.asked == [16, 17, 18, 19]


def test_lost_data_is_written_again(tmp_path: Path) -> None:
    first = corpus()
    first.dies_at = 18
    with pytest.raises(KeyboardInterrupt):
        FrameCache.build(tmp_path, first, "train")
    (tmp_path / "frames.raw").write_bytes(b"short")
    check(FrameCache.build(tmp_path, corpus(), "train"), corpus())


def test_damage_is_noticed(tmp_path: Path) -> None:
    FrameCache.build(tmp_path, corpus(), "train", clips=3)
    with (tmp_path / "waveform.raw").open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match=r"waveform\.raw: is damaged"):
        FrameCache.open(tmp_path)


def test_clips_are_cut(tmp_path: Path) -> None:
    cache = FrameCache.build(tmp_path, corpus(), "train", frames=4)
    assert cache.lengths[:4] == (3, 4, 4, 4)
    assert np.array_equal(cache.waveform(3), corpus().clip("train", 3).waveform[:2560])


def test_it_is_pickled_as_a_path(tmp_path: Path) -> None:
    cache = FrameCache.build(tmp_path, corpus(), "train", clips=3)
    pickled = pickle.dumps(cache)
    assert len(pickled) < 300
    check(pickle.loads(pickled), corpus(), 3)


def test_what_is_not_there(tmp_path: Path) -> None:
    cache = FrameCache.build(tmp_path, corpus(), "train", clips=3)
    with pytest.raises(InputError, match="no such clip; expected 0 to 2, got 3"):
        cache.frames(3)
    with pytest.raises(
        InputError, match=r"clip 0 has no such frames; expected 0 to 3, got \(1, 4\)"
    ):
        cache.waveform(0, 1, 4)


def test_frames_for_networks_and_back() -> None:
    frames = torch.arange(256, dtype=torch.uint8).repeat(3).view(2, 8, 16, 3)
    unit = to_unit(frames)
    assert (unit.shape, unit.is_contiguous()) == ((2, 3, 8, 16), True)
    assert (unit.min().item(), unit.max().item()) == (-1.0, 1.0)
    assert unit[0, 1, 0, 0] == pytest.approx(1 / 127.5 - 1)
    assert torch.equal(to_bytes(unit), frames)
    assert to_bytes(torch.tensor([[[-1.2]], [[0.0]], [[1.2]]])).flatten().tolist() == [0, 128, 255]
