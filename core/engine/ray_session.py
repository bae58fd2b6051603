"""Being connected to Ray for a while, and keeping it quiet."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

from styletalker.core.engine.one_thread import ONE_THREAD, environment
from styletalker.core.errors import InputError, RunError, compose
from styletalker.core.run.environment import cores

__all__ = ["check_address", "load_ray", "quiet_data", "session"]

_STORE_BYTES = 128 << 20
"""Ray's shared memory on this machine. Results are small: videos go through files."""
_ANSWER_S = 5.0
"""How long the head of a cluster may take to answer."""
_NOT_LET_IN = "InvalidAuthToken"
"""In what Ray says when it is not let in."""
_OWN = "local"
"""The address that lets Ray start on this machine."""


def load_ray() -> Any:
    """The module ``ray`` with ``ray.data``.

    Raises:
        InputError: it is not installed.
    """
    try:
        with environment({"RAY_USAGE_STATS_ENABLED": "0"}), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray = importlib.import_module("ray")
            importlib.import_module("ray.data")
    except ImportError as error:
        fix = "pip install 'styletalker[distributed]', or leave --engine out."
        problem = f"Ray is not installed ({error})"
        raise InputError(compose(problem, where="--engine ray", fix=fix)) from error
    return ray


def check_address(address: str | None) -> None:
    """See that *address* is one at which a cluster can be.

    Raises:
        InputError: it is not.
    """
    if address is None or address in ("auto", _OWN):
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not (host and colon and port.isdigit()):
        expected = "auto, or HOST:PORT of the head of a cluster this machine belongs to"
        raise InputError(compose("--address", expected=expected, given=address))


@contextlib.contextmanager
def session(address: str | None, workers: int | None) -> Iterator[int | None]:
    """Connected to Ray; how many tasks may run at once, or None for as many as have a core.

    A Ray of our own ends with the block. One that the program has connected to is used as it is.

    Raises:
        InputError, RunError: there is no cluster, or Ray cannot start.
    """
    ray = load_ray()
    if ray.is_initialized():
        yield workers
        return
    address = address or os.environ.get("RAY_ADDRESS") or _OWN
    check_address(address)
    own = address == _OWN
    count = workers or cores() or 1
    options: dict[str, Any] = {"address": address}
    if own:
        options |= {"num_cpus": count, "object_store_memory": _STORE_BYTES}
        options |= {"include_dashboard": False}
    elif address != "auto":
        _see_that_it_answers(address)
    before = signal.getsignal(signal.SIGTERM)
    with _no_words_on_stdout():
        try:
            _connect(ray, options, address)
            yield count if own else workers
        finally:
            ray.shutdown()
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGTERM, before)


def _connect(ray: Any, options: dict[str, Any], address: str) -> None:
    # Our own workers find what this process finds, and the memory is watched by the kernel, which
    # ends the process of one item, not by Ray, which would start its task again and again.
    found = {
        **ONE_THREAD,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_memory_monitor_refresh_ms": "0",
    }
    try:
        with environment(found), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(log_to_driver=False, logging_level=logging.CRITICAL, **options)
    except (OSError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        if address == _OWN:
            raise RunError(compose(f"Ray cannot start on this machine: {text}")) from error
        fix = "Is this machine part of the cluster (`ray start --address`)?"
        if _NOT_LET_IN in str(error.__cause__):
            text = "the cluster asks for a token, which is missing or another one"
            fix = "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH to the file with its token."
        raise RunError(compose(f"no Ray at {address}: {text}", fix=fix)) from error


def _see_that_it_answers(address: str) -> None:
    """Ray itself waits for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER_S).close()
    except (OSError, OverflowError) as error:
        problem = f"no Ray cluster answers at {address}: {error}"
        fix = "Start one with `ray start --head`, or leave --address out."
        raise RunError(compose(problem, fix=fix)) from error


@contextlib.contextmanager
def quiet_data() -> Iterator[None]:
    """No bars, no words, and no limit of how long an item may take, for data sets made now."""
    context = load_ray().data.DataContext.get_current()
    wanted = {"enable_progress_bars": False, "execution_no_progress_timeout_s": -1}
    before = {name: getattr(context, name) for name in wanted}
    logger = logging.getLogger("ray.data")
    level = logger.level
    try:
        for name, value in wanted.items():
            setattr(context, name, value)
        logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)
        logger.setLevel(level)


@contextlib.contextmanager
def _no_words_on_stdout() -> Iterator[None]:
    """Threads of Ray print there what happens to its workers; standard output is for results."""
    before = sys.stdout
    words = _OwnWords(before)
    sys.stdout = words
    try:
        yield
    finally:
        if sys.stdout is words:
            sys.stdout = before


class _OwnWords:
    """A stream that takes what this thread prints, and logs what others do."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._thread = stream, threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return int(self._stream.write(text))
        if text.strip():
            logging.getLogger(__name__).info("%s", text.strip())
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
