"""The metrics on puppets: ground truth against itself, against damage, against somebody else."""

from __future__ import annotations

import gc
import json
import math
import weakref
from typing import Any

import attrs
import numpy as np
import pytest
from styletalker.core.assembly import build
from styletalker.core.clip import Clip, Phoneme
from styletalker.core.config.options import Chosen
from styletalker.core.errors import InputError
from styletalker.core.interfaces.metric import Metric
from styletalker.core.registry import Registry
from styletalker.evaluation import observe as observing
from styletalker.evaluation.metrics.config import MetricConfig
from styletalker.evaluation.observe import EMBED_EVERY, observe
from styletalker.evaluation.tracking import track
from support.faces import puppet_clip

FRAMES = 24


def metric(name: str) -> Metric:
    chosen = Chosen(role="metric", type=name, config=MetricConfig())
    built: Metric = build(chosen, Registry.installed())
    return built


def value(name: str, generated: Clip, reference: Clip | None = None) -> float:
    one = metric(name)
    return one.summarise([one.measure(generated, reference)])


def truth() -> Clip:
    return puppet_clip(frames=FRAMES)


def changed(**changes: Any) -> Clip:
    return attrs.evolve(truth(), **changes)


@pytest.mark.parametrize(
    ("name", "perfect"),
    [
        ("psnr", 100.0),
        ("ssim", 1.0),
        ("lmd", 0.0),
        ("lmd_mouth", 0.0),
        ("csim_dlib_truth", 1.0),
        ("aperture_correlation", 1.0),
    ],
)
def test_the_ground_truth_against_itself(name: str, perfect: float) -> None:
    assert value(name, truth(), truth()) == pytest.approx(perfect)


def test_somebody_else_is_told_by_the_face() -> None:
    other = puppet_clip(1, frames=FRAMES)
    same, strange = value("csim_dlib", truth(), truth()), value("csim_dlib", other, truth())
    assert 0.95 < same < 1.0
    assert strange < same - 0.03
    assert value("csim_dlib_truth", other, truth()) < same - 0.03


def test_a_lag_of_the_lips_costs() -> None:
    late = changed(frames=np.roll(truth().frames, 6, axis=0))
    assert value("aperture_correlation", late, truth()) < 0.6
    assert 0.02 < value("lmd_mouth", late, truth()) < 0.3
    measured = metric("lmd_mouth").measure(late, truth())
    eyes = observe(truth()).track.landmarks
    unit = float(np.linalg.norm(eyes[:, 45] - eyes[:, 36], axis=-1).mean())
    assert measured["pixels"] / measured["value"] == pytest.approx(unit, rel=0.05)


def test_noise_costs_psnr_and_ssim() -> None:
    noise = np.random.default_rng(0).normal(0, 10, truth().frames.shape)
    noisy = changed(frames=np.clip(truth().frames + noise, 0, 255).astype(np.uint8))
    assert value("psnr", noisy, truth()) == pytest.approx(20 * math.log10(255 / 10), abs=0.7)
    assert 0.2 < value("ssim", noisy, truth()) < 0.95


def test_lost_faces_are_counted() -> None:
    frames = truth().frames.copy()
    frames[:12] = 128
    assert value("face_found_rate", truth()) == 1
    gone = changed(frames=frames)
    assert value("face_found_rate", gone) == pytest.approx(12 / 24)
    one = metric("face_found_rate")
    assert one.summarise([{"found": 30, "frames": 30}, {"found": 0, "frames": 10}]) == 0.75
    assert value("csim_dlib", gone, truth()) > 0.9  # of the frames with a face


def test_no_face_at_all_is_an_error_and_not_a_number() -> None:
    wall = changed(name="wall", frames=np.full_like(truth().frames, 128))
    assert value("face_found_rate", wall) == 0
    for name in ("lmd", "blink_rate", "head_pose_spread", "pause_motion"):
        with pytest.raises(InputError, match="clip wall: no face is found in any frame"):
            value(name, wall, truth())
    with pytest.raises(InputError, match="clip wall: no face is found in any of the frames"):
        value("csim_dlib", wall, truth())


def test_lips_are_measured_with_the_ground_truths_phonemes() -> None:
    silent = changed(phonemes=())
    with pytest.raises(InputError, match="the times of its phonemes are not known"):
        value("bilabial_closure", silent)
    said = (Phoneme("_", 0.0, 0.4), Phoneme("A", 0.4, 0.8), Phoneme("b", 0.8, 0.96))
    clip = changed(phonemes=said)
    measured = metric("bilabial_closure").measure(clip, None)
    assert measured["total"] == 1
    assert measured == metric("bilabial_closure").measure(silent, clip)
    assert 0 < value("vowel_openness", clip) < 0.3
    assert 0 < value("pause_motion", clip) < 0.1
    with pytest.raises(InputError, match="no pause of more than 200 ms"):
        value("pause_motion", changed(phonemes=said[1:]))
    one = metric("bilabial_closure")
    assert one.summarise([{"closed": 1, "total": 1}, {"closed": 0, "total": 3}]) == 0.25


def test_motion_of_a_still_picture() -> None:
    still = changed(frames=np.repeat(truth().frames[:1], FRAMES, 0))
    assert value("head_pose_spread", still) == pytest.approx(0, abs=1e-6)
    assert value("head_pose_speed", still) == pytest.approx(0, abs=1e-6)
    assert value("blink_rate", still) == 0
    with pytest.raises(InputError, match="lips do not move"):
        value("aperture_correlation", still, truth())
    assert value("head_pose_spread", truth()) > 0.2
    assert value("head_pose_speed", truth()) > 1


def test_blinks_are_counted_over_all_clips() -> None:
    one = metric("blink_rate")
    measured = [{"blinks": 1, "seconds": 2.0}, {"blinks": 0, "seconds": 4.0}]
    assert one.summarise(measured) == 10


@pytest.mark.parametrize("name", ["psnr", "lmd", "csim_dlib_truth", "aperture_correlation"])
def test_clips_of_different_length_are_not_compared(name: str) -> None:
    clip = truth()
    short = changed(frames=clip.frames[:-1], waveform=clip.waveform[:-640])
    with pytest.raises(InputError, match=r"has another length than .* expected '?24 frames"):
        value(name, short, clip)
    with pytest.raises(InputError, match="needs the ground-truth clip"):
        value(name, clip)


def test_a_clip_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        return track(*arguments, **options)

    monkeypatch.setattr(observing, "track", counted)
    clip = changed(frames=truth().frames[:13].copy(), waveform=truth().waveform[: 13 * 640])
    for name in ("face_found_rate", "blink_rate", "head_pose_spread", "lmd"):
        value(name, clip, clip)
    assert len(calls) == 1
    assert observe(clip).embeddings.shape == (2, 128)
    assert EMBED_EVERY == 12
    gone = weakref.ref(observe(clip))
    del clip
    gc.collect()
    assert gone() is None  # what was seen goes with the clip


def test_measurements_can_be_written_down() -> None:
    for name in ("blink_rate", "head_pose_spread", "lmd", "bilabial_closure", "psnr"):
        measured = metric(name).measure(truth(), truth())
        assert json.loads(json.dumps(measured)).keys() == measured.keys()
