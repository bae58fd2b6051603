"""The report: a page that works offline, and tables for papers."""
