"""What dlib thinks of the frames; ``tests/benchmarks/puppet_render.py`` asks about many more."""

from __future__ import annotations

import numpy as np
import pytest
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from support import render_measures as measures


@pytest.fixture(scope="module")
def tool() -> measures.Dlib:
    return measures.Dlib()


def test_dlib_finds_the_faces_and_agrees_on_the_landmarks(tool: measures.Dlib) -> None:
    found, distances = 0, []
    for frame, _ in measures.random_frames(40, seed=21):
        if tool.finds(frame.image):
            found += 1
            distance = np.linalg.norm(tool.landmarks(frame) - frame.landmarks, axis=1)
            distances.append(distance / measures.eye_distance(frame.landmarks))
    assert found >= 39
    mean = np.mean(distances, 0)
    assert mean.mean() < 0.08  # few frames: the script's limit is 0.06 on 500
    assert mean[measures.REGIONS["nose"]].mean() < 0.06


def test_dlib_tells_identities_apart(tool: measures.Dlib) -> None:
    vectors = []
    for k in range(10):
        head, rng = Head(Identity.sample(np.random.default_rng([31, k]))), np.random.default_rng(k)
        frames = [head.render(measures.random_parameters(rng)) for _ in range(3)]
        vectors.append([tool.vector(frame) for frame in frames])
    same, different = measures.pair_distances(np.array(vectors))
    assert measures.roc_auc(same, different) > 0.93


def test_roc_auc_of_known_distances() -> None:
    assert measures.roc_auc(np.array([0.1, 0.2]), np.array([0.3, 0.4])) == 1.0
    assert measures.roc_auc(np.array([0.1, 0.4]), np.array([0.2, 0.3])) == 0.5
