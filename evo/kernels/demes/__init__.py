"""Kernels of populations in groups: counts per group and strategy, and groups that win, split and die out as wholes."""
