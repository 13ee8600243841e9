"""Divide given cells with somebody else's library, for ``gridcenter bench division``.

Runs in an environment of its own (see `bench.division`) and imports nothing of ours. Reads a JSON
document from the path given first: ``cells`` (WKB in hex, metres), ``households``, ``pairs`` (borders),
``areas``, ``least``, ``mean``, ``seed``, ``bursts``; the second argument is the method. Writes ``{"seconds",
"owner", "remark"}`` to standard output. Only the dividing is timed: cells and their graph are given.
"""

from __future__ import annotations

import json
import random
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

EPSILONS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0, 4.0)


def main() -> None:
    """Read, divide, write."""
    warnings.simplefilter("ignore")
    given = json.loads(Path(sys.argv[1]).read_text())
    method = METHODS[sys.argv[2]]
    work = method(given)
    owner, remark, seconds = work()
    sys.stdout.write(json.dumps({"seconds": seconds, "owner": owner, "remark": remark}))


Work = Callable[[], tuple[list[int], str, float]]


def gerrychain(given: dict[str, Any]) -> Work:
    """ReCom in short bursts towards the lowest spread, from a recursive tree partition.

    The tolerance is the narrowest of some at which a partition is found, none so narrow that the largest
    cell by itself breaks it; what was tried in vain before is not timed, as if a person had known it.
    """
    import networkx
    from gerrychain import Graph, Partition, accept, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom
    from gerrychain.tree import bipartition_tree

    plain = networkx.Graph()
    for cell, households in enumerate(given["households"]):
        plain.add_node(cell, households=households)
    plain.add_edges_from(given["pairs"])
    graph = Graph.from_networkx(plain)
    mean = given["mean"]

    def spread(partition: Any) -> float:
        return float(sum((h - mean) ** 2 for h in partition["households"].values()))

    def start(epsilon: float) -> Any:
        return Partition.from_random_assignment(
            graph,
            given["areas"],
            epsilon,
            "households",
            updaters={"households": updaters.Tally("households")},
            partition_fn=partial(
                recursive_tree_part, method=partial(bipartition_tree, max_attempts=300)
            ),
            rng=random.Random(given["seed"]),  # noqa: S311
        )

    def work() -> tuple[list[int], str, float]:
        least = max(given["households"]) / mean - 1.0
        for epsilon in [e for e in EPSILONS if e > least] or [least + 0.01]:
            began = time.perf_counter()
            try:
                first = start(epsilon)
                break
            except Exception:  # noqa: S112 - it has many ways to say that it cannot
                continue
        else:
            raise SystemExit("no partition at any tolerance")
        proposal = partial(
            recom,
            pop_col="households",
            pop_target=mean,
            epsilon=epsilon,
            bipartition_tree_fn=partial(
                bipartition_tree, max_attempts=300, allow_pair_reselection=True
            ),
        )
        chance = random.Random(given["seed"])  # noqa: S311
        optimizer = SingleMetricOptimizer(proposal, [], first, spread, maximize=False, rng=chance)
        for _ in optimizer.short_bursts(10, given["bursts"], accept.always_accept):
            pass
        best = optimizer.best_part or first
        seconds = time.perf_counter() - began
        owner = [int(best.assignment[cell]) for cell in range(len(plain))]
        return owner, f"epsilon {epsilon:g}, {10 * given['bursts']} steps", seconds

    return work


def _frame(given: dict[str, Any]) -> tuple[Any, Any]:
    """The cells as a frame with their middles as attributes, and the same neighbours as weights."""
    import geopandas
    import libpysal
    import shapely

    cells = shapely.from_wkb([bytes.fromhex(text) for text in given["cells"]])
    middle = shapely.get_coordinates(shapely.centroid(cells))
    frame = geopandas.GeoDataFrame(
        {"households": given["households"], "x": middle[:, 0], "y": middle[:, 1]}, geometry=cells
    )
    near: dict[int, list[int]] = {cell: [] for cell in range(len(cells))}
    for one, other in given["pairs"]:
        near[one].append(other)
        near[other].append(one)
    return frame, libpysal.weights.W(near, silence_warnings=True)


def _seed(given: dict[str, Any]) -> None:
    import numpy

    numpy.random.seed(given["seed"])
    random.seed(given["seed"])


def max_p(given: dict[str, Any]) -> Work:
    """As many regions as possible of at least MIN households, near in place."""
    from spopt.region import MaxPHeuristic

    frame, weights = _frame(given)

    def work() -> tuple[list[int], str, float]:
        _seed(given)
        began = time.perf_counter()
        model = MaxPHeuristic(frame, weights, ["x", "y"], "households", given["least"], top_n=2)
        model.solve()
        return [int(label) for label in model.labels_], "", time.perf_counter() - began

    return work


def skater(given: dict[str, Any]) -> Work:
    """The minimum spanning tree, cut where places differ most."""
    from spopt.region import Skater

    frame, weights = _frame(given)

    def work() -> tuple[list[int], str, float]:
        _seed(given)
        began = time.perf_counter()
        model = Skater(frame, weights, ["x", "y"], n_clusters=given["areas"])
        model.solve()
        return [int(label) for label in model.labels_], "", time.perf_counter() - began

    return work


def azp(given: dict[str, Any]) -> Work:
    """Automatic zoning: regions near in place."""
    from spopt.region import AZP

    frame, weights = _frame(given)

    def work() -> tuple[list[int], str, float]:
        began = time.perf_counter()
        model = AZP(
            frame, weights, ["x", "y"], n_clusters=given["areas"], random_state=given["seed"]
        )
        model.solve()
        return [int(label) for label in model.labels_], "", time.perf_counter() - began

    return work


METHODS = {"gerrychain": gerrychain, "max-p": max_p, "SKATER": skater, "AZP": azp}

if __name__ == "__main__":
    main()
