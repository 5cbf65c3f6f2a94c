"""Continuous traits: adaptive dynamics, singular points and pairwise invasibility."""
