"""``toolkit new``: writing an installable plug-in package that passes the contract kit."""
