"""The espeak-ng shared library with every static at its initial value.

espeak-ng keeps its state in C globals, and part of it outlives a call, a change of
voice and even ``espeak_Terminate``: function-local statics of ``wavegen.c`` (the
position in the pitch-flutter table, the automatic gain, the cycle counter) that nothing
resets. Flutter moves the pitch, a segment ends at the end of a pitch cycle, so the same
sentence comes out a few milliseconds longer or shorter the second time. Setting the
random seed doesn't help against that.

The cure is to load the shared library anew for every request and unload it after: the
same request then gives the same bytes whatever was synthesised before, in any process.
Loading and initialising costs about half a millisecond. Where a library can't be
unloaded (another package holds it, a C library that never unloads), a private temporary
copy is loaded instead, which has statics of its own.

Threads: calls are serialised by a lock. Processes: nothing is shared, and a fork in the
middle of a call leaves the child able to synthesise. Not for use in signal handlers.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from styletalker.core.errors import RunError, compose

__all__ = ["DATA_FOLDER", "LIBRARY", "Recorder", "fresh_library"]

DATA_FOLDER = Path(espeakng_loader.get_data_path())
"""espeak's data: accents under ``lang``, voice variants under ``voices/!v``."""

LIBRARY = str(espeakng_loader.get_library_path())
"""The shared library."""

_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_EVENT_END, _EVENT_PHONEME, _EVENT_RATE = 0, 7, 8


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)

_lock = threading.Lock()


def _forget_lock() -> None:
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_lock)


def _is_loaded(path: str) -> bool:
    try:
        handle = ctypes.CDLL(path, mode=os.RTLD_NOLOAD | os.RTLD_LAZY)
    except OSError:
        return False
    _close(handle)  # a successful look-up counts as one more user
    return True


def _close(library: ctypes.CDLL) -> None:
    close = ctypes.CDLL(None).dlclose
    close.argtypes = [ctypes.c_void_p]
    close(library._handle)


@contextmanager
def fresh_library() -> Iterator[ctypes.CDLL]:
    """The espeak library with every static at its initial value, unloaded afterwards."""
    with _lock, tempfile.TemporaryDirectory() if _is_loaded(LIBRARY) else nullcontext() as folder:
        library = ctypes.CDLL(shutil.copy(LIBRARY, folder) if folder else LIBRARY)
        try:
            options = _PHONEME_EVENTS | _DONT_EXIT
            data = os.fsencode(DATA_FOLDER)
            if library.espeak_Initialize(_SYNCHRONOUS, 0, data, options) <= 0:
                raise RunError(compose("espeak-ng can't find its data", given=str(DATA_FOLDER)))
            yield library
        finally:
            library.espeak_Terminate()
            _close(library)


class Recorder:
    """Collects what espeak hands over while it synthesises."""

    def __init__(self) -> None:
        self.pieces: list[NDArray[np.int16]] = []
        self.events: list[tuple[int, str]] = []
        self.rate_hz = 22_050
        self.callback = _Callback(self._receive)  # kept alive as long as the recorder

    def _receive(
        self,
        samples: ctypes._Pointer[ctypes.c_short],
        count: int,
        events: ctypes._Pointer[_Event],
    ) -> int:
        if samples and count > 0:
            self.pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        i = 0
        while events[i].type != _EVENT_END:
            if events[i].type == _EVENT_PHONEME:
                mnemonic = bytes(events[i].id.string).split(b"\0")[0].decode("utf-8", "replace")
                self.events.append((int(events[i].sample), mnemonic))
            elif events[i].type == _EVENT_RATE:
                self.rate_hz = int(events[i].id.number)
            i += 1
        return 0
