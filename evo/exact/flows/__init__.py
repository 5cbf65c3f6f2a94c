"""Infinite populations: fields of every rule, their rest points, stability, basins, separatrices and branches."""
