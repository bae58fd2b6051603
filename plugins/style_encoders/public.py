"""Public weights of pSp, e4e and ReStyle: what a file says it is, and how it loads here.

Their files are dicts with ``state_dict`` (``encoder.*``, ``decoder.*``), ``latent_avg`` and
``opts``. Names within the encoder are our own; the decoder is a StyleGAN2 in rosinality's layout.
This file reads no file: it takes what a safe loader found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from styletalker.core.errors import CheckpointError, compose
from styletalker.plugins.common.identity import load_state
from styletalker.plugins.style_encoders.base import EncoderInverter
from styletalker.plugins.style_encoders.config import E4EConfig, PSPEncoderConfig, ReStyleConfig
from styletalker.plugins.style_encoders.e4e import E4E
from styletalker.plugins.style_encoders.psp import PSPEncoder
from styletalker.plugins.style_encoders.restyle import ReStyle
from styletalker.plugins.stylegan2.rosinality import as_public
from torch import Tensor

__all__ = ["Kind", "decoder_of", "inverter_of", "kind_of"]


@attrs.frozen(kw_only=True)
class Kind:
    """Which inverter public weights are for."""

    type: str
    """Name of the component."""
    options: Mapping[str, Any]
    """Its options, as plain values."""
    sizes: Mapping[str, int]
    """``resolution``, ``num_ws`` and ``w_dim`` of the generator it belongs to."""


_TYPES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "GradualStyleEncoder": ("psp_ir_se50", {"encoder": "gradual"}),
    "BackboneEncoderUsingLastLayerIntoW": ("psp_ir_se50", {"encoder": "last_layer_w"}),
    "BackboneEncoderUsingLastLayerIntoWPlus": ("psp_ir_se50", {"encoder": "last_layer_wplus"}),
    "Encoder4Editing": ("e4e", {"encoder": "progressive"}),
    "SingleStyleCodeEncoder": ("e4e", {"encoder": "single_w"}),
    "BackboneEncoder": ("restyle", {"rows": "psp", "maps": "last"}),
    "ProgressiveBackboneEncoder": ("restyle", {"rows": "e4e", "maps": "last"}),
}
"""``opts.encoder_type`` -> component and options. With six input channels the encoder of the
first and of the fourth line is ReStyle's, on a pyramid."""
_PYRAMID = {"psp_ir_se50": "psp", "e4e": "e4e"}


def kind_of(
    encoder: Mapping[str, Tensor], opts: Mapping[str, Any], *, mean: Tensor | None = None
) -> Kind:
    """Which component and options public weights are for.

    Args:
        encoder: the encoder's tensors, without the prefix ``encoder.``.
        opts: the file's ``opts``; ``encoder_type`` may stand in for them.
        mean: the file's ``latent_avg``.

    Raises:
        CheckpointError: the encoder is of a type there is no component for, or takes other images
            than RGB.
    """
    given = str(opts.get("encoder_type", "GradualStyleEncoder"))
    if given not in _TYPES:
        raise CheckpointError(
            compose("no component takes this encoder", given=given, name=given, choices=_TYPES)
        )
    if "input_layer.0.weight" not in encoder:
        raise CheckpointError("these are not the weights of an encoder with an IR-SE50")
    name, special = _TYPES[given]
    width, inputs = encoder["input_layer.0.weight"].shape[:2]
    if inputs == 6 and name in _PYRAMID:
        name, special = "restyle", {"rows": _PYRAMID[name], "maps": "pyramid"}
    if inputs != (6 if name == "restyle" else 3):
        raise CheckpointError(f"the encoder takes images of {inputs} channels, not RGB")
    rows, w_dim = _codes_of(encoder, opts, mean)
    starts = bool(opts.get("start_from_latent_avg", mean is not None)) or name == "restyle"
    return Kind(
        type=name,
        options={
            **special,
            "width": int(width),
            "blocks": _blocks_of(encoder),
            "start": "own" if starts else "zero",
        },
        sizes={"resolution": 1 << ((rows + 2) // 2), "num_ws": rows, "w_dim": w_dim},
    )


def inverter_of(
    state: Mapping[str, Tensor], mean: Tensor | None = None, opts: Mapping[str, Any] | None = None
) -> EncoderInverter:
    """The inverter of public weights, in evaluation mode.

    Args:
        state: the file's ``state_dict``, or an encoder's tensors alone, without a prefix.
        mean: the file's ``latent_avg``, [L, D], [1, D] or [D].
        opts: the file's ``opts``.

    Raises:
        CheckpointError: they are not the weights of such an encoder; the message says why.
    """
    encoder = _part(state, "encoder.") or dict(state)
    kind = kind_of(encoder, opts or {}, mean=mean)
    inverter = _built(kind)
    load_state(inverter.encoder, encoder)
    if mean is not None:
        rows = mean.detach().float().reshape(-1, mean.shape[-1])
        if len(rows) not in (1, inverter.num_ws) or rows.shape[1] != inverter.w_dim:
            wanted = f"[{inverter.num_ws}, {inverter.w_dim}]"
            raise CheckpointError(
                compose("latent_avg does not fit", expected=wanted, given=tuple(mean.shape))
            )
        inverter.latent_avg.copy_(rows.expand(inverter.num_ws, -1))
    return inverter.eval()


def decoder_of(state: Mapping[str, Tensor], mean: Tensor) -> dict[str, Tensor]:
    """The generator in the file, under the names of NVIDIA's layout.

    Give the result to :mod:`styletalker.plugins.stylegan2.public`. Its mean code is the first
    row of *mean*: for a generator's own weights all rows are the same.

    Raises:
        CheckpointError: the file holds no generator.
    """
    decoder = _part(state, "decoder.")
    if not decoder:
        raise CheckpointError("there is no generator beside the encoder (no tensor decoder.*)")
    return as_public(decoder, mean.reshape(-1, mean.shape[-1])[0])


def _built(kind: Kind) -> EncoderInverter:
    options, sizes = dict(kind.options), dict(kind.sizes)
    if kind.type == "restyle":
        return ReStyle(ReStyleConfig(**options), **sizes)
    if kind.type == "e4e":
        return E4E(E4EConfig(**options), **sizes)
    return PSPEncoder(PSPEncoderConfig(**options), **sizes)


def _codes_of(
    encoder: Mapping[str, Tensor], opts: Mapping[str, Any], mean: Tensor | None
) -> tuple[int, int]:
    """L and D."""
    styles = [int(m[1]) for m in (re.fullmatch(r"styles\.(\d+)\.linear\.bias", n) for n in encoder) if m]
    if styles:
        return max(styles) + 1, len(encoder["styles.0.linear.bias"])
    if "linear.bias" not in encoder:
        raise CheckpointError("these are not the weights of an encoder of the pSp family")
    total, w_dim = len(encoder["linear.bias"]), len(encoder["linear.weight"][0])
    if "output_layer_2.3.weight" in encoder:
        return total // w_dim, w_dim
    size = opts.get("stylegan_size", opts.get("output_size"))
    if "n_styles" in opts:
        return int(opts["n_styles"]), total
    if size is not None:
        return 2 * (int(size).bit_length() - 1) - 2, total
    if mean is not None and mean.dim() == 2 and len(mean) > 1:
        return len(mean), total
    raise CheckpointError("nothing says how many layers the generator has; give opts stylegan_size")


def _blocks_of(encoder: Mapping[str, Tensor]) -> tuple[int, ...]:
    """Units per stage: a stage begins where the channels change."""
    found = (re.fullmatch(r"body\.\d+\.res_layer\.3\.weight", name) for name in encoder)
    widths = [encoder[match[0]].shape[0] for match in found if match]
    return tuple(widths.count(width) for width in sorted(set(widths)))


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        if name.startswith(prefix)
    }
