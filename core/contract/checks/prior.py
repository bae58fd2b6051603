"""Checks of priors."""

from __future__ import annotations

from typing import Any

import torch
from styletalker.core.contract.case import Case
from styletalker.core.contract.exercises import FRAMES, motion_inputs, noise
from styletalker.core.contract.expect import expect_input_error
from styletalker.core.contract.sizes import MOTION_DIM
from styletalker.core.contract.streaming import assert_constant_memory, assert_streams
from styletalker.core.interfaces.motion_vae import MotionPosterior
from torch import Tensor


@torch.no_grad()
def check_shapes(case: Case) -> None:
    """Log p [B, T] and motion [B, T, Z]."""
    prior, inputs = case.build().eval(), motion_inputs(2)
    density = prior.log_prob(**inputs)
    assert density.shape == (2, FRAMES), f"log_prob() gives {tuple(density.shape)}"
    motion = _sample(prior, inputs)
    assert motion.shape == (2, FRAMES, MOTION_DIM), f"sample() gives {tuple(motion.shape)}"


@torch.no_grad()
def check_density_is_causal(case: Case) -> None:
    """Log p of a frame depends on no later motion or audio."""
    prior, inputs = case.build().eval(), motion_inputs(2)
    cut = FRAMES // 2
    whole = prior.log_prob(**inputs)
    for name in ("motion", "audio"):
        changed = {**inputs, name: inputs[name].clone()}
        changed[name][:, cut:] += 1.0
        same = torch.allclose(prior.log_prob(**changed)[:, :cut], whole[:, :cut], atol=1e-4)
        assert same, f"log_prob(): frames before {cut} depend on the {name} from there on"


@torch.no_grad()
def check_density_is_normalised(case: Case) -> None:
    """E_p[exp(q - p)] over the prior's own samples is 1, for a Gaussian q near them.

    Importance weights of one frame, with q fitted to the samples: their mean is an unbiased
    estimate of the integral of q, which is 1, whatever the shape of p.
    """
    prior, count = case.build().eval(), 4096
    one = motion_inputs(1, frames=1)
    audio, ws_ref = one["audio"].expand(count, -1, -1), one["ws_ref"].expand(count, -1, -1)
    motion = prior.sample(audio, ws_ref, noise(count, 1, MOTION_DIM, seed=7)).motion
    spread = motion.std(0, keepdim=True) * 0.5  # narrower than p, so that the weights are bounded
    q = MotionPosterior(mean=motion.mean(0, keepdim=True), log_std=spread.log())
    log_weights = q.log_prob(motion) - prior.log_prob(motion, audio, ws_ref)
    total = log_weights.exp().mean().item()
    assert 0.8 <= total <= 1.25, (
        f"log_prob() is not the density of sample(): the integral comes out as {total:.2f}, not 1"
    )


@torch.no_grad()
def check_noise_and_temperature(case: Case) -> None:
    """Other noise gives other motion; at temperature 0 the noise does not matter."""
    prior, inputs = case.build().eval(), motion_inputs(2)
    other = {**inputs, "motion": noise(2, FRAMES, MOTION_DIM, seed=8)}
    assert not torch.allclose(_sample(prior, inputs), _sample(prior, other)), (
        "sample() gives the same motion for other noise"
    )
    cold = _sample(prior, inputs, temperature=0.0), _sample(prior, other, temperature=0.0)
    assert torch.allclose(*cold, atol=1e-5), "at temperature 0 the noise still matters"


@torch.no_grad()
def check_streaming_equals_whole(case: Case) -> None:
    """Pieces of any size give the same motion."""
    prior, inputs = case.build().eval(), motion_inputs(2)

    def step(piece: slice, state: Any) -> tuple[Tensor, Any]:
        drawn = prior.sample(
            inputs["audio"][:, piece], inputs["ws_ref"], inputs["motion"][:, piece], state=state
        )
        return drawn.motion, drawn.state

    assert_streams("motion", _sample(prior, inputs), step, FRAMES, (1, 3))
    assert_constant_memory(step, FRAMES, 1)


@torch.no_grad()
def check_density_is_precise_under_autocast(case: Case) -> None:
    """Log p stays in the dtype of the parameters where autocast computes in half precision."""
    prior, inputs = case.build().eval(), motion_inputs(2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        density = prior.log_prob(**inputs)
    assert density.dtype is torch.float32, f"log_prob() gives {density.dtype} under autocast"


def check_wrong_inputs(case: Case) -> None:
    """Wrong shapes and a negative temperature are refused."""
    prior, inputs = case.build().eval(), motion_inputs(2)
    wide = noise(2, FRAMES, MOTION_DIM + 1)
    expect_input_error(lambda: prior.log_prob(**{**inputs, "motion": wide}), "motion")
    expect_input_error(lambda: _sample(prior, {**inputs, "motion": wide}), "noise")
    expect_input_error(lambda: _sample(prior, inputs, temperature=-1.0), "temperature")


def _sample(prior: Any, inputs: dict[str, Tensor], temperature: float = 1.0) -> Tensor:
    """Motion drawn with the inputs' motion as noise."""
    drawn = prior.sample(
        inputs["audio"], inputs["ws_ref"], inputs["motion"], temperature=temperature
    )
    motion: Tensor = drawn.motion
    return motion
