"""Individuals on the nodes of a graph, one by one: who plays with whom, who learns from whom, and what an update does."""
