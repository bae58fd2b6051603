"""The contract kit: what every component must pass, whoever wrote it.

It comes with the package as a pytest plug-in. An outside author writes one line in a test file::

    from styletalker.core.contract.suite import test_contract

and says in ``pyproject.toml`` which distribution is meant::

    [tool.pytest.ini_options]
    styletalker_contract = ["my-distribution"]
"""
