"""The metric components, one family a file."""
