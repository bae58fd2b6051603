"""Do motion-controlled clips follow their motion source? And annotated landmarks as reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from styletalker.core.assembly import build
from styletalker.core.clip import Clip
from styletalker.core.config.options import Chosen
from styletalker.core.errors import InputError
from styletalker.core.interfaces.metric import Metric
from styletalker.core.registry import Registry
from styletalker.evaluation.blinks import Blink, blink_matches
from styletalker.evaluation.harness.default import choose_metrics
from styletalker.evaluation.harness.method import Method, Sample, concerning, leaking
from styletalker.evaluation.harness.run import measure_all
from styletalker.evaluation.harness.source import ClipSource
from styletalker.evaluation.harness.summary import NOT_FOLLOWING, summarise
from styletalker.evaluation.harness.tool import tools_of
from styletalker.evaluation.metrics.config import MetricConfig
from support.faces import puppet_clip

FRAMES = 24


def metric(name: str) -> Metric:
    chosen = Chosen(role="metric", type=name, config=MetricConfig())
    built: Metric = build(chosen, Registry.installed())
    return built


def value(name: str, generated: Clip, reference: Clip | None = None) -> float:
    one = metric(name)
    return one.summarise([one.measure(generated, reference)])


def changed(clip: Clip, **changes: Any) -> Clip:
    return attrs.evolve(clip, **changes)


def test_a_clip_follows_itself_and_no_stranger() -> None:
    clip, other = puppet_clip(frames=FRAMES), puppet_clip(1, frames=FRAMES)
    assert value("head_pose_following", clip, clip) == pytest.approx(1)
    assert value("head_pose_following_annotated", clip, clip) > 0.5
    assert value("head_pose_following", other, clip) < 0.5
    backwards = changed(clip, frames=clip.frames[::-1])
    measured = metric("head_pose_following").measure(backwards, clip)
    assert measured["value"] == pytest.approx(
        np.mean([measured[name] for name in ("yaw", "pitch", "roll")])
    )
    assert measured["value"] < 0.9


def test_annotated_landmarks_are_the_reference() -> None:
    clip = puppet_clip(frames=FRAMES)
    assert clip.landmarks is not None
    seen = value("aperture_correlation_annotated", clip, clip)
    assert 0.2 < seen < 1  # dlib against the truth: not perfect, and not by chance
    still = changed(clip, landmarks=np.repeat(clip.landmarks[:1], FRAMES, 0))
    with pytest.raises(InputError, match="lips do not move"):
        value("aperture_correlation_annotated", clip, still)
    for name in ("aperture_correlation_annotated", "head_pose_following_annotated"):
        with pytest.raises(InputError, match="the corpus does not know its landmarks"):
            value(name, clip, changed(clip, landmarks=None))


def test_blinks_that_match_are_counted_over_all_clips() -> None:
    def at(*peaks: int) -> list[Blink]:
        return [Blink(start=peak - 2, peak=peak, end=peak + 2) for peak in peaks]

    assert blink_matches(at(10, 40, 70), at(12, 44, 69)) == 2
    assert blink_matches(at(10), at(9, 11)) == 1
    one = metric("blink_following")
    found = [{"matches": 2, "blinks": 6}, {"matches": 0, "blinks": 2}]
    assert one.summarise(found) == 0.5
    assert np.isnan(one.summarise([{"matches": 0, "blinks": 0}]))


def test_only_motion_controlled_clips_are_asked() -> None:
    clip = puppet_clip(frames=FRAMES)
    source = ClipSource(clip)
    plain = Method(name="plain", samples=(Sample(name="a", generated=source, reference=source),))
    sample = Sample(name="a", generated=source, reference=source, motion=source)
    led = Method(name="led", samples=(sample,))
    leak = leaking(led)
    assert leak is not None
    registry = Registry.installed()
    tools = tools_of(choose_metrics(("psnr", "head_pose_following"), registry), registry)
    assert [tool.name for tool in concerning(tools, [plain])] == ["psnr"]
    assert concerning(tools, [plain, leak]) == tools


def test_what_the_summary_says(tmp_path: Path) -> None:
    clip = puppet_clip(frames=FRAMES)
    source = ClipSource(clip)
    sample = Sample(name="a", generated=source, reference=source, motion=source)
    led = Method(name="led", samples=(sample,))
    leak = leaking(led)
    assert leak is not None
    registry = Registry.installed()
    tools = tools_of(choose_metrics(("head_pose_following",), registry), registry)
    outcomes = measure_all([led, leak], tools, tmp_path, workers=1)
    found = summarise([led, leak], tools, outcomes, resamples=10)["methods"]
    assert found["led"]["head_pose_following"]["reason"] == NOT_FOLLOWING
    assert found["led, motion source"]["head_pose_following"]["value"] == pytest.approx(1)


def test_lips_are_in_time_with_their_own_sound_only() -> None:
    clip = puppet_clip(frames=100)
    right = metric("lips_in_time").measure(clip, None)
    assert (right["value"], abs(right["early_frames"]) <= 1) == (1, True)
    moved = changed(clip, waveform=np.roll(clip.waveform, 6 * clip.sample_rate // clip.fps))
    late = metric("lips_in_time").measure(moved, None)
    assert late["value"] == 0
    assert late["early_frames"] == pytest.approx(-6, abs=1)
    with pytest.raises(InputError, match="no sound track"):
        metric("lips_in_time").measure(changed(clip, facts={"sound": False}), None)
