"""The abstract interfaces, one file each. Each docstring is the tutorial for its role.

Importing one of the neural roles imports torch; importing this package does not.
"""
