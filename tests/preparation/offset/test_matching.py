"""What the matcher learns from: heads without pictures, habits, recordings, windows, the loss."""

from __future__ import annotations

import math
from pathlib import Path

import attrs
import numpy as np
import pytest
import torch
from styletalker.core.checkpoint import load_checkpoint
from styletalker.core.errors import InputError
from styletalker.core.training.config import TrainingConfig
from styletalker.core.training.draws import Draws
from styletalker.plugins.preparation.offset.landmark_scorer import LandmarkScorer
from styletalker.plugins.preparation.offset.network import LipMatcher
from styletalker.plugins.puppet.camera import Framing
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.head import Head
from styletalker.plugins.puppet.identity import Identity
from styletalker.plugins.puppet.parameters import INDEX, PARAMETERS, check_parameters
from styletalker.recipes.objectives.articulation import articulated
from styletalker.recipes.objectives.lip_examples import LipExamples, build_examples
from styletalker.recipes.objectives.lip_matching import (
    MOST,
    LipMatching,
    LipWindows,
    seen_landmarks,
)
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.spoiling import Spoiling
from styletalker.recipes.stages.lip_config import LipMatchingConfig
from styletalker.recipes.stages.lip_matching import TrainLipMatching
from support.training import made_context

NAMES = tuple(parameter.name for parameter in PARAMETERS)


@pytest.fixture(scope="module")
def performances(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("performances")
    options = PuppetConfig(frames=100, train_identities=3, val_identities=1, clips_per_identity=1)
    for split in ("train", "val"):
        PerformanceCache.build(folder / split, Puppet(options), split)
    return folder


@pytest.fixture(scope="module")
def examples(performances: Path, tmp_path_factory: pytest.TempPathFactory) -> LipExamples:
    file = tmp_path_factory.mktemp("examples") / "examples.npz"
    return build_examples(
        file,
        PerformanceCache(performances / "train"),
        clips=2,
        takes=2,
        pace=0.1,
        spoiling=Spoiling(),
        seed=4,
    )


def test_landmarks_without_a_picture_are_those_of_the_picture(performances: Path) -> None:
    head = Head(Identity.sample(np.random.default_rng(3)))
    moves = PerformanceCache(performances / "train").parameters(0)[::25]
    framing = Framing(eye_distance=0.27)
    found = head.landmark_track().landmarks(moves, 128, framing)
    rendered = [head.render(one, 128, framing, supersample=False).landmarks for one in moves]
    assert np.abs(found - np.stack(rendered)).max() < 1e-3


def test_habits_keep_what_is_said(performances: Path) -> None:
    known = PerformanceCache(performances / "train").parameters(1)
    varied = [articulated(np.random.default_rng(k), known, NAMES) for k in range(6)]
    for one in varied:
        check_parameters(one)
        assert one.shape == known.shape
        assert np.array_equal(one[:, INDEX["yaw"]], known[:, INDEX["yaw"]])
        assert not np.array_equal(one[:, INDEX["jaw"]], known[:, INDEX["jaw"]])
    jaw = INDEX["jaw"]
    same = {
        late: np.mean(
            [np.corrcoef(one[5 + late : 95 + late, jaw], known[5:95, jaw])[0, 1] for one in varied]
        )
        for late in range(-4, 5)
    }
    assert max(same, key=lambda late: same[late]) == 0
    assert same[0] > 0.7
    again = articulated(np.random.default_rng(0), known, NAMES)
    assert np.array_equal(again, varied[0])
    assert not np.array_equal(varied[0], varied[1])


def test_found_landmarks_waver_about_the_true_ones(examples: LipExamples) -> None:
    true = examples.landmarks[0]
    eyes = float(np.linalg.norm(true[:, 36] - true[:, 45], axis=-1).mean())
    errors = [
        np.sqrt(np.square(seen_landmarks(np.random.default_rng(k), true) - true).mean()) / eyes
        for k in range(20)
    ]
    assert 0.001 < min(errors) < max(errors) < 0.06


def test_examples_are_recordings_of_each_clip(examples: LipExamples) -> None:
    assert examples.landmarks.shape == (2, 100, 68, 2)
    assert examples.takes == 2
    assert examples.columns.shape == (examples.lengths.sum(), 160)
    assert np.abs(examples.lengths * examples.paces - 100).max() <= 1.5
    assert np.abs(np.log(examples.paces)).max() <= np.log(1.1)


def test_examples_are_made_once(performances: Path, tmp_path: Path) -> None:
    cache, counted = PerformanceCache(performances / "val"), list[int]()
    made = [
        build_examples(
            tmp_path / "x.npz",
            cache,
            clips=0,
            takes=1,
            pace=0.0,
            spoiling=Spoiling(),
            seed=1,
            progress=counted.append,
        )
        for _ in range(2)
    ]
    assert counted == [1]
    assert np.array_equal(made[0].columns, made[1].columns)
    assert made[0].lengths.tolist() == [100]


def test_lips_and_sound_of_a_window_are_of_one_moment(examples: LipExamples) -> None:
    # the point that all landmarks share says the time in the clip; without eyes there is no noise
    clock = np.arange(100, dtype=np.float32)[None, :, None, None] * np.ones((2, 1, 68, 2), "f4")
    frames = np.concatenate([np.arange(length) for length in examples.lengths])
    told = attrs.evolve(
        examples, landmarks=clock, columns=np.repeat(frames[:, None], 160, 1).astype(np.float16)
    )
    windows = LipWindows(told, seed=0, batch=4)
    for row in range(4):
        points, columns = windows._item(7, row, row, 41)
        heard = (columns[MOST : MOST + 41, 0] + 0.5) * examples.paces[row]
        assert np.abs(points[5:-5, 0, 0] + 0.5 - heard[5:-5]).max() < 0.05


def test_a_batch_does_not_depend_on_who_asks(examples: LipExamples) -> None:
    windows = LipWindows(examples, seed=0, batch=4)
    whole, half = windows.batch(3, range(4)), windows.batch(3, range(2, 4))
    for name, values in half.items():
        assert torch.allclose(values, whole[name][2:], atol=1e-5)
    assert whole["columns"].shape[1] == whole["measures"].shape[1] + 2 * MOST


def test_short_recordings_are_refused(examples: LipExamples) -> None:
    short = attrs.evolve(examples, lengths=np.array([60, 100, 100, 100]))
    with pytest.raises(InputError, match="at least 71 frames, got 60"):
        LipWindows(short, seed=0, batch=4)


def test_guessing_costs_what_is_said_and_everything_learns(examples: LipExamples) -> None:
    torch.manual_seed(0)
    objective = LipMatching(LipMatcher(channels=8, blocks=1, outputs=4))
    batch = LipWindows(examples, seed=0, batch=4).batch(0, range(4))
    losses = objective(batch, Draws(0, 0))
    (losses["sync"] + losses["uniform"]).backward()
    assert all(one.grad is not None and one.grad.any() for one in objective.parameters())
    with torch.no_grad():
        for one in objective.matcher.lips[-1].parameters():
            one.zero_()
    guessed = objective(batch, Draws(0, 0))
    assert guessed["sync"].item() == pytest.approx(objective.chance_level(), abs=1e-5)
    assert guessed["uniform"].item() == pytest.approx(0.3 * math.log(31), abs=1e-5)


def test_the_stage_writes_a_matcher_that_scores(performances: Path, tmp_path: Path) -> None:
    training = TrainingConfig(steps=2, batch=4, learning_rate=1e-3, ema=0.0, threads=1)
    config = LipMatchingConfig(training=training, clips=2, channels=8, blocks=1, outputs=4)
    file = tmp_path / "lip-matcher.safetensors"
    context = attrs.evolve(
        made_context(tmp_path),
        inputs={"performances": performances},
        outputs={"lip_matcher": file},
    )
    TrainLipMatching(config).run(context)
    facts = load_checkpoint(file).facts
    assert facts["options"] == {"channels": 8, "blocks": 1, "outputs": 4}
    assert facts["step"] == 2
    scorer = LandmarkScorer.from_file(file)
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(50 * 640).astype(np.float32)
    products = scorer.products(rng.uniform(0, 200, (20, 68, 2)), None, sound, 15, 15)
    assert products.shape == (20, 31)
    assert np.isfinite(products).all()
