"""The motion VAE ``conditional_sequential``: what it sees, where it starts, its KL, its memory."""

from __future__ import annotations

import math

import pytest
import torch
from styletalker.core.config.structure import Structurer
from styletalker.core.errors import InputError
from styletalker.core.registry import Registry
from styletalker.plugins.common.region import Region
from styletalker.plugins.conditional_sequential.config import ConditionalSequentialConfig
from styletalker.plugins.conditional_sequential.vae import ConditionalSequentialVAE
from torch import Tensor

_SIZES = {"audio_dim": 6, "resolution": 32, "num_ws": 8, "w_dim": 16}


def _vae(**options: object) -> ConditionalSequentialVAE:
    torch.manual_seed(0)
    smoke: dict[str, object] = {"motion_dim": 4, "channels": 12, "image_channels": 4, "size": 32}
    config = ConditionalSequentialConfig(**{**smoke, **options})  # type: ignore[arg-type]
    return ConditionalSequentialVAE(config, **_SIZES).eval()


def _video(frames: int = 6, batch: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.tanh(torch.randn(batch, frames, 3, 32, 32, generator=generator))


def _inputs(frames: int = 6, batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(2)
    return {
        "motion": torch.randn(batch, frames, 4, generator=generator),
        "audio": torch.randn(batch, frames, 6, generator=generator),
        "ws_ref": torch.randn(batch, 8, 16, generator=generator),
    }


@torch.no_grad()
def test_the_mouth_is_hidden_and_nothing_else() -> None:
    """Whatever happens in the region is invisible; one row above it is seen."""
    vae, video, ws = (
        _vae(hidden=Region(top=0.5, left=0.25, right=0.75)),
        _video(),
        torch.zeros(2, 6, 8, 16),
    )
    seen = vae.encode(video, ws)
    other = video.clone()
    other[..., 16:, 8:24] = _video(6, 3)[:2, ..., 16:, 8:24].flip(1)
    assert torch.equal(vae.encode(other, ws).mean, seen.mean)
    assert torch.equal(vae.encode(other, ws).log_std, seen.log_std)
    for rows, columns in ((15, 16), (20, 7), (20, 24)):
        other = video.clone()
        other[..., rows, columns] += 1.0
        assert (vae.encode(other, ws).mean - seen.mean).abs().amax().item() > 1e-6
    assert torch.equal(vae.encode(video, ws + 1).mean, seen.mean), "lips leak through the codes"


@torch.no_grad()
def test_posterior_looks_both_ways_in_time() -> None:
    """The first frame's motion depends on the last frame, and the last on the first."""
    vae, video, ws = _vae(), _video(), torch.zeros(2, 6, 8, 16)
    mean = vae.encode(video, ws).mean
    for changed, looked_at in ((0, 5), (5, 0)):
        other = video.clone()
        other[:, changed] *= -1
        assert (vae.encode(other, ws).mean - mean)[:, looked_at].abs().amax().item() > 1e-7


@torch.no_grad()
@pytest.mark.parametrize("rank", [0, 3])
def test_untrained_it_gives_the_portrait(rank: int) -> None:
    """The residual is about 1 % of a code's scale, and lies in as many directions as allowed."""
    vae, inputs = _vae(rank=rank, channels=32), _inputs(40)
    inputs["ws_ref"] = torch.zeros(2, 8, 16)  # so that the residual is exact
    residual = vae.decode(**inputs).ws
    assert 0.002 < residual.std().item() < 0.02
    directions = torch.linalg.matrix_rank(residual.flatten(0, 1).flatten(1).double(), rtol=1e-5)
    assert directions.item() == (3 if rank else 31)  # of 32 channels, the norm takes one


def test_low_rank_head_is_small() -> None:
    """At 18 x 512 codes rank 64 leaves 0.6 M of 2.4 M output weights."""
    sizes = {"audio_dim": 64, "resolution": 256, "num_ws": 18, "w_dim": 512}

    def output_weights(rank: int) -> int:
        with torch.device("meta"):
            vae = ConditionalSequentialVAE(ConditionalSequentialConfig(rank=rank), **sizes)
        parts = (vae.decoder.squeeze, vae.decoder.to_codes)
        return sum(weight.numel() for part in parts for weight in part.parameters())

    assert output_weights(0) == 256 * 9216 + 9216
    assert output_weights(64) == 256 * 64 + 64 + 64 * 9216 + 9216


@torch.no_grad()
def test_kl_by_sampling_agrees_with_the_closed_form() -> None:
    """E_q[log q - log p] against N(0, 1), as the training stage estimates it: within 3 %."""
    posterior = _vae().encode(_video(3, 1), torch.zeros(1, 3, 8, 16))
    mean, log_std = posterior.mean, posterior.log_std
    closed = 0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std).sum()
    noise = torch.randn(4000, 3, 4, generator=torch.Generator().manual_seed(3))
    motion = posterior.sample(noise)
    log_p = -0.5 * (motion.square() + math.log(2 * math.pi)).sum(-1)
    sampled = (posterior.log_prob(motion) - log_p).sum(1).mean()
    assert closed.item() > 1
    assert sampled.item() == pytest.approx(closed.item(), rel=0.03)


@torch.no_grad()
@pytest.mark.parametrize(("raw", "bound"), [(-1e3, -5.0), (1e3, 1.0)])
def test_posterior_is_neither_a_point_nor_wider_than_the_prior(raw: float, bound: float) -> None:
    """Log std stays within -5 and 1, whatever the network says."""
    vae = _vae()
    vae.posterior.to_gaussian.bias.fill_(raw)
    log_std = vae.encode(_video(), torch.zeros(2, 6, 8, 16)).log_std
    assert torch.allclose(log_std, torch.full_like(log_std, bound), atol=1e-4)


@torch.no_grad()
def test_state_is_small_and_not_modified() -> None:
    """One recurrent state, whatever was decoded; an old one can be used again."""
    vae, inputs = _vae(), _inputs(6)
    ref = inputs["ws_ref"]
    first = vae.decode(inputs["motion"][:, :3], inputs["audio"][:, :3], ref)
    assert first.state.shape == (2, 2, 12)
    again = [
        vae.decode(inputs["motion"][:, 3:], inputs["audio"][:, 3:], ref, first.state).ws
        for _ in range(2)
    ]
    assert torch.equal(*again)
    nothing = vae.decode(inputs["motion"][:, :0], inputs["audio"][:, :0], ref, first.state)
    assert nothing.ws.shape == (2, 0, 8, 16)
    assert nothing.state is first.state
    with pytest.raises(InputError, match=r"motion .* axis B"):
        vae.decode(**_inputs(3, 1), state=first.state)


@torch.no_grad()
def test_precision() -> None:
    """bf16 parameters give bf16 codes, autocast float32 ones; both near the exact ones."""
    vae, inputs = _vae(), _inputs()
    exact = vae.decode(**inputs).ws
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = vae.decode(**inputs).ws
        assert vae.encode(_video(), torch.zeros(2, 6, 8, 16)).mean.dtype is torch.float32
    assert mixed.dtype is torch.float32
    half = {name: value.bfloat16() for name, value in inputs.items()}
    rounded = vae.bfloat16().decode(**half).ws
    assert rounded.dtype is torch.bfloat16
    assert (mixed - exact).abs().amax().item() < 1e-3
    assert (rounded.float() - exact).abs().amax().item() < 0.03


def test_region_is_an_option_of_a_recipe() -> None:
    """Fractions are read from plain values; null shows the whole frame; nonsense is refused."""
    structurer = Structurer(Registry.of())
    plain = {"hidden": {"top": 0.6}, "size": 128}
    config = structurer.structure(plain, ConditionalSequentialConfig)
    assert config.hidden == Region(top=0.6)
    assert structurer.structure({"hidden": None}, ConditionalSequentialConfig).hidden is None
    _, faults = structurer.check({"hidden": {"top": 1.5}}, ConditionalSequentialConfig)
    assert len(faults) == 1
    assert "0 to 1" in faults[0].line()
    _, faults = structurer.check(
        {"hidden": {"top": 0.5, "bottom": 0.4}}, ConditionalSequentialConfig
    )
    assert "region is empty" in faults[0].line()
