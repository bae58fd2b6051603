"""A folder of PNG files, which appears as a whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from styletalker.core.errors import InputError, MediaError, RunError, compose
from styletalker.core.media.picture_track import check_frame
from styletalker.core.media.sink import FrameSink

__all__ = ["FrameWriter"]

_COMPRESSION = 3
"""zlib's level: a third of the default's time for a few percent more bytes."""


class FrameWriter(FrameSink):
    """Frames as ``frame-000000.png`` and on in a folder.

    They are written into a hidden folder beside it, which gets the name at the end.

    Args:
        folder: where they go; it must be new or empty.
        size: (height, width) that all frames must have; None takes the first frame's.

    Raises:
        InputError: the folder holds files already, or is a file.
        RunError: it cannot be made.
    """

    def __init__(self, folder: Path | str, *, size: tuple[int, int] | None = None) -> None:
        self.path = Path(folder)
        self._size = size
        self._written = 0
        self._done = False
        if self.path.is_dir() and any(self.path.iterdir()):
            fix = "Name a new folder, or empty this one."
            raise InputError(compose("the folder is not empty", where=str(folder), fix=fix))
        if self.path.exists() and not self.path.is_dir():
            raise InputError(compose("is a file", where=str(folder), expected="a folder"))
        self._temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(6)}")
        try:
            self._temporary.mkdir(parents=True)
        except OSError as error:
            raise RunError(self._failure(error)) from error

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Write the next frame [H, W, 3], uint8 RGB.

        Raises:
            InputError: it is no such array, or not of the size of the others.
            RunError: it cannot be written: no space is left, for instance.
        """
        try:
            check_frame(frame, self._written, self._size)
            self._size = (frame.shape[0], frame.shape[1])
            file = self._temporary / f"frame-{self._written:06d}.png"
            Image.fromarray(frame).save(file, format="PNG", compress_level=_COMPRESSION)
            self._written += 1
        except OSError as error:
            self.abort()
            raise RunError(self._failure(error)) from error
        except BaseException:
            self.abort()
            raise

    def close(self) -> None:
        """Give the folder its name; once that is done or given up, nothing happens.

        Raises:
            MediaError: there was no frame.
            RunError: it cannot be renamed; somebody else may have filled it.
        """
        if self._done:
            return
        self._done = True
        if not self._written:
            self.abort()
            raise MediaError(f"{self.path}: there is no frame to write")
        try:
            self._temporary.replace(self.path)
        except OSError as error:
            self.abort()
            raise RunError(self._failure(error)) from error

    def abort(self) -> None:
        """Give up: nothing is left."""
        self._done = True
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _failure(self, error: OSError) -> str:
        return f"{self.path}: cannot be written: {error.strerror or error}"
