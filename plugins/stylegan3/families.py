"""Which files hold a generator of StyleGAN3: NVIDIA's pickles, or their state alone."""

from __future__ import annotations

from styletalker.core.errors import CheckpointError
from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit
from styletalker.plugins.stylegan3.config import StyleGAN3Config
from styletalker.plugins.stylegan3.public import check_filters, from_public, options_of

__all__ = ["nvidia_generator"]

_SIGNS = ("synthesis.input.freqs", "synthesis.input.affine.bias", "mapping.fc0.bias")


def nvidia_generator(file: WeightsFile) -> Fit | None:
    """A generator under NVIDIA's names: ``G_ema`` of a pickle, or its state alone.

    Raises:
        CheckpointError: it is one, and cannot be used; the message says why.
    """
    part = next((p for p in ("G_ema", "G", "") if _has(file, p)), None)
    if part is None:
        return None
    tensors, given = file.tensors.under(part), file.arguments.get(part, {})
    try:
        options = options_of(tensors, given)
        config = StyleGAN3Config(**options)
        check_filters(tensors, config)
        state = from_public(tensors)
    except (CheckpointError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file.path}: {error}") from error
    kind = "R" if config.radial else "T"
    classes = f", {config.classes} classes" if config.classes else ""
    note = "what the file does not say is as published: frequencies, margin, clamp"
    return Fit(
        tensors=state,
        options=options,
        architecture=(
            f"StyleGAN3 generator, configuration {kind}, {config.resolution} px, "
            f"{config.layers + 2} rows of {config.w_dim}, channel_base {config.channel_base}, "
            f"channel_max {config.channel_max}{classes}"
        ),
        part=part,
        notes=() if given else (note,),
    )


def _has(file: WeightsFile, part: str) -> bool:
    return all((f"{part}.{sign}" if part else sign) in file.tensors for sign in _SIGNS)
