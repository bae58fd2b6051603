"""The picture side of a video file: frames in, encoded one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Literal

import attrs
import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["PictureTrack", "Quality", "check_frame"]

Quality = Literal["lossless", "high", "playable"]
"""``lossless`` keeps every RGB value (few players show it), ``high`` is about 42 dB with full
colour resolution, ``playable`` plays everywhere."""


@attrs.frozen
class _Encoder:
    """A codec, its pixel format and its options."""

    codec: str
    pixels: str
    options: dict[str, str]


_X264: dict[Quality, _Encoder] = {
    "lossless": _Encoder("libx264rgb", "rgb24", {"qp": "0", "preset": "veryfast"}),
    "high": _Encoder("libx264", "yuv444p", {"crf": "8", "preset": "veryfast"}),
    "playable": _Encoder("libx264", "yuv420p", {"crf": "16", "preset": "medium"}),
}
_VP9_SPEED = {"deadline": "good", "cpu-used": "4"}
_VP9: dict[Quality, _Encoder] = {
    "lossless": _Encoder("libvpx-vp9", "gbrp", {"lossless": "1", **_VP9_SPEED}),
    "high": _Encoder("libvpx-vp9", "yuv444p", {"crf": "10", "b": "0", **_VP9_SPEED}),
    "playable": _Encoder("libvpx-vp9", "yuv420p", {"crf": "24", "b": "0", **_VP9_SPEED}),
}
_GIF = _Encoder("gif", "pal8", {})
_BT601 = 6
"""Number of the YCbCr matrix SMPTE 170M in ISO/IEC 23091-2; swscale's own choice for RGB."""
_LIMITED = 1
"""FFmpeg's number for luma from 16 to 235."""
_FASTEST_GIF = 50
"""Frames per second; players slow a GIF down whose frames are shorter than two hundredths."""


class PictureTrack:
    """A video track of a container that is being written.

    Args:
        container: the open output.
        fps: frames per second.
        size: (height, width) in pixels.
        quality: what to keep.
        tell_colours: write down that YCbCr was made by BT.601, which some players would guess
            otherwise for large pictures.

    Raises:
        InputError: the container's format cannot hold it.
    """

    def __init__(
        self,
        container: Any,
        *,
        fps: Fraction,
        size: tuple[int, int],
        quality: Quality,
        tell_colours: bool = True,
    ) -> None:
        encoder = _encoder_for(container.format.name, fps, quality)
        self._container = container
        self._step = 1 / fps
        self._size = size
        self._written = 0
        self._stream = container.add_stream(encoder.codec, rate=fps, options=encoder.options)
        height, width = size
        self._stream.width, self._stream.height = width, height
        odd = encoder.codec == "libx264" and (height % 2 or width % 2)
        self._pixels = "yuv444p" if odd else encoder.pixels
        self._stream.pix_fmt = self._pixels
        self._stream.thread_count = 1  # the bytes then depend on the frames alone
        if tell_colours and self._pixels.startswith("yuv"):
            self._stream.codec_context.colorspace = _BT601
            self._stream.codec_context.color_range = _LIMITED
        self._palette = _palette(height, width, self._step) if encoder is _GIF else None

    @property
    def written(self) -> int:
        """Frames written so far."""
        return self._written

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Encode the next frame [H, W, 3], uint8 RGB.

        Raises:
            InputError: it is no such array, or not of the track's size.
        """
        check_frame(frame, self._written, self._size)
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture.pts, picture.time_base = self._written, self._step
        for ready in self._prepared(picture):
            self._container.mux(self._stream.encode(ready))
        self._written += 1

    def close(self) -> None:
        """Encode what is still held back."""
        for ready in self._prepared(None):
            self._container.mux(self._stream.encode(ready))
        self._container.mux(self._stream.encode())

    def _prepared(self, picture: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """The picture as the encoder takes it; a GIF's goes through a palette of its own."""
        if self._palette is None:
            if picture is not None:
                yield picture
            return
        self._palette.push(picture)
        while True:
            try:
                ready: Any = self._palette.pull()
            except (BlockingIOError, EOFError):
                return
            ready.pts = round(ready.pts * ready.time_base / self._step)
            ready.time_base = self._step
            yield ready


def check_frame(frame: NDArray[np.uint8], number: int, size: tuple[int, int] | None) -> None:
    """Make sure that *frame* is uint8 [H, W, 3], and of (height, width) *size* unless None.

    Raises:
        InputError: it is not.
    """
    good = frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
    if good and frame.size and (size is None or frame.shape[:2] == size):
        return
    expected = f"uint8 [{size[0]}, {size[1]}, 3]" if size else "uint8 [H, W, 3]"
    given = f"{frame.dtype} {list(frame.shape)}"
    raise InputError(compose(f"frame {number} does not fit", expected=expected, given=given))


def _encoder_for(container: str, fps: Fraction, quality: Quality) -> _Encoder:
    if quality not in _X264:
        raise InputError(compose("no such quality", name=quality, choices=_X264))
    if container != "gif":
        return (_VP9 if container == "webm" else _X264)[quality]
    if quality == "lossless":
        problem = "a GIF holds 256 colours in a frame and cannot be lossless"
        raise InputError(compose(problem, fix="Write an MKV or PNG files."))
    if fps > _FASTEST_GIF:
        expected = f"at most {_FASTEST_GIF} frames per second in a GIF"
        raise InputError(compose("frame rate", expected=expected, given=float(fps)))
    return _GIF


def _palette(height: int, width: int, step: Fraction) -> Graph:
    """A filter that gives each frame the 256 colours that suit it best; it holds one frame."""
    graph = Graph()
    pixels: Any = "rgb24"  # a name will do
    source = graph.add_buffer(width=width, height=height, format=pixels, time_base=step)
    split = graph.add("split")
    colours = graph.add("palettegen", "stats_mode=single")
    apply = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=3")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(apply, 0, 0)
    split.link_to(colours, 1, 0)
    colours.link_to(apply, 0, 1)
    apply.link_to(sink)
    graph.configure()
    return graph
