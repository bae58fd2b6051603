"""Building blocks that several plug-ins share; offers no component itself."""
