"""`evo schema`: the JSON Schema of a config."""

from __future__ import annotations

import json

from evo.cli.words import plainly


@plainly
def schema() -> None:
    """Print the JSON Schema of a config, for editors that complete and check as you write."""
    from evo.loading import schema

    print(json.dumps(schema(), indent=2, ensure_ascii=False))
