"""The corpus ``puppet``: people, splits, alignment, and the same clip everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import attrs
import numpy as np
import pytest
from styletalker.core.errors import InputError
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import PARAMETERS
from styletalker.plugins.puppet.voices import VARIANTS

SMALL = PuppetConfig(
    resolution=48,
    frames=12,
    train_identities=3,
    val_identities=2,
    test_identities=2,
    clips_per_identity=2,
)


@pytest.fixture(scope="module")
def puppet() -> Puppet:
    return Puppet(SMALL)


def test_counts(puppet: Puppet) -> None:
    assert {split: puppet.count(split) for split in puppet.splits} == {
        "train": 6,
        "val": 4,
        "test": 4,
    }


def test_a_clip_is_complete_and_aligned(puppet: Puppet) -> None:
    clip = puppet.clip("test", 1)
    assert clip.frames.shape == (12, 48, 48, 3)
    assert clip.waveform.shape == (12 * 640,)
    assert clip.waveform.dtype == np.float32
    assert np.array_equal(clip.waveform * 32768, np.round(clip.waveform * 32768))
    assert clip.parameters is not None
    assert clip.parameters.shape == (12, len(PARAMETERS))
    assert clip.landmarks is not None
    assert clip.landmarks.shape == (12, 68, 2)
    assert clip.visible is not None
    inner = clip.landmarks[clip.visible]
    assert inner.min() >= 0
    assert inner.max() <= 48
    assert clip.phonemes[0].start_s == 0
    assert clip.phonemes[-1].end_s == pytest.approx(12 / 25)
    assert Identity.from_dict(clip.facts["identity"]) == puppet.person("test", 1).identity
    json.dumps(clip.facts)


def test_the_order_of_requests_does_not_matter(puppet: Puppet) -> None:
    before = [puppet.clip("train", index) for index in (4, 0, 1)]
    other = Puppet(SMALL)
    after = [other.clip("train", index) for index in (1, 4, 0)]
    for one, two in zip(before, [after[1], after[2], after[0]], strict=True):
        assert one.name == two.name
        assert np.array_equal(one.frames, two.frames)
        assert np.array_equal(one.waveform, two.waveform)


def test_a_person_keeps_looks_voice_and_manner(puppet: Puppet) -> None:
    first, second = puppet.performance("train", 1), puppet.performance("train", 4)
    assert first[0] == second[0]
    assert first[1].text != second[1].text
    assert first[1].voice == second[1].voice
    people = [puppet.person("train", number) for number in range(3)]
    assert len({person.identity.seed for person in people}) == 3


def test_voices_fit_and_splits_share_none() -> None:
    corpus = Puppet(attrs.evolve(SMALL, train_identities=40, test_identities=40))
    used: dict[str, set[str]] = {}
    for split in ("train", "test"):
        people = [corpus.person(split, number) for number in range(40)]
        used[split] = {person.voice.variant for person in people}
        for person in people:
            if person.identity.beard != "none":
                assert VARIANTS[person.voice.variant].sex == "m"
    assert used["train"] & used["test"] == set()


def test_another_seed_gives_other_people(puppet: Puppet) -> None:
    other = Puppet(attrs.evolve(SMALL, seed=1))
    assert other.person("test", 0).identity != puppet.person("test", 0).identity


@pytest.mark.parametrize(
    ("split", "index", "message"),
    [
        ("tets", 0, "no such split: 'tets'; did you mean 'test'?"),
        ("test", 4, "no such clip in test; expected 0 to 3, got 4"),
        ("test", -1, "no such clip in test; expected 0 to 3, got -1"),
    ],
)
def test_wrong_requests(puppet: Puppet, split: str, index: int, message: str) -> None:
    with pytest.raises(InputError) as caught:
        puppet.clip(split, index)
    assert str(caught.value) == message


def toolkit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "styletalker", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


TINY = [
    *("frames=6", "resolution=32", "train_identities=2", "val_identities=1"),
    *("test_identities=1", "clips_per_identity=2", "--clips-per-shard", "1"),
]


def test_build_is_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    for workers in ("1", "2"):
        build = ["corpus", "build", "puppet", "-o", f"w{workers}", "--workers", workers]
        answer = toolkit(tmp_path, *build, *TINY)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout == f"w{workers}\n"
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).glob("*.*")}
        for folder in ("w1", "w2")
    )
    one.pop(".corpus.lock"), two.pop(".corpus.lock")
    assert len(one) == 1 + 2 * 8
    assert one == two
    info = json.loads(toolkit(tmp_path, "corpus", "info", "w1", "--verify", "--json").stdout)
    assert info["splits"]["train"]["clips"] == 4
    assert info["splits"]["train"]["seconds"] == pytest.approx(4 * 0.24, abs=0.1)
    assert info["faults"] == []
    look = toolkit(tmp_path, "corpus", "preview", "shards", "folder=w1", "-o", "look")
    assert look.stdout.splitlines()[0] == "look/sheet.png"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["preview", "pupet"], 4, "no such corpus: 'pupet'; did you mean 'puppet'?"),
        (["preview", "puppet", "--split", "tst"], 2, "no such split: 'tst'; did you mean 'test'?"),
        (
            ["preview", "puppet", "frmes=3"],
            3,
            "corpus puppet: frmes: unknown key; did you mean 'frames'?",
        ),
        (
            ["preview", "puppet", "frames=0"],
            3,
            "corpus puppet: frames: out of range; expected 1 to 90000, got 0",
        ),
        (
            ["preview", "puppet", "--size", "8"],
            3,
            "corpus puppet: resolution: out of range; expected 32 to 1024, got 8",
        ),
        (
            ["build", "puppet", "--quality", "hihg"],
            2,
            "--quality: no such quality: 'hihg'; did you mean 'high'?",
        ),
        (["preview", "shards"], 3, "corpus shards: folder: is required and missing"),
    ],
)
def test_mistakes_on_the_command_line(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    answer = toolkit(tmp_path, "corpus", *arguments, "-o", "x")
    assert (answer.returncode, answer.stdout) == (code, "")
    assert answer.stderr == f"toolkit: {message}\n"
    assert not (tmp_path / "x").exists()
