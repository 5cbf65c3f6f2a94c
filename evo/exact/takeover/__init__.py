"""Two strategies: who takes over, when, and in a changing environment; closed forms."""
