"""The checks, one module per role: every function called ``check_*`` is one.

A check takes a :class:`~styletalker.core.contract.case.Case` and raises AssertionError, with a
message for the component's author, where the contract is not kept.
"""
