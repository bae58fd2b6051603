"""Which files hold encoders of the pSp family, or the ArcFace network they are made from.

Each function takes a file as the core read it, and gives what it is for us, or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit, first_tensors
from styletalker.core.weights_file.read import read_weights_file
from styletalker.core.weights_file.tensors import Tensors
from styletalker.plugins.common.identity import (
    IdentityNetwork,
    identity_network_of,
    identity_options_of,
)
from styletalker.plugins.style_encoders.public import kind_of, state_of

__all__ = ["e4e", "identity", "load_identity", "psp", "restyle"]

_PARTS = ("state_dict.encoder", "encoder", "")
_SIGNS = ("input_layer.0.weight", "body.0.res_layer.1.weight")
_HEADS = ("styles.0.linear.weight", "linear.weight")
_FACE = "output_layer.3.weight"


def psp(file: WeightsFile) -> Fit | None:
    """An encoder of pSp."""
    return _encoder(file, "psp_ir_se50")


def e4e(file: WeightsFile) -> Fit | None:
    """An encoder of e4e."""
    return _encoder(file, "e4e")


def restyle(file: WeightsFile) -> Fit | None:
    """An encoder of ReStyle."""
    return _encoder(file, "restyle")


def identity(file: WeightsFile) -> Fit | None:
    """An ArcFace network with an IR-SE50."""
    if not all(name in file.tensors for name in (*_SIGNS, _FACE)):
        return None
    options = identity_options_of(file.tensors)
    return Fit(
        tensors=file.tensors,
        options=options,
        architecture=f"IR-SE network, faces of {options['pixels']} px, {options['dim']} channels",
    )


def load_identity(path: str | Path) -> IdentityNetwork:
    """The identity network in a public file, in evaluation mode, without gradients.

    Raises:
        InputError: there is no such file.
        CheckpointError: it is unsafe or damaged, or holds something else.
    """
    file = read_weights_file(path)
    if identity(file) is None:
        raise CheckpointError(
            f"{file.path}: holds no ArcFace network with an IR-SE50: its tensors are "
            f"{first_tensors(file.tensors)}"
        )
    return identity_network_of(file.tensors)


def _encoder(file: WeightsFile, component: str) -> Fit | None:
    """What the file is for *component*, if that is what it is for."""
    found = _part(file)
    if found is None:
        return None
    part, encoder = found
    opts = file.values.get("opts")
    mean = file.tensors.get("latent_avg")
    try:
        given = opts if isinstance(opts, Mapping) else {}
        kind = kind_of(encoder, given, mean=None if mean is None else tuple(mean.shape))
        if kind.type != component:
            return None
        state = state_of(kind, encoder, mean)
    except CheckpointError as error:
        raise CheckpointError(f"{file.path}: {error}") from error
    return Fit(
        tensors=state,
        options=kind.options,
        sizes=kind.sizes,
        architecture=_text(kind.encoder, kind.sizes),
        part=part,
        notes=_notes(given, with_mean=mean is not None),
    )


def _part(file: WeightsFile) -> tuple[str, Tensors] | None:
    for part in _PARTS:
        tensors = file.tensors.under(part)
        if all(sign in tensors for sign in _SIGNS) and any(head in tensors for head in _HEADS):
            return part, tensors
    return None


def _notes(opts: Mapping[str, Any], *, with_mean: bool) -> tuple[str, ...]:
    notes = []
    if not opts.get("encoder_type"):
        notes.append("the file does not name its encoder: e4e looks like pSp, pSp is assumed")
    if not with_mean:
        notes.append("there is no mean code in the file: codes are as the encoder gives them")
    return tuple(notes)


def _text(encoder: str, sizes: Mapping[str, int]) -> str:
    rows, w_dim = sizes["num_ws"], sizes["w_dim"]
    return f"{encoder} with an IR-SE backbone, {rows} rows of {w_dim} for {sizes['resolution']} px"
