"""The one test of the contract kit: import it into a test file to run it there."""

from __future__ import annotations

import pytest
from styletalker.core.contract.case import ContractCheck
from styletalker.core.registry import missing_modules

__all__ = ["test_contract"]


def test_contract(styletalker_check: ContractCheck) -> None:
    """One check of one component; pytest runs it for each of both.

    A component is skipped where an optional module that it needs is not installed.
    """
    component = styletalker_check.case.offer.component
    for module, requirement in missing_modules(component).items():
        pytest.skip(f"{component.name} needs {module}: pip install '{requirement}'")
    styletalker_check()
