"""Signals, pictures, landmarks, identities and intervals with known answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from styletalker.core.errors import InputError
from styletalker.evaluation.bootstrap import bootstrap
from styletalker.evaluation.identity import (
    cosine_similarity,
    similarity_to_one,
    similarity_to_truth,
)
from styletalker.evaluation.image_quality import MOST_DB, psnr, ssim
from styletalker.evaluation.landmark_distance import MOUTH, landmark_distance
from styletalker.evaluation.signals import best_lag, pearson
from support.landmarks import IOD, face_landmarks

skimage_psnr: Any = peak_signal_noise_ratio
skimage_ssim: Any = structural_similarity


def noise(seed: int = 0, size: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(size)


def test_pearson() -> None:
    a, b = noise(0), noise(1)
    assert pearson(a, 3 * a + 2) == pytest.approx(1)
    assert pearson(a, -a) == pytest.approx(-1)
    assert pearson(a, a + b) == pytest.approx(np.corrcoef(a, a + b)[0, 1])
    holes = a.copy()
    holes[::3] = np.nan
    assert pearson(holes, a + b) == pytest.approx(
        pearson(*np.delete([a, a + b], range(0, 200, 3), 1))
    )
    assert math.isnan(pearson(a, np.ones(200)))
    assert math.isnan(pearson([1, 2], [1, 2]))
    with pytest.raises(InputError, match="two signals of one length"):
        pearson(a, a[:-1])


@pytest.mark.parametrize("shift", [-7, 0, 5])
def test_best_lag_is_how_late_the_first_signal_is(shift: int) -> None:
    whole = noise()
    late, on_time = whole[50 - shift : 150 - shift], whole[50:150]
    found = best_lag(late, on_time)
    assert found.frames == shift
    assert found.correlation == pytest.approx(1)
    with pytest.raises(InputError, match="no lag has a correlation"):
        best_lag(late, np.zeros(100))


def pictures() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    truth = np.cumsum(rng.integers(0, 5, (40, 56, 3)), 1).astype(np.uint8)
    return np.clip(truth + rng.normal(0, 8, truth.shape), 0, 255).astype(np.uint8), truth


def test_psnr_and_ssim_are_scikit_images() -> None:
    image, truth = pictures()
    assert psnr(image, truth) == pytest.approx(skimage_psnr(truth, image, data_range=255), abs=1e-9)
    expected = skimage_ssim(
        image, truth, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=255, channel_axis=-1,
    )  # fmt: skip
    assert ssim(image, truth) == pytest.approx(expected, abs=1e-9)
    assert 0.1 < expected < 0.99


def test_identical_and_unusable_pictures() -> None:
    image, truth = pictures()
    assert psnr(truth, truth) == MOST_DB
    assert ssim(truth, truth) == pytest.approx(1)
    off = np.full_like(truth, 10)
    assert psnr(off, off + 5) == pytest.approx(20 * math.log10(255 / 5))
    with pytest.raises(InputError, match="pictures cannot be compared"):
        psnr(image[:-1], truth)
    with pytest.raises(InputError, match="too small for SSIM"):
        ssim(image[:10], truth[:10])


def test_landmark_distance_forgets_where_the_face_is() -> None:
    truth = face_landmarks([0.0, 0.1])
    assert landmark_distance(truth + 30, truth).pixels == pytest.approx(0, abs=1e-9)
    moved = truth.copy()
    moved[0, 48:58] += (4, 0)
    moved[0, 58:68] -= (4, 0)
    found = landmark_distance(moved, truth, MOUTH)
    assert found.pixels == pytest.approx(2)  # 4 px in one of two frames
    assert found.inter_ocular == pytest.approx(2 / IOD)
    everywhere = landmark_distance(moved, truth)
    assert everywhere.pixels == pytest.approx(2 * 20 / 68)
    moved[1] = np.nan  # does not count any more
    assert landmark_distance(moved, truth, MOUTH).pixels == pytest.approx(4)
    moved[0] = np.nan
    with pytest.raises(InputError, match="no frame has landmarks in both clips"):
        landmark_distance(moved, truth)


def test_identity() -> None:
    assert cosine_similarity([1, 0], [2, 2]) == pytest.approx(math.sqrt(0.5))
    lost: list[float] = [math.nan, math.nan]
    vectors: list[list[float]] = [[1, 0], [0, 3], lost]
    assert similarity_to_one(vectors, [1, 0]) == pytest.approx(0.5)
    assert similarity_to_truth(vectors, [[2.0, 0.0], lost, [1.0, 0.0]]) == pytest.approx(1)
    assert math.isnan(similarity_to_one([lost], [1, 0]))
    with pytest.raises(InputError, match="identity vectors of the same frames"):
        similarity_to_truth(vectors, vectors[:2])


def mean(values: object) -> float:
    return float(np.mean(values))  # type: ignore[call-overload]


def test_bootstrap_of_a_mean() -> None:
    values = list(noise(7, 400))
    found = bootstrap(values, mean, seed=1)
    assert found.value == pytest.approx(np.mean(values))
    half = 1.96 * np.std(values) / math.sqrt(400)
    assert found.high - found.value == pytest.approx(half, rel=0.1)
    assert found.value - found.low == pytest.approx(half, rel=0.1)
    assert bootstrap(values, mean, seed=1) == found
    assert bootstrap(values, mean, seed=2) != found
    narrow = bootstrap(values, mean, level=0.5, seed=1)
    assert narrow.high - narrow.low < 0.5 * (found.high - found.low)


def test_bootstrap_of_nothing() -> None:
    with pytest.raises(InputError, match="nothing was measured"):
        bootstrap([], mean)
    with pytest.raises(InputError, match="no such interval"):
        bootstrap([1.0], mean, level=95)
    assert bootstrap([2.0], mean, resamples=10).low == 2.0
