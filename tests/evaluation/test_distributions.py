"""Dots of the clips' values."""

from __future__ import annotations

import re
from pathlib import Path

from styletalker.evaluation.harness.run import measure_all
from styletalker.evaluation.harness.summary import summarise
from styletalker.evaluation.report.distributions import distributions
from support.evaluation import degraded, method, moving_clip, tools

TRUTHS = [moving_clip(k) for k in range(4)]


def test_a_dot_for_each_clip_of_each_method(tmp_path: Path) -> None:
    worse = [degraded(one, 5 + 5 * k) for k, one in enumerate(TRUTHS)]
    name = "a method with <a> rather long name"
    methods = [method(name, worse, TRUTHS), method("two", worse[:2], TRUTHS[:2])]
    chosen = tools("psnr", "temporal_flicker")
    outcomes = measure_all(methods, chosen, tmp_path, workers=1)
    summary = summarise(methods, chosen, outcomes, resamples=50)
    first, second = distributions(summary, chosen, outcomes)
    assert first.count('class="dot"') == second.count('class="dot"') == 6
    assert first.count('class="bar"') == 4
    assert "PSNR [dB] ↑" in first
    assert "a method with &lt;a&gt; rather …" in first
    places = [float(x) for x in re.findall(r'class="dot" cx="([\d.]+)"', first)]
    assert places[:4] == sorted(places[:4], reverse=True)  # more noise, fewer dB
    assert places[:2] == places[4:]  # the same clips
    assert all(170 <= x <= 640 for x in places)


def test_too_few_clips_are_no_distribution(tmp_path: Path) -> None:
    methods = [method("two", TRUTHS[:2], TRUTHS[:2])]
    chosen = tools("psnr")
    outcomes = measure_all(methods, chosen, tmp_path, workers=1)
    assert distributions(summarise(methods, chosen, outcomes, resamples=50), chosen, outcomes) == []


def test_equal_values_have_a_scale(tmp_path: Path) -> None:
    methods = [method("same", TRUTHS, TRUTHS)]
    chosen = tools("psnr", "pose_diversity")  # all of them are 100 dB; nothing has a pose
    outcomes = measure_all(methods, chosen, tmp_path, workers=1)
    (only,) = distributions(summarise(methods, chosen, outcomes, resamples=50), chosen, outcomes)
    assert only.count('class="dot"') == 4
    assert "nan" not in only
