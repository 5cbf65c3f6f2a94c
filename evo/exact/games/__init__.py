"""Games between two roles: Nash equilibria of plain matrices and of models."""
