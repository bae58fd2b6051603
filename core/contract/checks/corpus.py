"""Checks of corpora."""

from __future__ import annotations

import pickle

import numpy as np
from styletalker.core.clip import Clip
from styletalker.core.contract.case import Case
from styletalker.core.contract.expect import expect_input_error

_LOOKED_AT = 3
"""Clips per split that are compared; rendering them all would take long."""


def check_clips_fit_the_corpus(case: Case) -> None:
    """Clips have the declared resolution and rates; every split has some."""
    corpus = case.build()
    assert corpus.splits, "there is no split"
    for split in corpus.splits:
        assert corpus.count(split) > 0, f"the split {split!r} is empty"
        clip = corpus.clip(split, 0)
        assert isinstance(clip, Clip), "clip() must return a Clip"
        shape, size = clip.frames.shape, corpus.resolution
        assert shape[1:] == (size, size, 3), f"frames have the shape {shape}"
        assert (clip.fps, clip.sample_rate) == (corpus.fps, corpus.sample_rate)
        assert clip.waveform.dtype == np.float32, f"the waveform is {clip.waveform.dtype}"
        assert np.abs(clip.waveform).max() <= 1, "the waveform leaves [-1, 1]"


def check_clips_are_deterministic(case: Case) -> None:
    """A clip depends on split and index alone: not on what was asked before, nor on the copy."""
    corpus, split = case.build(), case.build().splits[0]
    last = min(corpus.count(split), _LOOKED_AT) - 1
    corpus.clip(split, 0)
    one = corpus.clip(split, last)
    copied = pickle.loads(pickle.dumps(case.build()))  # noqa: S301 (our own object)
    other = copied.clip(split, last)
    assert one.name == other.name
    assert np.array_equal(one.frames, other.frames), "frames differ between two corpora"
    assert np.array_equal(one.waveform, other.waveform), "waveforms differ between two corpora"


def check_splits_share_nobody(case: Case) -> None:
    """No identity stands in two splits, and no name twice."""
    corpus = case.build()
    seen: dict[str, str] = {}
    names: set[str] = set()
    for split in corpus.splits:
        for index in range(min(corpus.count(split), _LOOKED_AT)):
            clip = corpus.clip(split, index)
            first = seen.setdefault(clip.identity, split)
            assert first == split, f"{clip.identity} stands in {first} and in {split}"
            assert clip.name not in names, f"two clips are called {clip.name}"
            names.add(clip.name)


def check_wrong_requests(case: Case) -> None:
    """An unknown split and an index out of range are refused."""
    corpus = case.build()
    split = corpus.splits[0]
    expect_input_error(lambda: corpus.clip("no-such-split", 0), "no-such-split")
    expect_input_error(lambda: corpus.count("no-such-split"), "no-such-split")
    count = corpus.count(split)
    expect_input_error(lambda: corpus.clip(split, count), str(count))
    expect_input_error(lambda: corpus.clip(split, -1), "-1")
