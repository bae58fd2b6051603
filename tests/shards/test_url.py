"""Shards at a URL: read through a bounded copy that is as fresh as the URL."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from styletalker.core.errors import InputError, MediaError
from styletalker.core.interfaces.corpus import Stored
from styletalker.plugins.shards.build import build_corpus, plan_of
from styletalker.plugins.shards.config import ShardsConfig
from styletalker.plugins.shards.corpus import Shards
from support.noise import Noise

URL = "memory://bucket/corpus"


def upload(folder: Path) -> None:
    system = fsspec.filesystem("memory")
    for path in folder.iterdir():
        if path.suffix in (".tar", ".json"):
            system.pipe_file(f"/bucket/corpus/{path.name}", path.read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    built, corpus = tmp_path / "corpus", Noise(None)
    build_corpus(corpus, plan_of(corpus, {"type": "noise"}, clips_per_shard=2), built, workers=1)
    upload(built)
    yield built
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


def opened(tmp_path: Path, gigabytes: float = 1.0) -> Shards:
    return Shards(ShardsConfig(folder=URL, cache=tmp_path / "cache", cache_gb=gigabytes))


def copies(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").rglob("*.tar"))


def test_clips_are_those_of_the_folder(folder: Path, tmp_path: Path) -> None:
    corpus = opened(tmp_path)
    assert isinstance(corpus, Stored)
    assert list(corpus.groups("train")) == [range(2), range(2, 4), range(4, 5)]
    assert (corpus.resolution, corpus.splits, corpus.count("train")) == (32, ("train", "test"), 5)
    assert copies(tmp_path) == []
    for split, index in (("train", 4), ("train", 0), ("test", 1)):
        wanted, found = Noise(None).clip(split, index), corpus.clip(split, index)
        assert np.array_equal(wanted.frames, found.frames)
        assert np.array_equal(wanted.waveform, found.waveform)
    assert copies(tmp_path) == ["test-00000.tar", "train-00000.tar", "train-00002.tar"]
    again = pickle.loads(pickle.dumps(corpus))
    assert np.array_equal(again.clip("train", 3).frames, Noise(None).clip("train", 3).frames)


def test_a_copy_is_not_fetched_twice(folder: Path, tmp_path: Path) -> None:
    opened(tmp_path).clip("train", 0)
    fsspec.filesystem("memory").rm("/bucket/corpus/train-00000.tar")
    assert opened(tmp_path).clip("train", 1).name == "train-1"


def test_copies_stay_below_the_limit(folder: Path, tmp_path: Path) -> None:
    size = max(path.stat().st_size for path in folder.glob("*.tar"))
    corpus = opened(tmp_path, gigabytes=2.1 * size / 1e9)
    for index in (0, 2, 0, 4):
        corpus.clip("train", index)
    assert copies(tmp_path) == ["train-00000.tar", "train-00002.tar"]
    assert corpus.clip("train", 2).name == "train-2"
    assert sum(p.stat().st_size for p in (tmp_path / "cache").rglob("*.tar")) < 2.1 * size


def test_a_corpus_that_was_replaced_is_noticed(folder: Path, tmp_path: Path) -> None:
    first = opened(tmp_path).clip("train", 0)
    (folder / "train-00000.tar").write_bytes((folder / "train-00001.tar").read_bytes())
    (folder / "train-00000.json").write_bytes((folder / "train-00001.json").read_bytes())
    upload(folder)
    second = opened(tmp_path).clip("train", 0)
    assert not np.array_equal(first.frames, second.frames)


def test_a_copy_that_goes_away_or_bad_is_fetched_again(folder: Path, tmp_path: Path) -> None:
    corpus = opened(tmp_path)
    corpus.clip("train", 0)
    (path,) = (tmp_path / "cache").rglob("*.tar")
    path.unlink()
    assert corpus.clip("train", 0).name == "train-0"
    path.write_bytes(path.read_bytes()[:700])
    assert opened(tmp_path).clip("train", 1).name == "train-1"
    path.write_bytes(b"\0" * path.stat().st_size)
    assert opened(tmp_path).clip("train", 1).name == "train-1"


def test_a_shard_that_is_not_what_its_record_says(folder: Path, tmp_path: Path) -> None:
    (folder / "train-00001.tar").write_bytes((folder / "train-00000.tar").read_bytes())
    upload(folder)
    with pytest.raises(MediaError) as caught:
        opened(tmp_path).clip("train", 2)
    assert str(caught.value) == (
        "memory://bucket/corpus/train-00001.tar: does not match its checksum. "
        "Build or upload the corpus again."
    )


def test_a_url_without_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"memory://nothing: is no corpus, it has no corpus.json"):
        Shards(ShardsConfig(folder="memory://nothing", cache=tmp_path))
    with pytest.raises(InputError, match=r"nonsense://x: no such kind of URL"):
        Shards(ShardsConfig(folder="nonsense://x", cache=tmp_path))
