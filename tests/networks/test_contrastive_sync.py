"""The sync discriminator ``contrastive``: its negatives, its chance level, and that it learns."""

from __future__ import annotations

import math

import pytest
import torch
from styletalker.core.errors import InputError
from styletalker.plugins.common.region import Region
from styletalker.plugins.contrastive_sync.candidates import chance_level, info_nce, left_out
from styletalker.plugins.contrastive_sync.config import ContrastiveConfig
from styletalker.plugins.contrastive_sync.discriminator import ContrastiveSync
from styletalker.plugins.contrastive_sync.temperature import Temperature
from torch import Tensor

_FRAME = 640
_UNIFORM = torch.ones(())


def _discriminator(**options: object) -> ContrastiveSync:
    torch.manual_seed(0)
    smoke: dict[str, object] = {"embedding_dim": 8, "channels": 4, "size": 32, "bands": 16}
    return ContrastiveSync(ContrastiveConfig(**{**smoke, **options}))  # type: ignore[arg-type]


def _talking(clips: int, frames: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A grey face whose mouth opens with the loudness of the noise beneath."""
    generator = torch.Generator().manual_seed(seed)
    opening = torch.rand(clips, frames, generator=generator)
    video = torch.zeros(clips, frames, 3, 32, 32)
    video[..., 20:28, 10:22] = (2 * opening - 1)[..., None, None, None]
    noise = torch.randn(clips, frames * _FRAME, generator=generator)
    return video, noise * (0.02 + 0.3 * opening).repeat_interleave(_FRAME, 1)


def test_left_out_are_the_near_windows_of_the_same_clip() -> None:
    """Two clips of three windows: neighbours are left out, the next but one is a negative."""
    expected = torch.zeros(6, 6, dtype=torch.bool)
    for one, other in ((0, 1), (1, 2), (3, 4), (4, 5)):
        expected[one, other] = expected[other, one] = True
    assert torch.equal(left_out(2, 3, nearest=2), expected)
    assert not left_out(2, 3, nearest=1).any()


def test_chance_level_is_the_loss_of_a_guess() -> None:
    """Ln N, with and without windows left out; equal embeddings give exactly this loss."""
    assert chance_level(4, 6) == pytest.approx(math.log(24))
    by_hand = (2 * math.log(5) + math.log(4)) / 3  # 2 clips x 3 windows, neighbours left out
    assert chance_level(2, 3, nearest=2) == pytest.approx(by_hand)
    same = torch.zeros(2, 3, 8)
    same[..., 0] = 1
    assert info_nce(same, same, _UNIFORM, 2).item() == pytest.approx(by_hand, abs=1e-5)
    assert _discriminator().chance_level(2, 7) == pytest.approx(by_hand)


def test_info_nce_by_hand() -> None:
    """Orthogonal embeddings of two windows at temperature 1: ln(1 + 1/e)."""
    eye = torch.eye(2)[None]
    expected = math.log(1 + math.exp(-1))
    assert info_nce(eye, eye, _UNIFORM, 1).item() == pytest.approx(expected, abs=1e-6)
    assert info_nce(eye, eye.flip(1), _UNIFORM, 1).item() == pytest.approx(1 + expected, abs=1e-6)
    # One audio for both windows: a window cannot tell which is its own, an audio can be wrong.
    same = eye[:, [0, 0]]
    of_windows, of_audios = math.log(2), (expected + 1 + expected) / 2
    by_hand = (of_windows + of_audios) / 2
    assert info_nce(eye, same, _UNIFORM, 1).item() == pytest.approx(by_hand, abs=1e-6)


def test_temperature_starts_where_it_should_and_stays_within() -> None:
    """0.07 at first; 0.01 and 0.5 are never left, and the gradient survives near the bounds."""
    temperature = Temperature()
    assert temperature().item() == pytest.approx(0.07, rel=1e-4)
    for raw, bound in ((-60.0, 0.01), (60.0, 0.5)):
        with torch.no_grad():
            temperature.raw.fill_(raw)
        assert temperature().item() == pytest.approx(bound, rel=1e-4)


@torch.no_grad()
def test_an_embedding_is_about_exactly_its_window() -> None:
    """Embedding n changes with the frames and samples [n, n + 5), and with no others."""
    discriminator = _discriminator()
    video, waveform = _talking(1, 12)
    frames, speech = discriminator.embed_video(video), discriminator.embed_audio(waveform)
    other = video.clone()
    other[:, 6] *= -1
    moved = (discriminator.embed_video(other) - frames).abs().amax(-1)[0] > 1e-6
    assert moved.nonzero().flatten().tolist() == [2, 3, 4, 5, 6]
    heard = waveform.clone()
    heard[:, 6 * _FRAME : 7 * _FRAME] *= 0.1
    moved = (discriminator.embed_audio(heard) - speech).abs().amax(-1)[0] > 1e-6
    assert moved.nonzero().flatten().tolist() == [2, 3, 4, 5, 6]


@torch.no_grad()
def test_only_the_mouth_is_seen_and_loudness_does_not_matter() -> None:
    """Pixels outside of the region change nothing; a recording 20 dB softer hardly does."""
    discriminator = _discriminator(mouth=Region(top=0.5, bottom=1.0, left=0.25, right=0.75))
    video, waveform = _talking(1, 6)
    other = video.clone()
    other[..., :16, :], other[..., :, :8], other[..., :, 24:] = 1.0, -1.0, 0.5
    assert torch.equal(discriminator.embed_video(other), discriminator.embed_video(video))
    softer = discriminator.embed_audio(0.1 * waveform)
    assert (softer * discriminator.embed_audio(waveform)).sum(-1).amin().item() > 0.999


def test_learns_to_tell_in_sync_from_out_of_sync() -> None:
    """From chance to well below it on clips it has not seen, and shifted audio scores worse."""
    discriminator = _discriminator(channels=8, embedding_dim=16)
    optimiser = torch.optim.Adam(discriminator.parameters(), lr=3e-3)
    held_out = _talking(4, 12, seed=1000)
    chance = discriminator.chance_level(4, 12)
    with torch.no_grad():
        before = discriminator.loss(*held_out).item()
    for step in range(40):
        optimiser.zero_grad()
        torch.autograd.backward(discriminator.loss(*_talking(4, 12, seed=step)))
        optimiser.step()
    with torch.no_grad():
        after = discriminator.loss(*held_out).item()
        shifted = discriminator.loss(held_out[0], held_out[1].roll(3 * _FRAME, 1)).item()
    assert before > chance - 0.3, f"untrained {before:.2f}, chance {chance:.2f}"
    assert after < chance - 1.0, f"trained {after:.2f}, chance {chance:.2f}"
    assert shifted > chance, f"out of sync {shifted:.2f}, chance {chance:.2f}"


@torch.no_grad()
def test_precision() -> None:
    """Embeddings have the parameters' dtype, and the loss is near the exact one."""
    discriminator, clips = _discriminator(), _talking(2, 8)
    exact = discriminator.loss(*clips).item()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert discriminator.embed_video(clips[0]).dtype is torch.float32
        assert discriminator.embed_audio(clips[1]).dtype is torch.float32
        assert discriminator.loss(*clips).item() == pytest.approx(exact, abs=0.05)
    discriminator.bfloat16()
    assert discriminator.embed_audio(clips[1]).dtype is torch.bfloat16
    assert discriminator.loss(*clips).item() == pytest.approx(exact, abs=0.3)


def test_region_covers_every_pixel_it_touches() -> None:
    """Fractions of pixels count as whole ones; rounding errors of fractions do not."""
    region = Region(top=0.55, bottom=0.95, left=0.25, right=0.75)
    assert region.slices(100, 32) == (slice(55, 95), slice(8, 24))
    assert region.slices(256, 10) == (slice(140, 244), slice(2, 8))
    assert Region(top=0.999, bottom=1.0).slices(8, 8) == (slice(7, 8), slice(0, 8))


def test_refusals() -> None:
    """Empty regions and a single window without negatives are refused in words."""
    with pytest.raises(ValueError, match="region is empty"):
        Region(top=0.5, bottom=0.5)
    discriminator = _discriminator()
    with pytest.raises(InputError, match="no negatives"):
        discriminator.loss(*_talking(1, 5))
