"""Expecting an error, with a message for the component's author where there is none."""

from __future__ import annotations

from collections.abc import Callable

from styletalker.core.errors import InputError

__all__ = ["expect_input_error"]


def expect_input_error(call: Callable[[], object], about: str) -> None:
    """Assert that *call* raises InputError and that the message says *about*."""
    try:
        call()
    except InputError as error:
        if about not in str(error):
            raise AssertionError(f"the message does not say {about!r}: {error}") from error
    except Exception as error:
        raise AssertionError(
            f"a wrong input raises {type(error).__name__} ({error}); raise InputError that names "
            f"{about!r}, for example with styletalker.core.checks.check_shape"
        ) from error
    else:
        raise AssertionError(f"a wrong {about} is accepted; raise InputError")
