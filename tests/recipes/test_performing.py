"""Talkers trained on animation parameters: caches, windows, spoiled sound, losses, the stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.errors import ConfigError, InputError, RunError
from styletalker.core.interfaces.corpus import Performing as PerformingCorpus
from styletalker.core.training.draws import Draws
from styletalker.plugins.autoregressive_prior.config import FlowPriorConfig
from styletalker.plugins.autoregressive_prior.flow import FlowPrior
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig
from styletalker.plugins.conditional_sequential.vae import ConditionalSequentialVAE
from styletalker.plugins.mel.config import MelConfig
from styletalker.plugins.mel.encoder import MelEncoder
from styletalker.plugins.mesh.codes import CODES, to_codes
from styletalker.plugins.mesh.parametric import ParameterCodes
from styletalker.plugins.puppet.config import PuppetConfig
from styletalker.plugins.puppet.corpus import Puppet
from styletalker.plugins.puppet.parameters import INDEX
from styletalker.recipes.objectives.losses import PerformingLosses
from styletalker.recipes.objectives.performance_check import deviation_of, lip_errors
from styletalker.recipes.objectives.performance_windows import PerformanceSource
from styletalker.recipes.objectives.performances import PerformanceCache
from styletalker.recipes.objectives.performing import Performing
from styletalker.recipes.objectives.recording import spoiled
from styletalker.recipes.objectives.spoiling import Spoiling
from styletalker.recipes.objectives.windows import Window

RATE = 16000
NOTHING = Spoiling(colour=0, band=0, room=0, noise=0, codec=0, level_db=0)


@pytest.fixture(scope="module")
def corpus() -> Puppet:
    options = PuppetConfig(
        resolution=64, frames=40, train_identities=6, val_identities=2, clips_per_identity=1
    )
    return Puppet(options)


@pytest.fixture(scope="module")
def cache(corpus: Puppet, tmp_path_factory: pytest.TempPathFactory) -> PerformanceCache:
    return PerformanceCache.build(tmp_path_factory.mktemp("performances"), corpus, "train")


def source_of(cache: PerformanceCache, pace: float, spoiling: Spoiling | None) -> PerformanceSource:
    codes = ParameterCodes()
    return PerformanceSource(
        cache,
        Window(frames=20, before=3, after=2),
        lambda parameters: codes.codes_of(parameters, cache.parameter_names),
        codes.rest_code(),
        seed=1,
        batch=4,
        pace=pace,
        spoiling=spoiling,
    )


def test_a_performance_is_the_clip_without_its_pictures(corpus: Puppet) -> None:
    assert isinstance(corpus, PerformingCorpus)
    clip, performance = corpus.clip("train", 1), corpus.performed("train", 1)
    assert performance.name == clip.name
    assert performance.identity == clip.identity
    assert np.array_equal(performance.waveform, clip.waveform)
    assert clip.parameters is not None
    assert np.array_equal(performance.parameters, clip.parameters)
    assert performance.phonemes == clip.phonemes


def test_the_cache_holds_what_the_corpus_performs(cache: PerformanceCache, corpus: Puppet) -> None:
    assert cache.clips == 6
    assert cache.lengths == (40,) * 6
    one = corpus.performed("train", 4)
    assert np.array_equal(cache.parameters(4), one.parameters)
    assert np.array_equal(cache.parameters(4, 5, 9), one.parameters[5:9])
    assert np.abs(cache.waveform(4) - one.waveform).max() < 2e-4
    assert np.array_equal(cache.waveform(4, 2, 4), cache.waveform(4)[1280:2560])
    told: list[int] = []
    again = PerformanceCache.build(cache.folder, corpus, "train", progress=told.append)
    assert told == [6]  # nothing was made again
    assert again.names == cache.names


def test_a_half_written_cache_is_none(corpus: Puppet, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no performances"):
        PerformanceCache(tmp_path)
    with pytest.raises(InputError, match="no such split"):
        PerformanceCache.build(tmp_path, corpus, "trian")


def test_codes_are_changes_from_the_usual_pose() -> None:
    parameters = np.zeros((5, len(INDEX)), np.float32)
    parameters[:, INDEX["yaw"]] = [10, 12, 10, 30, 10]
    parameters[:, INDEX["jaw"]] = 0.5
    codes = ParameterCodes().codes_of(parameters, tuple(INDEX))
    assert codes.shape == (5, 1, 24)
    assert codes[:, 0, CODES.index("yaw")] == pytest.approx([0, 0.2, 0, 2.0, 0])
    assert codes[:, 0, CODES.index("jaw")] == pytest.approx(0.5)
    with pytest.raises(InputError, match="lacks an animation parameter"):
        ParameterCodes().codes_of(parameters[:, 1:], tuple(INDEX)[1:])


def test_channels_by_name_and_by_group() -> None:
    codes = ParameterCodes()
    assert np.flatnonzero(codes.channels_of(["lips"])[0]).tolist() == list(range(8))
    assert np.flatnonzero(codes.channels_of(["press", "own_mouth"])[0]).tolist() == [4, 23]
    assert [CODES[i] for i in np.flatnonzero(codes.controls["blink"][0])] == ["blink_l", "blink_r"]
    with pytest.raises(InputError, match="did you mean 'lips'"):
        codes.channels_of(["lip"])


def test_windows_hold_sound_and_codes_of_the_same_time(cache: PerformanceCache) -> None:
    """At the clips' own pace a window is a piece of a clip, found by its sound."""
    codes = ParameterCodes()
    batch = source_of(cache, 0.0, None).batch(0, range(4))
    assert batch["heard"].shape == (4, 25 * 640)
    assert batch["ws"].shape == (4, 20, 1, 24)
    for heard, ws in zip(batch["heard"].numpy(), batch["ws"].numpy(), strict=True):
        inner = heard[3 * 640 : 23 * 640]
        errors = []
        for clip in range(cache.clips):
            sound = cache.waveform(clip)
            lags = np.correlate(sound, inner, "valid")
            start = int(np.argmax(lags))
            whole = codes.codes_of(cache.parameters(clip), cache.parameter_names)
            first = start / 640
            times = (first + np.arange(20)).clip(0, 39)
            near = whole[np.round(times).astype(int)]
            errors.append(np.abs(sound[start : start + len(inner)] - inner).max())
            if errors[-1] < 1e-3:
                assert np.abs(near - ws).mean() < 0.05
        assert min(errors) < 1e-3


def test_a_batch_is_a_function_of_the_step(cache: PerformanceCache) -> None:
    source = source_of(cache, 0.2, Spoiling())
    whole = source.batch(3, range(4))
    part = source.batch(3, range(2, 4))
    for name, values in whole.items():
        assert torch.equal(values[2:], part[name])
    assert not torch.equal(whole["heard"], source.batch(4, range(4))["heard"])
    assert whole["heard"].abs().max() <= 1
    assert set(np.unique(whole["spoken"].numpy())) <= {0.0, 1.0}


def test_clips_must_be_longer_than_a_window(cache: PerformanceCache) -> None:
    with pytest.raises(InputError, match="all clips are shorter than a window"):
        PerformanceSource(
            cache,
            Window(frames=60),
            lambda parameters: to_codes(parameters)[:, None],
            ParameterCodes().rest_code(),
            seed=0,
            batch=1,
            pace=0.0,
            spoiling=None,
        )


def voice(seconds: float = 1.0) -> NDArray[np.float32]:
    """Bursts of a harmonic tone."""
    times = np.arange(int(RATE * seconds)) / RATE
    tone = sum(np.sin(2 * np.pi * 140 * k * times) / k for k in range(1, 30))
    return (0.2 * tone * (np.sin(2 * np.pi * 3 * times) > 0)).astype(np.float32)


def test_nothing_is_spoiled_when_nothing_is_asked_for() -> None:
    clean = voice()
    same = spoiled(np.random.default_rng(0), clean, RATE, NOTHING)
    assert np.corrcoef(same, clean)[0, 1] > 0.99999
    assert np.abs(same).max() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("kind", ["colour", "band", "room", "noise", "codec"])
def test_each_kind_of_spoiling_changes_the_sound_and_keeps_its_time(kind: str) -> None:
    clean = voice()
    loud = np.sqrt((clean.reshape(-1, 160) ** 2).mean(1))
    for seed in range(6):
        spoiling = Spoiling(**{"colour": 0, "band": 0, "room": 0, "noise": 0, "codec": 0,
                               kind: 1.0, "level_db": 0})  # fmt: skip
        heard = spoiled(np.random.default_rng(seed), clean, RATE, spoiling)
        assert heard.shape == clean.shape
        assert np.isfinite(heard).all()
        scale = (heard * clean).sum() / (clean**2).sum()
        assert np.abs(heard - scale * clean).mean() > 1e-4
        level = np.sqrt((heard.reshape(-1, 160) ** 2).mean(1))
        lags = [np.corrcoef(np.roll(level, -k), loud)[0, 1] for k in range(-5, 6)]
        assert abs(int(np.argmax(lags)) - 5) <= 1  # within 10 ms


def networks(width: int = 16) -> tuple[MelEncoder, ConditionalSequentialVAE, FlowPrior]:
    torch.manual_seed(0)
    encoder = MelEncoder(MelConfig(channels=width, audio_dim=16, layers=2, look_ahead_frames=2))
    options = ConditionalSequentialConfig(
        motion_dim=6, channels=width, layers=1, sees="codes", hidden_channels=tuple(range(8))
    )
    vae = ConditionalSequentialVAE(options, audio_dim=16, resolution=64, num_ws=1, w_dim=24)
    flow = FlowPriorConfig(channels=width, couplings=2, coupling_channels=8)
    prior = FlowPrior(flow, motion_dim=6, audio_dim=16, num_ws=1, w_dim=24)
    return encoder, vae, prior


def objective_of(cache: PerformanceCache, losses: PerformingLosses) -> Performing:
    codes = ParameterCodes()
    encoder, vae, prior = networks()
    return Performing(
        encoder,
        vae,
        prior,
        deviation=torch.from_numpy(deviation_of(cache, codes)),
        lips=torch.from_numpy(codes.channels_of(["lips"])),
        contacts=torch.from_numpy(codes.channels_of(["press", "fv"])),
        window=Window(frames=20, before=3, after=2),
        losses=losses,
    )


def test_lips_cannot_hide_in_the_motion(cache: PerformanceCache) -> None:
    """The posterior does not see the lips' channels, and sees all others."""
    _, vae, _ = networks()
    frames = torch.zeros(()).expand(1, 9, 3, 64, 64)
    ws = torch.randn(1, 9, 1, 24)
    mean = vae.encode(frames, ws).mean
    lips = ws.clone()
    lips[..., :8] += 3
    assert torch.equal(vae.encode(frames, lips).mean, mean)
    for channel in range(8, 24):
        other = ws.clone()
        other[..., channel] += 3
        assert not torch.equal(vae.encode(frames, other).mean, mean)
    with pytest.raises(ConfigError, match="hidden_channels; expected 0 to 23, got 24"):
        ConditionalSequentialVAE(
            ConditionalSequentialConfig(sees="codes", hidden_channels=(24,)),
            audio_dim=16, resolution=64, num_ws=1, w_dim=24,
        )  # fmt: skip


def test_the_swapped_half_must_have_the_lips_of_what_it_hears(cache: PerformanceCache) -> None:
    """A decoder that says the truth about its own clip is right in the odd items alone."""
    objective = objective_of(cache, PerformingLosses(beta=0, contact=0, silence=0))
    batch = dict(source_of(cache, 0.0, None).batch(0, range(4)))
    batch["spoken"] = torch.ones_like(batch["spoken"])
    truth = batch["ws"]

    class Honest(torch.nn.Module):
        resolution, motion_dim = 64, 6

        def encode(self, frames: torch.Tensor, ws: torch.Tensor) -> object:
            return objective_vae.encode(frames, ws)

        def decode(self, *_: object) -> object:
            return type("Decoded", (), {"ws": truth})

    objective_vae = objective.motion_vae
    objective.motion_vae = Honest()  # type: ignore[assignment]
    found = objective(batch, Draws(0, 0))
    assert float(found["rest"]) == 0
    heard = [2, 1, 0, 3]  # 0 hears 2, 2 hears 0: the others hear themselves
    error = ((truth - truth[heard]) / objective.scale)[..., :8].abs().mean()
    assert float(found["lips"]) == pytest.approx(float(error), rel=1e-5)
    assert float(error) > 0.1


def test_a_little_training_lowers_every_loss(cache: PerformanceCache) -> None:
    objective = objective_of(cache, PerformingLosses(beta_warmup_steps=0))
    source = source_of(cache, 0.1, Spoiling())
    optimiser = torch.optim.Adam(objective.parameters(), lr=5e-3)
    history = []
    for step in range(40):
        found = objective(source.batch(step % 4, range(4)), Draws(0, step))
        loss = sum(value for name, value in found.items() if not name.startswith("_"))
        optimiser.zero_grad()
        assert isinstance(loss, torch.Tensor)
        torch.autograd.backward(loss)
        optimiser.step()
        history.append({name: float(value.detach()) for name, value in found.items()})
    first = {name: np.mean([one[name] for one in history[:4]]) for name in history[0]}
    last = {name: np.mean([one[name] for one in history[-4:]]) for name in history[0]}
    assert last["lips"] < 0.87 * first["lips"]
    assert last["rest"] < 0.9 * first["rest"]
    assert last["kl"] < first["kl"]


def test_how_well_lips_follow_is_measured(cache: PerformanceCache) -> None:
    """The measure is 1 for somebody who says what is true, and about 0 for somebody silent."""
    codes = ParameterCodes()
    lips = codes.channels_of(["lips"])
    encoder, vae, _ = networks()
    silent = lip_errors(cache, codes, {"audio_encoder": encoder, "motion_vae": vae}, lips)
    assert abs(silent.correlation) < 0.4
    clips = iter(range(cache.clips))

    class Honest(torch.nn.Module):
        motion_dim = 6

        def decode(self, *_: object) -> object:
            truth = codes.codes_of(cache.parameters(next(clips)), cache.parameter_names)
            return type("Decoded", (), {"ws": torch.from_numpy(truth)[None]})

    exact = lip_errors(cache, codes, {"audio_encoder": encoder, "motion_vae": Honest()}, lips)
    assert exact.correlation == pytest.approx(1)
    assert exact.error == pytest.approx(0)
    assert exact.said() == "lips r 1.000, mean error 0.000"


def test_names_of_channels_stay_in_order(cache: PerformanceCache) -> None:
    names: Sequence[str] = cache.parameter_names
    assert (*names, "own_mouth") == CODES
