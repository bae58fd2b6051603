"""Ground truth beats each degraded copy on the metric that should see it; intervals cover."""

from __future__ import annotations

import functools
from typing import Any

import attrs
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from styletalker.core.clip import Clip
from styletalker.core.errors import InputError
from styletalker.core.interfaces.metric import Metric
from styletalker.core.registry import Registry
from styletalker.evaluation.bootstrap import bootstrap
from styletalker.evaluation.harness.sync_metrics import load_scorer, sync_tools
from styletalker.evaluation.observe import observe
from support.evaluation import tools
from support.faces import puppet_clip

FRAMES = 33
"""Just enough for a spectrum."""
SHIFT = 3


@functools.cache
def copy(kind: str) -> Clip:
    """A copy of a puppet clip, spoiled in one way."""
    clip = puppet_clip(frames=FRAMES)
    rng = np.random.default_rng(0)
    if kind == "blur":
        frames = np.stack([gaussian_filter(frame, (2, 2, 0)) for frame in clip.frames])
    elif kind == "frozen":
        frames = np.repeat(clip.frames[:1], FRAMES, axis=0)
    elif kind == "jitter":
        shifts = rng.integers(-2, 3, (FRAMES, 2))
        pairs = zip(clip.frames, shifts, strict=True)
        frames = np.stack([np.roll(frame, shift, (0, 1)) for frame, shift in pairs])
    elif kind == "other":
        frames = puppet_clip(1, frames=FRAMES).frames
    else:
        frames = clip.frames
    return attrs.evolve(clip, name=kind, frames=frames)


@functools.cache
def metric(name: str) -> Metric:
    return tools(name)[0].metric


def value(name: str, kind: str) -> float:
    one = metric(name)
    return one.summarise([one.measure(copy(kind), copy("truth"))])


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("psnr", "blur", 50),
        ("ssim", "blur", 0.05),
        ("csim_dlib", "other", 0.03),
        ("lmd", "other", 0.03),
        ("aperture_correlation", "other", 0.3),
        ("head_pose_spectrum", "frozen", 5),
        ("head_pose_spectrum", "jitter", 1),
        ("temporal_flicker", "jitter", 1),
        ("temporal_flicker", "frozen", 0.1),
        ("temporal_flicker", "blur", 0.05),
        ("head_pose_speed", "frozen", 3),
        ("head_pose_speed", "jitter", 1),
    ],
)
def test_the_ground_truth_beats_a_spoiled_copy(name: str, kind: str, least: float) -> None:
    truth, spoiled = value(name, "truth"), value(name, kind)
    direction = metric(name).direction
    if direction == "none":
        assert abs(spoiled - truth) > least
    else:
        assert (truth - spoiled if direction == "higher" else spoiled - truth) > least


def test_a_frozen_head_has_no_beats() -> None:
    with pytest.raises(InputError, match="the head never moves"):
        value("beat_alignment", "frozen")


def test_a_change_of_person_is_a_drift() -> None:
    clip, other = puppet_clip(frames=FRAMES), puppet_clip(1, frames=FRAMES)
    one, two = (observe(c).embeddings for c in (copy("truth"), copy("other")))
    steady, swapped = np.concatenate([one] * 4), np.concatenate([one, one, two, two])
    from styletalker.evaluation.drift import identity_drift

    assert abs(identity_drift(steady, 0.48)) < 0.2
    assert identity_drift(swapped, 0.48) > 0.3
    assert clip.name != other.name


def test_lips_that_move_in_silence() -> None:
    """The same lips while nothing is heard, and while they are heard."""
    truth = copy("truth")
    silent = attrs.evolve(truth, waveform=np.zeros_like(truth.waveform))
    one = metric("silent_lip_motion")
    mumbling = one.measure(silent, None)["value"]
    assert mumbling > 0.004
    resting = attrs.evolve(copy("frozen"), waveform=silent.waveform)
    assert one.measure(resting, None)["value"] < mumbling / 4
    rng = np.random.default_rng(0)
    loud = rng.normal(0, 0.1, truth.waveform.shape).astype(np.float32)
    with pytest.raises(InputError, match="there is no silence of 240 ms"):
        one.measure(attrs.evolve(truth, waveform=loud), None)


def test_seeds_of_one_clip_are_diverse_and_copies_are_not() -> None:
    one = PoseOf()
    truth = copy("truth")
    assert one(truth, truth) == 0
    assert one(truth, copy("frozen")) > 0.3
    assert one(truth, copy("other")) > 1


class PoseOf:
    """Diversity of two clips that have one ground truth."""

    def __call__(self, *clips: Clip) -> float:
        one = metric("pose_diversity")
        truth = copy("truth")
        return one.summarise([one.measure(clip, truth) for clip in clips])


def test_a_delay_of_the_sound_shows_in_the_offset() -> None:
    scorer = load_scorer("builtin:puppet", Registry.installed())
    confidence, offset, within = (tool.metric for tool in sync_tools(scorer))
    clip = puppet_clip(4, frames=60)
    moved = [clip, delayed(clip, SHIFT), delayed(clip, -SHIFT)]
    rows = [offset.measure(one, None) for one in moved]
    found = [offset.summarise([row]) for row in rows]
    # Sound that comes late makes lips that come early: negative in SyncNet's sign.
    assert [found[1] - found[0], found[2] - found[0]] == [-SHIFT, SHIFT]
    assert abs(found[0]) <= 1
    assert [within.summarise([row]) for row in rows] == [1, 0, 0]
    assert (offset.title, offset.unit) == ("sync-offset-contrastive", "frames")
    stranger = attrs.evolve(clip, waveform=puppet_clip(5, frames=60).waveform)
    own, chance = (confidence.summarise([offset.measure(c, None)]) for c in (clip, stranger))
    assert own > chance + 0.05
    with pytest.raises(InputError, match=r"under this name: 'builtin:pupet'; .* 'puppet'\?"):
        load_scorer("builtin:pupet", Registry.installed())


def delayed(clip: Clip, frames: int) -> Clip:
    """The same with its sound so many frames later."""
    return attrs.evolve(clip, waveform=np.roll(clip.waveform, frames * 640))


def test_intervals_cover_the_truth() -> None:
    """Of 300 experiments with 25 clips each, about 95 % of the intervals hold the true mean."""
    rng = np.random.default_rng(0)
    held, wide = 0, 0.0
    for k in range(300):
        sample = list(rng.gamma(2.0, 1.5, 25))  # skewed, with mean 3
        found = bootstrap(sample, _mean, resamples=400, seed=k)
        held += found.low <= 3 <= found.high
        wide += (found.high - found.low) / 300
    assert 0.87 * 300 <= held <= 0.98 * 300
    assert wide == pytest.approx(2 * 1.96 * 1.5 * np.sqrt(2) / np.sqrt(25), rel=0.1)


def _mean(values: Any) -> float:
    return float(np.mean(values))
