"""Public weights of pSp, e4e and ReStyle: what they say they are, and how they load here.

Their files are dicts with ``state_dict`` (``encoder.*``, ``decoder.*``), ``latent_avg`` and
``opts``. Names within the encoder are our own; the decoder is a StyleGAN2 in rosinality's layout,
which :mod:`styletalker.plugins.stylegan2.families` reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import torch
from styletalker.core.errors import CheckpointError, compose
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.common.identity import load_state
from styletalker.plugins.style_encoders.base import EncoderInverter
from styletalker.plugins.style_encoders.config import E4EConfig, PSPEncoderConfig, ReStyleConfig
from styletalker.plugins.style_encoders.e4e import E4E
from styletalker.plugins.style_encoders.psp import PSPEncoder
from styletalker.plugins.style_encoders.restyle import ReStyle
from torch import Tensor

__all__ = ["Kind", "inverter_of", "kind_of", "state_of"]


@attrs.frozen(kw_only=True)
class Kind:
    """Which inverter public weights are for."""

    type: str
    """Name of the component."""
    encoder: str
    """What the public implementation calls the encoder."""
    options: Mapping[str, Any]
    """The component's options, as plain values."""
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
_PYRAMID = {"GradualStyleEncoder": "psp", "Encoder4Editing": "e4e"}
_COUNTER = "num_batches_tracked"


def kind_of(
    encoder: Mapping[str, Tensor],
    opts: Mapping[str, Any],
    *,
    mean: tuple[int, ...] | None = None,
) -> Kind:
    """Which component and options public weights are for; no tensor is read.

    Args:
        encoder: the encoder's tensors, without the prefix ``encoder.``.
        opts: the file's ``opts``. Without ``encoder_type``, what tensors do not tell is assumed
            to be pSp's.
        mean: the shape of the file's ``latent_avg``, if it has one.

    Raises:
        CheckpointError: the encoder is of a type there is no component for, or takes other images
            than RGB.
    """
    shapes = Tensors.of(encoder).shapes
    given = str(opts.get("encoder_type") or _type_of(shapes))
    if given not in _TYPES:
        raise CheckpointError(
            compose("no component takes this encoder", given=given, name=given, choices=_TYPES)
        )
    if "input_layer.0.weight" not in shapes:
        raise CheckpointError("these are not the weights of an encoder with an IR-SE50")
    name, special = _TYPES[given]
    width, inputs = shapes["input_layer.0.weight"][:2]
    if inputs == 6 and given in _PYRAMID:
        name, special = "restyle", {"rows": _PYRAMID[given], "maps": "pyramid"}
    if inputs != (6 if name == "restyle" else 3):
        raise CheckpointError(f"the encoder takes images of {inputs} channels, not RGB")
    rows, w_dim = _codes_of(shapes, opts, mean)
    starts = opts.get("start_from_latent_avg", mean is not None) or name == "restyle"
    return Kind(
        type=name,
        encoder=given,
        options={
            **special,
            "width": width,
            "blocks": _blocks_of(shapes),
            "start": "own" if starts else "zero",
        },
        sizes={"resolution": 1 << ((rows + 2) // 2), "num_ws": rows, "w_dim": w_dim},
    )


def state_of(kind: Kind, encoder: Mapping[str, Tensor], mean: Tensor | None) -> Tensors:
    """The state of our inverter; tensors are read when they are looked up.

    Args:
        kind: what the weights are for.
        encoder: the encoder's tensors; the counters of its normalisations may be missing.
        mean: the file's ``latent_avg``, [L, D], [1, D] or [D]; None gives zeros.

    Raises:
        CheckpointError: the mean code is of another size.
    """
    given = Tensors.of(encoder)
    counters = {
        name.replace("running_mean", _COUNTER): torch.zeros((), dtype=torch.long)
        for name in given
        if name.endswith(".running_mean")
    }
    whole = Tensors.of(counters).joined(given).renamed(lambda name: f"encoder.{name}")
    rows, w_dim = kind.sizes["num_ws"], kind.sizes["w_dim"]
    if mean is None:
        return whole.joined({"latent_avg": torch.zeros(rows, w_dim)})
    own = mean.detach().float().reshape(-1, mean.shape[-1])
    if len(own) not in (1, rows) or own.shape[1] != w_dim:
        expected = f"[{rows}, {w_dim}]"
        raise CheckpointError(
            compose("latent_avg does not fit", expected=expected, given=tuple(mean.shape))
        )
    return whole.joined({"latent_avg": own.expand(rows, -1)})


def inverter_of(
    state: Mapping[str, Tensor], mean: Tensor | None = None, opts: Mapping[str, Any] | None = None
) -> EncoderInverter:
    """The inverter of public weights, in evaluation mode.

    Args:
        state: the file's ``state_dict``, or an encoder's tensors alone, without a prefix.
        mean: the file's ``latent_avg``.
        opts: the file's ``opts``.

    Raises:
        CheckpointError: they are not the weights of such an encoder; the message says why.
    """
    whole = Tensors.of(state)
    encoder = whole.under("encoder") or whole
    kind = kind_of(encoder, opts or {}, mean=None if mean is None else tuple(mean.shape))
    inverter = _built(kind)
    load_state(inverter, state_of(kind, encoder, mean))
    return inverter.eval()


def _built(kind: Kind) -> EncoderInverter:
    options, sizes = dict(kind.options), dict(kind.sizes)
    options["blocks"] = tuple(options["blocks"])
    if kind.type == "restyle":
        return ReStyle(ReStyleConfig(**options), **sizes)
    if kind.type == "e4e":
        return E4E(E4EConfig(**options), **sizes)
    return PSPEncoder(PSPEncoderConfig(**options), **sizes)


def _type_of(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """What tensors say; rows that are offsets look like rows that are not."""
    if any(name.startswith("styles.") for name in shapes):
        return "GradualStyleEncoder" if "latlayer1.weight" in shapes else "BackboneEncoder"
    last = "output_layer_2.3.weight" in shapes
    return "BackboneEncoderUsingLastLayerIntoW" + ("Plus" if last else "")


def _codes_of(
    shapes: Mapping[str, tuple[int, ...]], opts: Mapping[str, Any], mean: tuple[int, ...] | None
) -> tuple[int, int]:
    """L and D."""
    found = (re.fullmatch(r"styles\.(\d+)\.linear\.bias", name) for name in shapes)
    styles = [int(match[1]) for match in found if match]
    if styles:
        return max(styles) + 1, shapes["styles.0.linear.bias"][0]
    if "linear.weight" not in shapes:
        raise CheckpointError("these are not the weights of an encoder of the pSp family")
    total, inner = shapes["linear.weight"]
    rows = _rows_of(opts, mean)
    if "output_layer_2.3.weight" in shapes:  # published ones have as many channels as a code
        rows = rows or total // inner
        return rows, total // rows
    if rows:
        return rows, total
    raise CheckpointError("nothing says how many layers the generator has: opts.stylegan_size")


def _rows_of(opts: Mapping[str, Any], mean: tuple[int, ...] | None) -> int:
    """L, as the file says it; 0 if it does not."""
    size = opts.get("stylegan_size", opts.get("output_size"))
    if opts.get("n_styles"):
        return int(opts["n_styles"])
    if size is not None:
        return 2 * (int(size).bit_length() - 1) - 2
    return mean[0] if mean is not None and len(mean) == 2 and mean[0] > 1 else 0


def _blocks_of(shapes: Mapping[str, tuple[int, ...]]) -> list[int]:
    """Units per stage: a stage begins where the channels change."""
    found = (re.fullmatch(r"body\.\d+\.res_layer\.3\.weight", name) for name in shapes)
    widths = [shapes[match[0]][0] for match in found if match]
    return [widths.count(width) for width in sorted(set(widths))]
