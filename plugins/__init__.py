"""The built-in plug-ins, one folder each, found through entry points like anybody's."""
