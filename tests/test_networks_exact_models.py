"""`evo.exact.graph` of a model against the chain of the same model by enumeration (naive.GraphChain)."""

import naive
import numpy as np
import pytest
from test_networks_exact import CASES, FIVE, HOUSE, ONE_WAY, rule_case

from evo.exact import graph
from evo.model import Model

REFUSED = {  # a part of what the refusal says
    "compared at once": "all at once", "thinking at once": "all at once", "compared by the many": "conformity",
    "compared by the few": "conformity", "compared by success": "prestige", "compared by degree": "prestige",
    "copying the many": "conformity", "local, graph": "degree", "local, sums": "degree", "gaining, sums, none": "degree",
}  # fmt: skip
PLACES = {"ties": (HOUSE, False, None), "weights": (FIVE, False, None), "ways": (ONE_WAY, True, None),
          "own": (HOUSE, False, "own"), "all": (HOUSE, False, "all")}  # fmt: skip


def model_and_chain(name, place, **parts):
    edges, directed, scope = PLACES[place]
    config, ties = rule_case(name, edges, directed, "groups" if scope else None)
    if scope:
        config["population"]["scope"] = scope
    config |= parts
    return Model.model_validate(config), config, ties


def refuses(name, place):
    by_games = name in ("gaining, sums", "gaining, sums, graph") and place in ("own", "all")
    return REFUSED.get(name, "degree" if by_games else None)


@pytest.mark.pure
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.rota
def test_the_long_run(name, place):
    model, config, ties = model_and_chain(name, place)
    if words := refuses(name, place):
        with pytest.raises(ValueError, match=words):
            graph.stationary(model)
        return
    if place == "ways" and model.dynamics.kind in ("death_birth", "birth_death", "imitation") and name != "copying":
        return  # nobody's child comes to a node that looks at nobody, and so its strategy stays
    chain = naive.GraphChain(config, ties)
    shares = np.array([[state.count(s) / 5 for s in range(2)] for state in chain.states])
    assert graph.stationary(model).mean == pytest.approx(chain.stationary() @ shares, abs=1e-10)


@pytest.mark.pure
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["compared", "local", "gaining", "gaining, sums", "gaining, sums, graph", "copying",
                                  "copying others", "born", "dying"])  # fmt: skip
@pytest.mark.rota
def test_fixation(name, place):
    model, config, ties = model_and_chain(name, place, mutation={})
    if refuses(name, place):
        with pytest.raises(ValueError, match="degree"):
            graph.fixation(model, mutant="A", resident="B")
        return
    chain = naive.GraphChain(config, ties)
    if place == "ways" and name.startswith("gaining"):
        return  # some states are never left
    chance, _ = chain.takeover(0)
    alone = [chain.alone(0, i) for i in range(5)]
    assert graph.fixation(model, mutant="A", resident="B").at_vertex == pytest.approx(chance[alone], abs=1e-10)
