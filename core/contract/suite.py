"""The one test of the contract kit: import it into a test file to run it there."""

from __future__ import annotations

from styletalker.core.contract.case import ContractCheck

__all__ = ["test_contract"]


def test_contract(styletalker_check: ContractCheck) -> None:
    """One check of one component; pytest runs it for each of both."""
    styletalker_check()
