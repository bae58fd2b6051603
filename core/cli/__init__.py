"""The command line, ``toolkit``: one file per subcommand; plug-ins bring further ones."""
