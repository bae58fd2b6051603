"""The auto-regressive priors: exact inverses, exact densities, and what the flow is good for."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from styletalker.core.errors import InputError
from styletalker.core.training.draws import Draws
from styletalker.plugins.autoregressive_prior.base import AutoregressivePrior
from styletalker.plugins.autoregressive_prior.config import (
    FlowPriorConfig,
    GaussianPriorConfig,
    MixturePriorConfig,
)
from styletalker.plugins.autoregressive_prior.coupling import Flow
from styletalker.plugins.autoregressive_prior.flow import FlowPrior
from styletalker.plugins.autoregressive_prior.gaussian import GaussianPrior, normal_log_density
from styletalker.plugins.autoregressive_prior.mixture import MixturePrior
from styletalker.recipes.objectives.likelihood import Likelihood
from torch import Tensor

_SIZES = {"motion_dim": 5, "audio_dim": 3, "num_ws": 2, "w_dim": 4}
_BOTH = ("flow", "gaussian")


def _prior(kind: str, *, spread: float = 0.3, **sizes: int) -> AutoregressivePrior:
    """A prior whose last layers are not near zero, as after some training."""
    torch.manual_seed(0)
    given = {**_SIZES, **sizes}
    prior: AutoregressivePrior
    if kind == "flow":
        config = FlowPriorConfig(channels=12, couplings=3, coupling_channels=8)
        prior = FlowPrior(config, **given)
    else:
        prior = GaussianPrior(GaussianPriorConfig(channels=12), **given)
    if spread:
        for name, parameter in prior.named_parameters():
            if "to_" in name:
                torch.nn.init.normal_(parameter, std=spread)
    return prior.eval()


def _inputs(frames: int = 6, batch: int = 2, seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Audio, portrait, and standard normal values."""
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(batch, frames, 3, generator=generator),
        torch.randn(batch, 2, 4, generator=generator),
        torch.randn(batch, frames, 5, generator=generator),
    )


def _flow(motion_dim: int) -> Flow:
    torch.manual_seed(0)
    flow = Flow(motion_dim=motion_dim, context=3, couplings=4, channels=8).double()
    for parameter in flow.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return flow


@pytest.mark.parametrize("motion_dim", [2, 5, 6])
def test_flow_inverts_exactly_and_knows_its_determinant(motion_dim: int) -> None:
    """The inverse to 1e-12, and log |det| as of the Jacobian from autograd."""
    flow = _flow(motion_dim)
    motion = torch.randn(7, motion_dim, dtype=torch.float64)
    context = torch.randn(7, 3, dtype=torch.float64)
    values, log_det = flow(motion, context)
    assert (values - motion).abs().amax().item() > 0.5, "the flow does nothing"
    assert (flow.inverse(values, context) - motion).abs().amax().item() < 1e-12
    for i in range(7):
        jacobian = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
            lambda z, i=i: flow(z, context[i])[0], motion[i]
        )
        expected = torch.linalg.slogdet(jacobian).logabsdet
        assert log_det[i].item() == pytest.approx(expected.item(), abs=1e-10)


def test_normal_log_density_by_hand() -> None:
    """Two latents, one a standard deviation away from the mean."""
    value, mean = torch.tensor([2.0, 1.0]), torch.tensor([0.0, 1.0])
    log_std = torch.tensor([math.log(2.0), 0.0])
    expected = -math.log(2 * math.pi) - math.log(2.0) - 0.5
    assert normal_log_density(value, mean, log_std).item() == pytest.approx(expected, abs=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("kind", _BOTH)
def test_untrained_motion_is_of_unit_scale(kind: str) -> None:
    """A new prior is nearly N(0, 1), as the role asks."""
    audio, ws_ref, noise = _inputs(4, 500)
    motion = _prior(kind, spread=0.0).sample(audio, ws_ref, noise).motion
    assert motion.mean().abs().item() < 0.05
    assert motion.std().item() == pytest.approx(1.0, abs=0.05)


@torch.no_grad()
@pytest.mark.parametrize("kind", _BOTH)
def test_density_of_a_sample_follows_from_its_noise(kind: str) -> None:
    """Log p(z) = log N(noise) - log |det dz / dnoise|, frame by frame, over a whole sequence.

    The samples were made step by step and the density is one pass over time: that both agree
    shows that they see the same past.
    """
    prior = _prior(kind).double()
    audio, ws_ref, noise = (value.double() for value in _inputs(5, 1))
    motion = prior.sample(audio, ws_ref, noise).motion
    jacobian = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda given: prior.sample(audio, ws_ref, given).motion, noise
    ).reshape(5, 5, 5, 5)  # [T, Z, T, Z]
    standard = normal_log_density(noise, torch.zeros_like(noise), torch.zeros_like(noise))
    density = prior.log_prob(motion, audio, ws_ref)
    for t in range(5):
        volume = torch.linalg.slogdet(jacobian[t, :, t]).logabsdet
        assert density[0, t].item() == pytest.approx((standard[0, t] - volume).item(), abs=1e-9)
        assert not jacobian[t, :, t + 1 :].any(), "a frame depends on later noise"
    assert jacobian[4, :, 0].abs().amax().item() > 1e-6, "the past has no influence"


@torch.no_grad()
@pytest.mark.parametrize("kind", _BOTH)
def test_bits_do_not_depend_on_the_pieces(kind: str) -> None:
    """However a recording is cut, also with empty pieces: the same bits."""
    prior = _prior(kind)
    audio, ws_ref, noise = _inputs(11)
    whole = prior.sample(audio, ws_ref, noise).motion
    for cuts in ((0, 4, 11), (0, 1, 1, 2, 11), (0, 0, 10, 11)):
        state, parts = None, []
        for start, end in itertools.pairwise(cuts):
            drawn = prior.sample(audio[:, start:end], ws_ref, noise[:, start:end], state=state)
            state = drawn.state
            parts.append(drawn.motion)
        assert torch.equal(torch.cat(parts, 1), whole), f"cut at {cuts}"


@torch.no_grad()
def test_temperature_zero_is_the_mode_of_the_gaussian() -> None:
    """No motion of the first frame is more likely than the one at temperature 0."""
    prior = _prior("gaussian")
    audio, ws_ref, noise = _inputs(1, 1)
    most = prior.sample(audio, ws_ref, noise, temperature=0.0).motion
    top = prior.log_prob(most, audio, ws_ref)
    for seed in range(5):
        near = most + 0.1 * _inputs(1, 1, seed)[2]
        assert (prior.log_prob(near, audio, ws_ref) < top).all()


def test_the_flow_learns_what_a_gaussian_cannot() -> None:
    """Motion on a bent band: the flow's fit is better by more than 0.3 nats."""
    generator = torch.Generator().manual_seed(5)

    def band(count: int) -> Tensor:
        across, along = torch.randn(2, count, 1, 1, generator=generator)
        return torch.cat([along, along.square() - 1 + 0.2 * across], -1)  # [B, 1, 2]

    losses = {}
    for kind in _BOTH:
        prior = _prior(kind, spread=0.0, motion_dim=2)
        optimiser = torch.optim.Adam(prior.parameters(), lr=0.01)
        audio, ws_ref, _ = _inputs(1, 256)
        audio, ws_ref = torch.zeros_like(audio), torch.zeros_like(ws_ref)
        for _ in range(150):
            loss = -prior.log_prob(band(256), audio, ws_ref).mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        losses[kind] = loss.item()
    # A Gaussian can do no better than the entropy of one with these variances, 1 and 2.04.
    best = 0.5 * math.log(2.04) + math.log(2 * math.pi) + 1
    assert losses["gaussian"] == pytest.approx(best, abs=0.25)
    assert losses["flow"] < best - 0.5


@torch.no_grad()
@pytest.mark.parametrize("kind", _BOTH)
def test_precision(kind: str) -> None:
    """Autocast gives float32 near the exact density; bf16 parameters give bf16."""
    prior = _prior(kind)
    audio, ws_ref, motion = _inputs()
    exact = prior.log_prob(motion, audio, ws_ref)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = prior.log_prob(motion, audio, ws_ref)
        assert prior.sample(audio, ws_ref, motion).motion.dtype is torch.float32
    assert mixed.dtype is torch.float32
    assert (mixed - exact).abs().amax().item() < 0.2
    half = prior.bfloat16().log_prob(motion.bfloat16(), audio.bfloat16(), ws_ref.bfloat16())
    assert half.dtype is torch.bfloat16


def test_refusals() -> None:
    """One latent is too few for couplings; a temperature that is no number is none."""
    with pytest.raises(InputError, match="at least 2, got 1"):
        _prior("flow", motion_dim=1)
    assert _prior("gaussian", motion_dim=1).motion_dim == 1
    audio, ws_ref, noise = _inputs()
    with pytest.raises(InputError, match="temperature; expected at least 0, got nan"):
        _prior("gaussian").sample(audio, ws_ref, noise, temperature=math.nan)


_FAR = torch.tensor([[-9.0], [9.0]]).repeat(1, 5)
"""A reach that nothing exceeds."""


def _mixture(components: int = 3) -> MixturePrior:
    torch.manual_seed(0)
    config = MixturePriorConfig(channels=12, components=components)
    prior = MixturePrior(config, **_SIZES)
    torch.nn.init.normal_(prior.to_components.weight, std=0.4)
    torch.nn.init.normal_(prior.to_components.bias, std=0.6)
    return prior.eval()


@torch.no_grad()
def test_a_mixtures_density_by_hand() -> None:
    """The product over coordinates of weighted sums of Gaussians around where each goes on to."""
    prior = _mixture().double()  # densities far from a component are below what a float holds
    prior.align(torch.diag(torch.tensor([2.0, 1.0, 1.0, 0.5, 1.0])), _FAR)
    hidden = torch.randn(4, 12, dtype=torch.float64)
    past = torch.randn(4, 10, dtype=torch.float64)
    motion = torch.randn(4, 5, dtype=torch.float64)
    log_weight, mean, log_std = prior._components(hidden, past)
    assert torch.allclose(log_weight.exp().sum(-1), torch.ones(4, 5, dtype=torch.float64))
    place = motion * torch.tensor([2.0, 1.0, 1.0, 0.5, 1.0])
    weight, std = log_weight.exp(), log_std.exp()
    bells = (-0.5 * ((place[..., None] - mean) / std) ** 2).exp() / (std * math.sqrt(2 * math.pi))
    expected = (weight * bells).sum(-1).log().sum(-1)  # the basis keeps the volume: 2 * 0.5 = 1
    assert torch.allclose(prior.density(motion, hidden, past), expected, atol=1e-6)
    prior.align(torch.eye(5), _FAR)
    still = torch.cat([past[:, :5], past[:, :5]], -1)
    moving = torch.cat([past[:, :5], past[:, :5] - 0.1], -1)
    gained = prior._components(hidden, moving)[1] - prior._components(hidden, still)[1]
    assert (gained > 0).all(), "momentum goes on in the same direction"
    assert (gained < 0.1).all(), "and slows down"
    moved = prior._components(hidden, still + 1)[1] - prior._components(hidden, still)[1]
    assert torch.allclose(moved, torch.full_like(moved, 1 - math.log1p(math.exp(-4))), atol=1e-6)


@torch.no_grad()
def test_a_mixture_draws_each_component_as_often_as_it_weighs() -> None:
    """In each coordinate, whatever the basis; its moments are those of the density."""
    prior = _mixture()
    prior.align(torch.randn(5, 5, generator=torch.Generator().manual_seed(2)), _FAR)
    hidden, past = torch.randn(1, 12), torch.randn(1, 10)
    generator = torch.Generator().manual_seed(3)
    many = (hidden.expand(40_000, -1), past.expand(40_000, -1))
    drawn = prior.draw(torch.randn(40_000, 5, generator=generator), *many) @ prior.basis.T
    log_weight, mean, log_std = (one[0] for one in prior._components(hidden, past))
    wanted = (log_weight.exp() * mean).sum(-1)
    square = (log_weight.exp() * ((2 * log_std).exp() + mean**2)).sum(-1)
    spread = (square - wanted**2).sqrt()
    assert ((drawn.mean(0) - wanted).abs() < 4 * spread / 40_000**0.5).all()
    assert torch.allclose(drawn.std(0), spread, rtol=0.03)
    near = ((drawn[..., None] - mean) / log_std.exp()).square() / 2 + log_std
    share = torch.softmax(log_weight - near, -1).mean(0)
    assert torch.allclose(share, log_weight.exp(), atol=0.01)


@torch.no_grad()
def test_a_mixture_is_the_same_in_pieces_and_in_one_pass() -> None:
    """Bits do not depend on cuts; what was drawn has the density that its noise says."""
    prior = _mixture(components=1).double()  # one component: noise to motion is smooth
    prior.align(torch.randn(5, 5, generator=torch.Generator().manual_seed(2)), _FAR)
    audio, ws_ref, noise = (value.double() for value in _inputs(9, 1))
    whole = prior.sample(audio, ws_ref, noise).motion
    state, parts = None, []
    for start, end in ((0, 1), (1, 2), (2, 2), (2, 9)):
        drawn = prior.sample(audio[:, start:end], ws_ref, noise[:, start:end], state=state)
        state = drawn.state
        parts.append(drawn.motion)
    assert torch.equal(torch.cat(parts, 1), whole)
    hidden, _ = prior.recurrence(
        prior.seen(prior._past(whole)), audio, prior.recurrence.see(ws_ref)
    )
    log_std = prior._components(hidden, prior._past(whole))[2][..., 0]
    volume = log_std.sum(-1) - torch.linalg.slogdet(prior.basis).logabsdet
    normal = normal_log_density(noise, torch.zeros_like(noise), torch.zeros_like(noise))
    found = prior.log_prob(whole, audio, ws_ref)
    assert torch.allclose(found, normal - volume, atol=1e-6)


@torch.no_grad()
def test_a_mixture_at_temperature_zero_takes_the_middle() -> None:
    """Without noise, and near to what little noise gives."""
    prior = _mixture(components=1)
    audio, ws_ref, noise = _inputs(4)
    still = prior.sample(audio, ws_ref, noise, temperature=0.0).motion
    assert torch.equal(still, prior.sample(audio, ws_ref, -noise, temperature=0.0).motion)
    near = prior.sample(audio, ws_ref, noise, temperature=1e-4).motion
    assert (near - still).abs().amax() < 0.01


def test_a_mixture_learns_to_be_smooth_and_to_stay() -> None:
    """Motion with momentum: drawn for long, it is as wide and as smooth as what was learnt."""
    generator = torch.Generator().manual_seed(0)

    def shaken(count: int, frames: int) -> Tensor:
        place = velocity = torch.zeros(count, 5)
        found = []
        for _ in range(frames):
            push = 0.02 * torch.randn(count, 5, generator=generator)
            velocity = 0.9 * velocity - 0.02 * place + push
            place = place + velocity
            found.append(place)
        return torch.stack(found, 1)

    motion = shaken(64, 160)[:, 60:]
    audio, ws_ref = torch.zeros(64, 100, 3), torch.zeros(64, 2, 4)
    torch.manual_seed(0)
    prior = MixturePrior(MixturePriorConfig(channels=12, components=2), **_SIZES)
    optimiser = torch.optim.Adam(prior.parameters(), lr=1e-2)
    for _ in range(150):
        loss = -prior.log_prob(motion, audio, ws_ref).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    with torch.no_grad():
        noise = torch.randn(16, 800, 5, generator=generator)
        long = prior.sample(torch.zeros(16, 800, 3), ws_ref[:16], noise).motion
    for part in (long[:, 100:300], long[:, 600:]):
        assert 0.6 < (part.std() / motion.std()).item() < 1.7
        shake = part.diff(dim=1, n=2).std() / motion.diff(dim=1, n=2).std()
        assert 0.7 < shake.item() < 1.4


@torch.no_grad()
def test_a_mixtures_precision() -> None:
    """Autocast gives float32 near the exact density; bf16 parameters give bf16."""
    prior = _mixture()
    audio, ws_ref, motion = _inputs()
    exact = prior.log_prob(motion, audio, ws_ref)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = prior.log_prob(motion, audio, ws_ref)
        assert prior.sample(audio, ws_ref, motion).motion.dtype is torch.float32
    assert mixed.dtype is torch.float32
    assert (mixed - exact).abs().amax().item() < 0.05 * exact.abs().amax().item()
    half = prior.bfloat16()
    inputs = (audio.bfloat16(), ws_ref.bfloat16())
    assert half.log_prob(motion.bfloat16(), *inputs).dtype is torch.bfloat16
    assert half.sample(*inputs, motion.bfloat16()).motion.dtype is torch.bfloat16


@torch.no_grad()
def test_a_mixture_comes_back_from_beyond_its_reach() -> None:
    """A quarter of the way in each frame, and the recurrence sees the edge."""
    prior = _mixture()
    known = [prior.aligned]
    prior.align(torch.eye(5), torch.tensor([[-1.0], [2.0]]).repeat(1, 5))
    assert [*known, prior.aligned] == [False, True]
    inside, beyond = torch.full((1, 1, 10), 2.0), torch.full((1, 1, 10), 6.0)
    assert torch.equal(prior.seen(inside), prior.seen(beyond))
    assert not torch.equal(prior.seen(inside), prior.seen(torch.full((1, 1, 10), 1.5)))
    hidden = torch.randn(1, 1, 12)
    gone = prior._components(hidden, beyond)[1] - prior._components(hidden, inside)[1]
    kept = 1 - math.log1p(math.exp(-4))
    assert torch.allclose(gone, torch.full_like(gone, 4 * kept - 0.25 * 4), atol=1e-5)


def test_a_disturbed_past_follows_from_the_draws_alone() -> None:
    """The same step gives the same loss whatever else drew numbers; it is disturbed once."""
    prior = _mixture().train()
    audio, ws_ref, motion = _inputs()
    batch = {
        "mean": motion,
        "log_std": torch.full_like(motion, -3.0),
        "audio": audio,
        "ws_ref": ws_ref,
    }
    objective = Likelihood(prior, noise=0.0, disturbance=0.4)
    first = objective(batch, Draws(0, 3))["nats"].item()
    torch.randn(5)
    assert objective(batch, Draws(0, 3))["nats"].item() == first
    assert objective(batch, Draws(0, 4))["nats"].item() != first
    calm = Likelihood(prior, noise=0.0)(batch, Draws(0, 3))["nats"].item()
    assert calm == pytest.approx(-prior.log_prob(motion, audio, ws_ref).mean().item(), abs=1e-5)
    assert calm != first


class _Echo(AutoregressivePrior):
    """Draws what the recurrence makes of the sound, and of nothing else."""

    memory: int | None = 8

    def seen(self, past: Tensor) -> Tensor:
        return torch.zeros_like(past)

    def density(self, motion: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        raise NotImplementedError

    def draw(self, noise: Tensor, hidden: Tensor, past: Tensor) -> Tensor:
        return hidden[..., :5]


@torch.no_grad()
def test_a_prior_with_a_memory_forgets() -> None:
    """Sound of the first half has influence on the first memory, and on nothing later."""
    torch.manual_seed(0)
    prior = _Echo(GaussianPriorConfig(channels=12), **_SIZES).eval()
    audio, ws_ref, noise = _inputs(20, 1)
    other = audio.clone()
    other[:, :4] += 3
    found, changed = (prior.sample(one, ws_ref, noise).motion for one in (audio, other))
    differs = (found - changed).abs().amax(-1)[0]
    assert (differs[:8] > 0).all()
    assert not differs[8:].any()
    prior.memory = None
    endless, changed = (prior.sample(one, ws_ref, noise).motion for one in (audio, other))
    assert torch.equal(endless[:, :4], found[:, :4])
    assert (endless - changed).abs().amax(-1)[0, 8:12].all()


def test_a_basis_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="basis"):
        _mixture().align(torch.eye(4), _FAR)


def test_a_mixture_learns_what_begins_now_and_then() -> None:
    """Motion that jumps up in one frame of ten and falls back: where a Gaussian must be wide."""
    generator = torch.Generator().manual_seed(0)
    jumps = (torch.rand(16, 60, 1, generator=generator) < 0.1).float() * 3
    motion = jumps + 0.05 * torch.randn(16, 60, 5, generator=generator)
    audio, ws_ref = torch.zeros(16, 60, 3), torch.zeros(16, 2, 4)
    found = {}
    for name, prior in (("mixture", _mixture()), ("gaussian", _prior("gaussian"))):
        prior.train()
        optimiser = torch.optim.Adam(prior.parameters(), lr=2e-2)
        for _ in range(120):
            loss = -prior.log_prob(motion, audio, ws_ref).mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        found[name] = loss.item()
    assert found["mixture"] < found["gaussian"] - 3  # nats per frame
