"""pytest plug-in: one test per component and check, for the distributions that are named.

The distributions come from the ini option ``styletalker_contract`` or from ``--contract NAME`` on
the command line, which wins. This module is imported by every pytest in an environment that has
styletalker installed: it imports nothing else until a test asks for ``styletalker_check``.
"""

from __future__ import annotations

import pytest

__all__ = ["pytest_addoption", "pytest_generate_tests"]

_FIXTURE = "styletalker_check"
_INI = "styletalker_contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the ini entry."""
    text = "distribution whose styletalker components are to be tested (repeatable)"
    group = parser.getgroup("styletalker")
    group.addoption("--contract", action="append", default=[], metavar="NAME", help=text)
    parser.addini(_INI, text, type="args", default=[])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise every test that asks for ``styletalker_check``."""
    if _FIXTURE not in metafunc.fixturenames:
        return
    from styletalker.core.contract.case import checks_of
    from styletalker.core.errors import StyletalkerError
    from styletalker.core.registry import Registry

    names = metafunc.config.getoption("--contract") or metafunc.config.getini(_INI)
    if not names:
        raise pytest.Collector.CollectError(
            f"styletalker's contract kit does not know what to test: set {_INI} in the pytest "
            "configuration, or give --contract NAME, with the name of your distribution"
        )
    try:
        checks = checks_of(Registry.installed(), names)
    except StyletalkerError as error:
        raise pytest.Collector.CollectError(str(error)) from error
    metafunc.parametrize(_FIXTURE, checks, ids=[check.label for check in checks])
