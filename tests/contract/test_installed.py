"""Everything styletalker brings passes the contract kit: there is no list of exceptions."""

from __future__ import annotations

from styletalker.core.contract.suite import test_contract

__all__ = ["test_contract"]
