"""Populations: how many there are, who meets whom, and who learns from whom; one file per kind of structure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evo.populations.groups import Groups
from evo.populations.mixed import Infinite, WellMixed
from evo.populations.network import Network

__all__ = ["Groups", "Infinite", "Network", "Population", "WellMixed"]

Population = Annotated[Infinite | WellMixed | Groups | Network, Field(discriminator="kind")]
