"""What the training stages minimise, and that the parts of their batches belong together."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from styletalker.core.assembly import Components
from styletalker.core.clip import Clip
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError
from styletalker.core.interfaces.corpus import Corpus
from styletalker.core.registry import Registry
from styletalker.core.training.draws import Draws
from styletalker.core.training.frames import FrameCache, to_unit
from styletalker.plugins import (
    autoregressive_prior,
    conditional_sequential,
    contrastive_sync,
    mel,
    portrait_warp,
)
from styletalker.plugins.portrait_warp.config import PortraitEncoderConfig, PortraitWarpConfig
from styletalker.plugins.portrait_warp.generator import PortraitWarp
from styletalker.plugins.portrait_warp.inverter import PortraitEncoder
from styletalker.recipes.objectives.codes import CodeCache
from styletalker.recipes.objectives.likelihood import Likelihood, MotionSource, Seen, see
from styletalker.recipes.objectives.losses import ReconstructionLosses, TalkingLosses
from styletalker.recipes.objectives.matching import matching_loss
from styletalker.recipes.objectives.pairs import PairSource
from styletalker.recipes.objectives.pictures import edges, near, shrunk
from styletalker.recipes.objectives.reconstruction import Reconstruction
from styletalker.recipes.objectives.scale import CodeScale
from styletalker.recipes.objectives.synchrony import Synchrony
from styletalker.recipes.objectives.talking import Frozen, Talking
from styletalker.recipes.objectives.windows import Window, WindowSource
from torch import Tensor

SIZE: Final = 32
HOP, CLIPS = 640, 4
LENGTHS = tuple(12 + index for index in range(CLIPS))
TYPES = {
    "generator": "portrait_warp",
    "inverter": "portrait_warp",
    "audio_encoder": "mel",
    "sync_discriminator": "contrastive",
    "motion_vae": "conditional_sequential",
    "prior": "autoregressive_flow",
}


class Numbered(Corpus):
    """Noise; a frame's number stands in its first pixel, its sound and its landmarks."""

    resolution, fps, sample_rate, splits = SIZE, 25, 16000, ("train",)

    def count(self, split: str) -> int:
        self.check_split(split)
        return CLIPS

    def clip(self, split: str, index: int) -> Clip:
        rng, length = np.random.default_rng(index), LENGTHS[index]
        number = 20 * index + np.arange(length)
        frames = rng.integers(0, 256, (length, SIZE, SIZE, 3), np.uint8)
        frames[:, 0, 0] = number[:, None]
        landmarks = rng.uniform(0, SIZE, (length, 68, 2)).astype(np.float32)
        landmarks[:, 0, 0] = number
        values = np.stack([np.sin(number), 3 + np.cos(number), np.full(length, 7.0)], 1)
        return Clip(
            name=f"clip-{index}",
            identity=f"person-{index}",
            frames=frames,
            waveform=np.repeat((number + 1) / 200, HOP).astype(np.float32),
            landmarks=landmarks,
            visible=(number[:, None] + np.arange(68)) % 3 > 0,
            parameters=values.astype(np.float32),
            parameter_names=("jaw", "yaw", "fixed"),
        )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> FrameCache:
    return FrameCache.build(tmp_path_factory.mktemp("frames") / "train", Numbered(None), "train")


def networks() -> Components:
    """Tiny networks of every trained role."""
    torch.manual_seed(0)
    plugins = (autoregressive_prior, conditional_sequential, contrastive_sync, mel, portrait_warp)
    registry = Registry.of(*(one for plugin in plugins for one in plugin.styletalker_components()))
    chosen = {}
    for role, name in TYPES.items():
        record = registry.get(role, name).component
        config = Structurer(registry).structure(dict(record.smoke), record.config)
        chosen[role] = Chosen(role=role, type=name, config=config)
    return Components(chosen, registry)


def numbers(frames: Tensor) -> Tensor:
    """The numbers [...] of frames [..., H, W, 3]."""
    return frames[..., 0, 0, 0].long()


def unit(*shape: int, seed: int = 0) -> Tensor:
    drawn = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=-1)


# --- parts of losses -------------------------------------------------------------------------


def test_near_is_highest_at_a_point_and_falls() -> None:
    point, other = [66.0, 30.0], [20.0, 110.0]
    value = near(torch.tensor([[point, other]]), 128)
    assert value.shape == (1, 1, 128, 128)
    line = value[0, 0, 30]  # the row of the first point
    assert 0.85 < line[66] <= 1
    assert value[0, 0, 110, 20] > 0.85
    assert line[66] > line[72] > line[78] > line[90]
    radius = 0.04 * 128
    assert float(line[76]) == pytest.approx(math.exp(-(10.5**2) / (2 * radius**2)), abs=0.05)
    assert value[0, 0, 70, 70] < 1e-3


def test_edges_of_a_ramp_are_its_slopes() -> None:
    x = torch.arange(8.0)
    ramp = (0.5 * x + -0.25 * x[:, None])[None, None].expand(2, 3, 8, 8)
    whole = torch.ones(2, 1, 8, 8)
    assert float(edges(ramp, whole)) == pytest.approx(0.75)
    assert float(edges(ramp, 2 * whole)) == pytest.approx(1.5)
    assert float(edges(torch.full((1, 3, 8, 8), 4.0), whole[:1])) == 0
    assert torch.allclose(shrunk(ramp)[0, 0, 0], torch.tensor([0.375, 2.375]))


def test_matching_by_guessing_is_the_logarithm_of_the_candidates() -> None:
    same = torch.ones(3, 8, 4) / 2
    inside = matching_loss(same[:2, :3], same, 2)
    assert float(inside) == pytest.approx(math.log(3 * 8 - 2), abs=1e-5)
    at_the_end = matching_loss(same[:2, :1], same, 0)
    assert float(at_the_end) == pytest.approx(math.log(3 * 8 - 1), abs=1e-5)


def test_matching_prefers_the_right_place() -> None:
    audio = unit(3, 10, 16)
    right = float(matching_loss(audio[:2, 3:6], audio, 3))
    for shift in (2, -2, 3):
        wrong = float(matching_loss(audio[:2, 3 + shift : 6 + shift], audio, 3))
        assert wrong > right + 3
    assert float(matching_loss(audio.roll(1, 0)[:2, 3:6], audio, 3)) > right + 3


def test_near_places_are_no_mistakes_for_matching() -> None:
    audio = torch.eye(16).reshape(2, 8, 16)
    video = audio[:1, 4:5]
    alone = float(matching_loss(video, audio, 4))
    for clip, place, added in ((0, 3, 0.0), (0, 5, 0.0), (0, 2, math.log(2)), (1, 4, math.log(2))):
        other = audio.clone()
        other[clip, place] = video[0, 0]
        assert float(matching_loss(video, other, 4)) - alone == pytest.approx(added, abs=1e-3)


# --- batches ---------------------------------------------------------------------------------


def test_what_is_seen_and_heard_of_a_window_belongs_together(cache: FrameCache) -> None:
    window = Window(frames=6, before=3, after=2)
    source = WindowSource(cache, window, seed=1, batch=4)
    silent = 0
    for step in range(12):
        batch = source.batch(step, range(4))
        seen = numbers(batch["frames"])  # [4, 6]
        assert torch.equal(seen, seen[:, :1] + torch.arange(6))
        sound = batch["waveform"].reshape(4, 6, HOP)
        assert torch.equal((sound * 200 - 1).round().long(), seen[..., None].expand(-1, -1, HOP))
        heard = (batch["heard"].reshape(4, 3 + 6 + 2, HOP) * 200).round().long()
        for row, first in enumerate(seen[:, 0].tolist()):
            clip, start = divmod(first, 20)
            places = range(start - 3, start + 6 + 2)
            wanted = [20 * clip + t + 1 if 0 <= t < LENGTHS[clip] else 0 for t in places]
            assert torch.equal(heard[row], torch.tensor(wanted)[:, None].expand(-1, HOP))
            silent += wanted.count(0)
    assert silent > 10, "no window came near an end: nothing was tried"


def test_too_short_clips_are_refused(cache: FrameCache) -> None:
    with pytest.raises(InputError) as caught:
        WindowSource(cache, Window(frames=50), seed=0, batch=2)
    text = str(caught.value)
    assert "all clips of train are shorter than a window" in text
    assert "clips of at least 50 frames" in text
    assert "15" in text
    only = WindowSource(cache, Window(frames=15), seed=0, batch=8).batch(0, range(8))
    assert numbers(only["frames"])[:, 0].tolist() == [60] * 8


def test_a_window_has_the_codes_of_its_frames(cache: FrameCache) -> None:
    codes = made_codes(portraits=2)
    source = WindowSource(cache, Window(frames=5), seed=2, batch=6, codes=codes)
    batch = source.batch(0, range(6))
    used = set()
    for row, first in enumerate(numbers(batch["frames"])[:, 0].tolist()):
        clip, start = divmod(first, 20)
        matching = [
            k for k in range(2) if np.array_equal(batch["ws_ref"][row], codes.ws_ref[clip, k])
        ]
        assert len(matching) == 1
        portrait = matching[0]
        assert int(numbers(batch["portrait"])[row]) == 20 * clip + codes.places[clip, portrait]
        assert np.array_equal(batch["ws"][row], codes.of(clip, portrait)[start : start + 5])
        used.add((clip, portrait))
    assert len(used) > 2


def test_a_step_s_batch_is_the_same_for_every_process(cache: FrameCache) -> None:
    sources: list[Any] = [
        PairSource(cache, seed=3, batch=4, targets=2),
        WindowSource(cache, Window(frames=5), seed=3, batch=4),
    ]
    for source in sources:
        whole, again, next_one = (source.batch(step, range(4)) for step in (5, 5, 6))
        part = source.batch(5, range(1, 3))
        assert part.keys() == whole.keys()
        for name, value in whole.items():
            assert torch.equal(value, again[name])
            assert torch.equal(value[1:3], part[name])
        assert not all(torch.equal(value, next_one[name]) for name, value in whole.items())


def test_pairs_come_with_what_is_known_of_them(cache: FrameCache) -> None:
    source = PairSource(cache, seed=0, batch=5, targets=3)
    assert (source.parameters, source.knows_landmarks) == (3, True)
    batch = source.batch(0, range(5))
    first, others = numbers(batch["portrait"]), numbers(batch["targets"])
    assert (first.shape, others.shape) == ((5,), (5, 3))
    assert torch.equal(first[:, None] // 20, others[:, :1] // 20), "not of one clip"
    assert torch.equal(batch["portrait_landmarks"][:, 0, 0].long(), first)
    assert torch.equal(batch["target_landmarks"][..., 0, 0].long(), others)
    marks = torch.arange(68)
    seen = ((first[:, None] + marks) % 3 > 0)[:, None] & ((others[..., None] + marks) % 3 > 0)
    assert torch.equal(batch["visible"].bool(), seen)
    known = [cache.parameters(clip) for clip in range(CLIPS)]
    values = np.concatenate([one for one in known if one is not None])
    raw = torch.stack([others.sin(), 3 + others.cos(), torch.full((5, 3), 7.0)], -1)
    mean, deviation = torch.from_numpy(values.mean(0)), torch.from_numpy(values.std(0))
    assert torch.allclose(batch["parameters"], (raw - mean) / (deviation + 1e-3), atol=1e-3)
    assert batch["parameters"][..., 2].abs().max() < 1e-2


# --- codes -----------------------------------------------------------------------------------


def made_codes(portraits: int = 1) -> CodeCache:
    """Codes [.., 2, 4]: parameters in two channels, noise in four, two that never change."""
    rng = np.random.default_rng(0)
    ws = rng.normal(size=(portraits, sum(LENGTHS), 2, 4)).astype(np.float32)
    number = np.concatenate([20 * clip + np.arange(length) for clip, length in enumerate(LENGTHS)])
    ws[:, :, 0, 0], ws[:, :, 0, 1] = 5 * np.sin(number), 0.1 * np.cos(number)
    ws[:, :, 1, 0] *= 30
    ws[:, :, 1, 2:] = 4.0
    places = np.stack([np.zeros(CLIPS), 1 + np.arange(CLIPS)], 1)[:, :portraits].astype(np.int64)
    ws_ref = rng.normal(size=(CLIPS, portraits, 2, 4)).astype(np.float32)
    return CodeCache(places, ws_ref, ws, LENGTHS)


@torch.no_grad()
def test_cached_codes_are_the_inverter_s(cache: FrameCache, tmp_path: Path) -> None:
    parts = networks()
    generator, inverter = parts.get("generator").eval(), parts.get("inverter").eval()
    done: list[int] = []
    options: dict[str, Any] = {
        "clips": 3,
        "portraits": 2,
        "seed": 4,
        "path": tmp_path / "c.safetensors",
    }
    codes = CodeCache.build(cache, generator, inverter, progress=done.append, **options)
    assert (codes.clips, codes.portraits, sum(done)) == (3, 2, 3)
    assert codes.places[:, 0].tolist() == [0, 0, 0]
    for clip in range(3):
        frames = to_unit(torch.from_numpy(np.array(cache.frames(clip))))
        for k, place in enumerate(codes.places[clip]):
            inversion = inverter.invert(frames[place : place + 1], generator)
            tracked = inverter.track(frames[None], inversion)[0]
            assert np.allclose(codes.ws_ref[clip, k], inversion.ws[0], atol=1e-5)
            assert codes.of(clip, k).shape == (LENGTHS[clip], 2, 16)
            assert np.allclose(codes.of(clip, k), tracked, atol=1e-5)
    for parameter in inverter.parameters():
        parameter.zero_()
    again = CodeCache.build(cache, generator, inverter, progress=done.append, **options)
    assert sum(done) == 6
    for name in ("places", "ws_ref", "ws"):
        assert np.array_equal(getattr(again, name), getattr(codes, name))
    assert np.array_equal(again.of(2, 1), codes.of(2, 1))
    sent = pickle.dumps(codes)
    assert len(sent) < 1000  # the path: other processes map the file
    assert np.array_equal(pickle.loads(sent).of(2, 1), codes.of(2, 1))
    loose = made_codes()
    assert np.array_equal(pickle.loads(pickle.dumps(loose)).of(1, 0), loose.of(1, 0))


def test_channels_that_never_vary_count_nothing(cache: FrameCache) -> None:
    scale = CodeScale(made_codes(), cache, hints=0.0)
    fixed = torch.zeros(2, 4)
    fixed[1, 2:] = 100.0
    assert float(scale(fixed)) == 0
    one, other = torch.zeros(2, 4), torch.zeros(2, 4)
    one[0, 2], other[1, 0] = 1.0, 30.0  # a deviation each
    assert float(scale(one)) == pytest.approx(1 / 6, rel=0.2)
    assert float(scale(other)) == pytest.approx(1 / 6, rel=0.2)


@pytest.mark.parametrize("hints", [0.0, 1.0])
def test_random_frames_differ_by_about_one(cache: FrameCache, hints: float) -> None:
    codes = made_codes()
    scale = CodeScale(codes, cache, hints=hints)
    ws = torch.from_numpy(np.concatenate([codes.of(clip, 0) for clip in range(CLIPS)]))
    order = torch.randperm(len(ws), generator=torch.Generator().manual_seed(0))
    found = scale(ws - ws[order])
    assert found.shape == (len(ws),)
    assert 0.8 < float(found.mean()) < 1.4 + hints


def test_hints_weigh_what_the_parameters_say(cache: FrameCache) -> None:
    codes = made_codes()
    plain, hinted = (CodeScale(codes, cache, hints=hints) for hints in (0.0, 2.0))
    ws = torch.from_numpy(codes.of(0, 0))
    difference = ws[3:] - ws[:-3]
    known: list[NDArray[np.float32]] = []
    for clip in range(CLIPS):
        values = cache.parameters(clip)
        assert values is not None
        known.append(values)
    deviation = np.concatenate([one - one.mean(0) for one in known]).std(0) + 1e-3
    wanted = np.abs((known[0][3:] - known[0][:-3]) / deviation).mean(1)
    added = (hinted(difference) - plain(difference)).numpy()
    assert np.allclose(added, 2 * wanted, rtol=0.1, atol=0.1)


# --- objectives ------------------------------------------------------------------------------


def talking(cache: FrameCache, parts: Components, **options: Any) -> tuple[Talking, WindowSource]:
    encoder = parts.get("audio_encoder")
    synchronises = options.pop("synchronises", True)
    window = Window(frames=8, before=2, after=encoder.look_ahead_frames)
    rng = np.random.default_rng(0)
    ws = rng.normal(size=(1, sum(LENGTHS), 2, 16)).astype(np.float32)
    places, ws_ref = np.zeros((CLIPS, 1), np.int64), ws[0, [0, 12, 25, 39]][:, None]
    codes = CodeCache(places, ws_ref, ws, LENGTHS)
    objective = Talking(
        encoder,
        parts.get("motion_vae"),
        parts.get("prior"),
        frozen=Frozen(
            generator=parts.get("generator"),
            inverter=parts.get("inverter"),
            sync_discriminator=parts.get("sync_discriminator") if synchronises else None,
        ),
        scale=CodeScale(codes, cache, hints=1.0),
        window=window,
        losses=TalkingLosses(**{"pictures_every": 2, "picture_clips": 2, **options}),
    )
    return objective, WindowSource(cache, window, seed=0, batch=3, codes=codes)


def test_a_talker_learns_and_nothing_else(cache: FrameCache) -> None:
    parts = networks()
    objective, source = talking(cache, parts)
    found = objective(source.batch(0, range(3)), Draws(0, 0))
    names = {"codes", "change", "kl", "_nats", "pictures", "sync", "swap"}
    assert set(found) == names
    assert all(value.shape == () and value.isfinite() for value in found.values())
    assert not found["_nats"].requires_grad
    minimised = [value for name, value in found.items() if name[0] != "_"]
    torch.autograd.backward(torch.stack(minimised).sum())
    for role in ("audio_encoder", "motion_vae", "prior"):
        network: torch.nn.Module = parts.get(role)
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, f"{role}.{name}"
            assert parameter.grad.isfinite().all(), f"{role}.{name}"
        assert any(one.grad is not None and one.grad.any() for one in network.parameters())
    for role in ("generator", "inverter", "sync_discriminator"):
        network = parts.get(role)  # type: ignore[call-overload]
        assert not network.training
        assert all(one.grad is None for one in network.parameters()), role
    assert {name.split(".")[0] for name in objective.trained_parameters()} == set(
        objective.averaged()
    )
    assert set(objective.averaged()) == {"audio_encoder", "motion_vae", "prior"}


@torch.no_grad()
def test_pictures_are_drawn_in_some_steps_and_judged_where_there_is_a_judge(
    cache: FrameCache,
) -> None:
    objective, source = talking(cache, networks(), synchronises=False, picture_frames=3)
    batch = source.batch(0, range(3))
    on_codes = {"codes", "change", "kl", "_nats"}
    assert set(objective(batch, Draws(0, 1))) == on_codes
    assert set(objective(batch, Draws(0, 2))) == on_codes | {"pictures"}
    objective, source = talking(cache, networks(), swap=0.0)
    assert set(objective(batch, Draws(0, 0))) == on_codes | {"pictures", "sync"}


@torch.no_grad()
def test_the_kl_is_warmed_up(cache: FrameCache) -> None:
    objective, source = talking(cache, networks(), pictures_every=0, beta=0.5, beta_warmup_steps=10)
    for step, weight in ((0, 0.05), (4, 0.25), (9, 0.5), (30, 0.5)):
        found = objective(source.batch(0, range(3)), Draws(0, step))
        assert float(found["kl"]) == pytest.approx(weight * float(found["_nats"]), rel=1e-4)


@torch.no_grad()
def test_silent_frames_weigh_more(cache: FrameCache) -> None:
    def loss(silence: float) -> float:
        objective, source = talking(cache, networks(), pictures_every=0, silence=silence)
        batch = dict(source.batch(0, range(3)))
        quiet = torch.tensor([1.0, 1, 1, 1, 0.02, 0, 0, 0.01])  # below -30 dB in the second half
        batch["waveform"] = quiet.repeat_interleave(HOP).expand(3, -1)
        return float(objective(batch, Draws(0, 1))["codes"])

    alike, only_silent = loss(0.0), loss(1e6)
    loud = 2 * alike - only_silent
    assert abs(loud - only_silent) > 1e-4
    assert loss(2.0) == pytest.approx((loud + 3 * only_silent) / 4, rel=1e-4)


def reconstruction(
    cache: FrameCache, **options: Any
) -> tuple[Reconstruction, Mapping[str, Tensor]]:
    torch.manual_seed(0)
    sizes = {"points": 68, "portrait_channels": 4}
    config = PortraitWarpConfig(resolution=SIZE, w_dim=140, channels=4, most=12, **sizes)
    encoder = PortraitEncoderConfig(motion_channels=4, **sizes)
    generator = PortraitWarp(config)
    inverter = PortraitEncoder(encoder, resolution=SIZE, num_ws=2, w_dim=140)
    losses = ReconstructionLosses(**options.pop("losses", {}))
    arguments = {"parameters": 3, "train_generator": True, **options}
    objective = Reconstruction(generator, inverter, losses, **arguments)
    return objective, PairSource(cache, seed=0, batch=2, targets=2).batch(0, range(2))


def step_of(objective: Reconstruction, batch: Mapping[str, Tensor]) -> set[str]:
    """Take one step of SGD; which parameters changed."""
    before = {name: one.detach().clone() for name, one in objective.named_parameters()}
    optimizer = torch.optim.SGD(objective.trained_parameters().values(), lr=0.1)
    found = objective(batch, Draws(0, 0))
    minimised = [value for name, value in found.items() if name[0] != "_"]
    torch.autograd.backward(torch.stack(minimised).sum())
    optimizer.step()
    return {n for n, one in objective.named_parameters() if not torch.equal(one, before[n])}


def test_reconstruction_measures_pictures_points_and_parameters(cache: FrameCache) -> None:
    objective, batch = reconstruction(cache)
    found = objective(batch, Draws(0, 0))
    names = {"pixels", "coarse", "edges", "_psnr", "flow", "landmarks", "hints"}
    assert set(found) == names
    assert all(value.isfinite() for value in found.values())
    assert all(float(found[name].detach()) > 0 for name in names - {"_psnr"})
    assert set(objective.averaged()) == {"generator", "inverter"}


def test_frozen_parts_stay_as_they_are(cache: FrameCache) -> None:
    objective, batch = reconstruction(cache, frozen=("inverter.finder", "generator.painter.flow4"))
    changed = step_of(objective, batch)
    frozen = ("inverter.finder.", "generator.painter.flow4.")
    assert not [name for name in changed if name.startswith(frozen)]
    assert "inverter.stem.weight" in changed
    assert "generator.painter.flow2.conv.weight" in changed


def test_an_inverter_alone_leaves_the_generator(cache: FrameCache) -> None:
    objective, batch = reconstruction(cache, train_generator=False)
    generator = objective.generator
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    changed = step_of(objective, batch)
    assert changed
    assert all(name.startswith(("inverter.", "probe.")) for name in changed)
    for name, value in generator.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_another_number_of_landmarks_is_said_in_words(cache: FrameCache) -> None:
    parts, losses = networks(), ReconstructionLosses()
    generator, inverter = parts.get("generator"), parts.get("inverter")
    objective = Reconstruction(generator, inverter, losses, parameters=3, train_generator=True)
    batch = PairSource(cache, seed=0, batch=2, targets=2).batch(0, range(2))
    with pytest.raises(InputError, match=r"(?s)tell other landmarks.*68 landmarks.*4.*losses\.la"):
        objective(batch, Draws(0, 0))


def test_an_unknown_part_is_said_in_words(cache: FrameCache) -> None:
    with pytest.raises(InputError, match=r"(?s)no such part to keep frozen.*inverter\.finder"):
        reconstruction(cache, frozen=("inverter.findr",))


def test_hints_alone_draw_no_pictures(cache: FrameCache, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_: object) -> None:
        raise AssertionError("a picture was drawn")

    monkeypatch.setattr(PortraitWarp, "synthesis_with_flow", drawn)
    nothing = dict.fromkeys(("pixels", "coarse", "edges", "flow", "features", "landmarks"), 0.0)
    objective, batch = reconstruction(cache, losses=nothing)
    found = objective(batch, Draws(0, 0))
    assert set(found) == {"hints"}
    found["hints"].backward()
    objective, batch = reconstruction(cache)
    with pytest.raises(AssertionError, match="a picture was drawn"):
        objective(batch, Draws(0, 0))


@torch.no_grad()
def test_synchrony_is_the_discriminator_s_loss_under_any_light(cache: FrameCache) -> None:
    judge = networks().get("sync_discriminator").eval()
    batch = WindowSource(cache, Window(frames=8), seed=0, batch=3).batch(0, range(3))
    plain = Synchrony(judge, clips=3, frames=8, light=False)
    own = judge.loss(to_unit(batch["frames"]), batch["waveform"])
    assert torch.allclose(plain(batch, Draws(0, 0))["sync"], own)
    assert plain.chance_level() == judge.chance_level(3, 8) > 0
    lit = Synchrony(judge, clips=3, frames=8, light=True)
    first, second = (float(lit(batch, Draws(0, step))["sync"]) for step in (0, 1))
    assert len({first, second, float(own)}) == 3


@torch.no_grad()
def test_what_a_prior_learns_from_is_seen_once(cache: FrameCache) -> None:
    parts = networks()
    generator, inverter = parts.get("generator").eval(), parts.get("inverter").eval()
    encoder, vae = parts.get("audio_encoder").eval(), parts.get("motion_vae").eval()
    done: list[int] = []
    seen = see(cache, 2, generator, inverter, encoder, vae, done.append)
    assert (len(seen), sum(done)) == (2, 2)
    frames = to_unit(torch.from_numpy(np.array(cache.frames(1))))[None]
    inversion = inverter.invert(frames[:, 0], generator)
    posterior = vae.encode(frames, inverter.track(frames, inversion))
    sound = encoder(torch.from_numpy(np.array(cache.waveform(1)))[None])
    wanted = {"mean": posterior.mean, "log_std": posterior.log_std, "audio": sound}
    for name, value in {**wanted, "ws_ref": inversion.ws}.items():
        assert torch.allclose(getattr(seen[1], name), value[0], atol=1e-5), name
    with pytest.raises(InputError, match=r"(?s)all clips are shorter.*at least 30 frames.*13"):
        MotionSource(seen, frames=30, seed=0, batch=2)


def seen_motion() -> list[Seen]:
    """Motion around 1 whose mean at frame t and whose sound are both t."""
    found = []
    for length in (9, 14):
        t = torch.arange(float(length))[:, None]
        mean = 1 + 0.3 * torch.sin(t + torch.arange(4.0))
        quiet = torch.full((length, 4), -2.0)
        audio = torch.cat([t, torch.zeros(length, AUDIO - 1)], 1)
        found.append(Seen(mean=mean, log_std=quiet, audio=audio, ws_ref=torch.zeros(2, 16)))
    return found


AUDIO = 6


def test_motion_and_sound_are_cut_at_the_same_place() -> None:
    source = MotionSource(seen_motion(), frames=10, seed=0, batch=4)
    starts = set()
    for step in range(6):
        batch = source.batch(step, range(4))
        t = batch["audio"][..., :1]
        assert torch.allclose(batch["mean"], 1 + 0.3 * torch.sin(t + torch.arange(4.0)), atol=1e-6)
        starts |= set(t[:, 0, 0].tolist())
        assert torch.equal(source.batch(step, range(2, 4))["mean"], batch["mean"][2:])
    assert starts == {0.0, 1.0, 2.0, 3.0, 4.0}, "of the long clip alone, from every place"


def test_a_prior_becomes_likelier_in_a_few_steps() -> None:
    from styletalker.plugins.autoregressive_prior.config import FlowPriorConfig
    from styletalker.plugins.autoregressive_prior.flow import FlowPrior

    torch.manual_seed(0)
    config = FlowPriorConfig(channels=12, couplings=2, coupling_channels=8)
    prior = FlowPrior(config, motion_dim=4, audio_dim=AUDIO, num_ws=2, w_dim=16)
    objective = Likelihood(prior)
    source = MotionSource(seen_motion(), frames=10, seed=0, batch=4)
    optimizer = torch.optim.Adam(objective.parameters(), lr=1e-2)
    losses = []
    for step in range(30):
        loss = objective(source.batch(step, range(4)), Draws(0, step))["nats"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) / 5 < sum(losses[:5]) / 5 - 0.3
