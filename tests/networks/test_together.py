"""The networks as one talker: they fit by their declared sizes, train, and stream."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from styletalker.core.assembly import Components
from styletalker.core.config.options import Chosen
from styletalker.core.config.structure import Structurer
from styletalker.core.registry import Registry
from styletalker.plugins import (
    autoregressive_prior,
    conditional_sequential,
    contrastive_sync,
    mel,
    psp,
    stylegan2,
)
from torch import Tensor

_PLUGINS = (
    autoregressive_prior,
    conditional_sequential,
    contrastive_sync,
    mel,
    psp,
    stylegan2,
)
_FRAMES, _HOP = 12, 640


def _talker(prior: str = "autoregressive_flow") -> Components:
    """One component per role, in its tiny configuration, as a recipe would choose them."""
    torch.manual_seed(0)
    records = [record for plugin in _PLUGINS for record in plugin.styletalker_components()]
    registry = Registry.of(*records)
    chosen = {}
    for record in records:
        if record.role != "prior" or record.name == prior:
            config = Structurer(registry).structure(dict(record.smoke), record.config)
            chosen[record.role] = Chosen(role=record.role, type=record.name, config=config)
    return Components(chosen, registry)


def _speech(clips: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 0.1 * torch.randn(clips, _FRAMES * _HOP, generator=generator)


@pytest.mark.parametrize("prior", ["autoregressive_flow", "autoregressive_gaussian"])
def test_one_loss_trains_everything(prior: str) -> None:
    """Reconstruction, Monte-Carlo KL and sync: each parameter of the talker gets a gradient."""
    talker = _talker(prior)
    generator, inverter = talker.get("generator"), talker.get("inverter")
    vae, waveform = talker.get("motion_vae"), _speech(2)
    torch.manual_seed(1)
    video = generator.synthesis(generator.mapping(torch.randn(2 * _FRAMES, generator.z_dim)))
    frames = video.detach().reshape(2, _FRAMES, 3, 32, 32)
    ws = inverter.invert(video.detach(), generator).ws.reshape(2, _FRAMES, 8, 16)
    audio = talker.get("audio_encoder")(waveform)
    posterior = vae.encode(frames, ws)
    motion = posterior.sample(torch.randn(2, _FRAMES, vae.motion_dim))
    decoded = vae.decode(motion, audio, ws[:, 0]).ws
    images = generator.synthesis(decoded.flatten(0, 1)).reshape(frames.shape)
    divergence = posterior.log_prob(motion) - talker.get("prior").log_prob(motion, audio, ws[:, 0])
    loss = (images - frames).abs().mean() + divergence.mean()
    loss = loss + talker.get("sync_discriminator").loss(images, waveform)
    torch.autograd.backward(loss)
    assert loss.isfinite()
    for role in talker.roles:
        if role in ("generator", "inverter", "audio_encoder", "motion_vae", "prior"):
            for name, parameter in talker.get(role).named_parameters():  # type: ignore[call-overload]
                if "mapping_network" not in name:  # the video was drawn without gradient
                    assert parameter.grad is not None, f"{role} {name}"
                    assert parameter.grad.abs().sum().item() > 0, f"{role} {name}"


def _generate(talker: Components, pieces: list[int]) -> Iterator[Tensor]:
    """Frames of a stream: audio comes in pieces, everything behind goes frame by frame."""
    encoder, vae, prior = (
        talker.get("audio_encoder"),
        talker.get("motion_vae"),
        talker.get("prior"),
    )
    generator, waveform = talker.get("generator"), _speech(1)
    noise = torch.randn(1, _FRAMES, vae.motion_dim, generator=torch.Generator().manual_seed(2))
    portrait = generator.mapping(torch.ones(1, generator.z_dim))
    heard, moved, shown, waiting, done = None, None, None, waveform[:, :0], 0
    for piece in [*torch.split(waveform, pieces, 1), None]:
        waiting = waiting if piece is None else torch.cat([waiting, piece], 1)
        while waiting.shape[1] >= _HOP or piece is None:
            features = encoder.stream(waiting[:, :_HOP], heard, final=piece is None)
            heard, waiting = features.state, waiting[:, _HOP:]
            for t in range(features.audio.shape[1]):
                audio = features.audio[:, t : t + 1]
                drawn = prior.sample(audio, portrait, noise[:, done : done + 1], state=moved)
                decoded = vae.decode(drawn.motion, audio, portrait, shown)
                moved, shown, done = drawn.state, decoded.state, done + 1
                yield generator.synthesis(decoded.ws[:, 0])
            if piece is None:
                return


@torch.no_grad()
def test_streams_the_same_bits_whatever_the_pieces() -> None:
    """The first frame comes early, there are as many as asked for, and cutting changes no bit."""
    talker = _talker()
    for role in talker.roles:
        talker.get(role).eval()  # type: ignore[call-overload]
    total = _FRAMES * _HOP
    once = torch.cat(list(_generate(talker, [total])))
    assert once.shape == (_FRAMES, 3, 32, 32)
    for size in (100, 641, 3000):
        pieces = [size] * (total // size) + ([total % size] if total % size else [])
        assert torch.equal(torch.cat(list(_generate(talker, pieces))), once), f"pieces of {size}"
    prior, vae = talker.get("prior"), talker.get("motion_vae")
    audio = talker.get("audio_encoder")(_speech(1))
    noise = torch.randn(1, _FRAMES, 4, generator=torch.Generator().manual_seed(2))
    portrait = talker.get("generator").mapping(torch.ones(1, 12))
    ws = vae.decode(prior.sample(audio, portrait, noise).motion, audio, portrait).ws
    whole = talker.get("generator").synthesis(ws[0])
    assert (whole - once).abs().amax().item() < 1e-4
