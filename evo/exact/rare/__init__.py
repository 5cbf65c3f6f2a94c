"""Rare mutations and weak or strong selection: chains of monomorphic states, alpha-rank, risk dominance, sigma."""
