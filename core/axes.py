"""The axis letters of every tensor in the toolkit, in one glossary.

Shapes are written in docstrings and in comments as ``[B, T, A]``. The same letters are used by
:func:`styletalker.core.checks.check_shape`, so that an error says which axis is wrong in words.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["AXES"]

AXES: Mapping[str, str] = {
    "B": "clips or images in a batch",
    "T": "video frames",
    "N": "windows of frames",
    "S": "audio samples",
    "C": "colour channels, RGB",
    "H": "image height in pixels",
    "W": "image width in pixels",
    "A": "audio features per frame",
    "L": "layers of the style code W+",
    "D": "channels of a style code",
    "Z": "motion latents per frame",
    "G": "channels of the generator's random input z",
    "E": "channels of an embedding",
    "K": "facial landmarks, 68 in iBUG order",
    "P": "animation parameters of the puppet",
    "F": "faces found in an image",
}
"""Axis letter -> what runs along it."""
