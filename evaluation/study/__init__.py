"""User studies: pages that people answer, answers that survive, an analysis with intervals."""
