"""The inverter ``mesh_fit``."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from styletalker.core.checks import check_shape
from styletalker.core.errors import InputError, compose
from styletalker.core.interfaces.generator import Generator
from styletalker.core.interfaces.inverter import Inversion, Inverter
from styletalker.plugins.dlib_face.analyser import Dlib
from styletalker.plugins.dlib_face.config import DlibConfig
from styletalker.plugins.mesh.codes import W_DIM
from styletalker.plugins.mesh.config import MeshFitConfig
from styletalker.plugins.mesh.find import fit_portrait
from styletalker.plugins.mesh.generator import Mesh
from styletalker.plugins.mesh.portrait import Portrait
from styletalker.plugins.mesh.track import follow
from torch import Tensor

__all__ = ["MeshFit"]

_WHITE = 255.0


class MeshFit(Inverter):
    """Fits the puppet's head to photos by their landmarks: half a second each, no network.

    Works with the generator ``mesh`` alone. ``invert`` returns a copy of it that shows the photos;
    their codes are all the same, since codes are changes from the photo. ``track`` reads pose,
    blinks, brows, smile and lips of any talking video, whoever is in it: changes from the video's
    own median pose and rest, so that a portrait keeps its own.

    **Landmarks** are dlib's, averaged over shifted boxes. The largest face of a picture counts.

    **Raises** InputError with words that say what would work, where there is no face or it is too
    small, turned away or unlike a face.
    """

    config: MeshFitConfig
    trainable = False
    partner = "mesh"

    def __init__(self, config: MeshFitConfig, *, resolution: int, num_ws: int, w_dim: int) -> None:
        super().__init__(config, resolution=resolution, num_ws=num_ws, w_dim=w_dim)
        if (num_ws, w_dim) != (1, W_DIM):
            problem = "mesh_fit works with the generator mesh only"
            expected, given = f"codes of 1 row of {W_DIM} channels", f"{num_ws} of {w_dim}"
            fix = "Choose type: mesh as the recipe's generator, or another inverter."
            raise InputError(compose(problem, expected=expected, given=given, fix=fix))
        self._still = Dlib(DlibConfig(boxes=config.boxes))
        self._moving = Dlib(DlibConfig(boxes=config.track_boxes))

    def invert(self, images: Tensor, generator: Generator) -> Inversion:
        """The portrait's code for each of the images [B, 3, H, W], and a generator that shows them.

        The images may have any size that *generator* has: see its ``at``.
        """
        if not isinstance(generator, Mesh):
            problem = "mesh_fit works with the generator mesh only"
            raise InputError(compose(problem, expected="Mesh", given=type(generator).__name__))
        side = generator.resolution
        sizes = check_shape("images", images, "B 3 H W", H=side, W=side)
        portraits = []
        for n, photo in enumerate(_pictures(images)):
            name = "the portrait" if sizes["B"] == 1 else f"portrait {n + 1} of {sizes['B']}"
            head = fit_portrait(photo, self._still, self.config, name)
            portraits.append(Portrait(photo=photo, head=head))
        ws = generator.mean_ws().to(images).expand(sizes["B"], -1, -1).clone()
        return Inversion(ws=ws, generator=generator.showing(portraits))

    def follow(self, frames: Iterable[NDArray[np.uint8]]) -> Tensor:
        """Codes [T, 1, 24] of a whole video [H, W, 3], relative to what is usual in it.

        Raises:
            InputError: there is no frame, or in more than half of them no face.
        """
        return torch.from_numpy(follow(frames, self._moving))[:, None]

    def track(self, frames: Tensor, portrait: Inversion) -> Tensor:
        """Codes [B, T, 1, 24] of videos [B, T, 3, H, W] of any size, of the same people or others.

        The portraits' own mouths are not shown: lips are closed unless the video's are open.
        """
        check_shape("frames", frames, "B T 3 H W", B=len(portrait.ws))
        codes = np.stack([follow(_pictures(video), self._moving) for video in frames])
        return torch.from_numpy(codes)[:, :, None].to(frames)


def _pictures(images: Tensor) -> NDArray[np.uint8]:
    """uint8 [N, H, W, 3] of images [N, 3, H, W] in [-1, 1]."""
    values = (images.detach().float() + 1) * (_WHITE / 2)
    pictures = values.round().clamp(0, _WHITE).to(torch.uint8).permute(0, 2, 3, 1)
    return np.ascontiguousarray(pictures.cpu().numpy())
