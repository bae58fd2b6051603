"""Recognises the public networks that metrics are made of."""

from __future__ import annotations

from styletalker.core.weights_file.file import WeightsFile
from styletalker.core.weights_file.fit import Fit
from styletalker.plugins.common.torch_file import public_state

__all__ = ["inception", "lpips_backbone", "lpips_heads"]

_INCEPTION = "Mixed_7c.branch_pool.conv.weight"
_CLASSES = 1008
"""Of the network of FID; torchvision's own Inception has 1000."""
_HEADS = tuple(f"lin{k}.model.1.weight" for k in range(5))
_FIRST: dict[tuple[int, ...], str] = {(64, 3, 11, 11): "AlexNet", (64, 3, 3, 3): "VGG-16"}
"""Shape of the first filter."""
_LAST = {"AlexNet": "features.10.weight", "VGG-16": "features.28.weight"}


def inception(file: WeightsFile) -> Fit | None:
    """The Inception network of FID."""
    state = public_state(file.tensors)
    if _INCEPTION not in state or state.shapes.get("fc.weight", (0,))[0] != _CLASSES:
        return None
    return Fit(tensors=state, options={}, architecture="Inception v3 as pytorch-fid has it")


def lpips_backbone(file: WeightsFile) -> Fit | None:
    """AlexNet or VGG-16 as torchvision publishes them."""
    state = public_state(file.tensors)
    kind = _FIRST.get(state.shapes.get("features.0.weight", ()))
    if kind is None or _LAST[kind] not in state:
        return None
    return Fit(tensors=state, options={}, architecture=kind)


def lpips_heads(file: WeightsFile) -> Fit | None:
    """The linear layers of LPIPS."""
    if set(file.tensors) != set(_HEADS):
        return None
    channels = [file.tensors.shapes[name][1] for name in _HEADS]
    kind = "AlexNet" if channels[1] == 192 else "VGG-16"
    return Fit(tensors=file.tensors, options={}, architecture=f"for {kind}: {channels} channels")
