"""What every generator must pass."""

from styletalker.core.contract.suite import test_contract  # noqa: F401
