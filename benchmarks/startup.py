"""First and second call of `evo run`, and of `import evo`, as whole processes.

    python benchmarks/startup.py [--repeats 5]

The first call compiles the kernels into an empty cache; the second finds them there. The run is one short flow, so what
is timed is the start.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """
strategies: [hawk, dove]
game: {kind: matrix, payoffs: [[-1, 2], [0, 1]]}
dynamics: {kind: replicator}
run: {generations: 1}
"""


def seconds(command: list[str], environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "short.yaml")
        config.write_text(CONFIG)
        environment = {**os.environ, "EVO_CACHE_DIR": str(Path(folder, "cache"))}
        run = [sys.executable, "-m", "evo.cli", "run", str(config), "--no-plots", "--out"]
        print(f"evo run, first call:   {seconds([*run, str(Path(folder, 'first'))], environment):6.2f} s (compiles)")
        again = [seconds([*run, str(Path(folder, f"run{k}"))], environment) for k in range(asked.repeats)]
        print(f"evo run, later calls:  {statistics.median(again):6.2f} s (median of {asked.repeats})")
        imports = [seconds([sys.executable, "-c", "import evo"], environment) for _ in range(asked.repeats)]
        bare = [seconds([sys.executable, "-c", ""], environment) for _ in range(asked.repeats)]
        print(
            f"import evo:            {statistics.median(imports) - statistics.median(bare):6.3f} s beyond Python's own start"
        )


if __name__ == "__main__":
    main()
