"""Build the site of docs/ into docs/_build/site: `python docs/site/build.py [--quick]`, without the network.

What is made from the code goes to docs/_generated first: the config language from its JSON Schema, the gallery and the
notebooks by running them, the verification page from the results of `make test`. `--quick` runs neither gallery nor notebooks.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import config_language
import gallery
import notebook_pages
import python_reference
import results_page

DOCS = Path(__file__).parents[1]
MADE = DOCS / "_generated"


def main() -> int:
    quick = _quick()
    shutil.rmtree(MADE, ignore_errors=True)
    MADE.mkdir()
    (MADE / "config_language.md").write_text(config_language.page())
    (MADE / "verification_results.md").write_text(results_page.page(DOCS.parent))
    for name, text in python_reference.pages().items():
        (MADE / f"{name}.md").write_text(text)
    gallery.write(MADE, run=not quick)
    notebook_pages.write(DOCS.parent / "notebooks", MADE, run=not quick)
    from sphinx.cmd.build import main as sphinx

    return sphinx(["-c", str(DOCS / "site"), "-q", "-W", "--keep-going", str(DOCS), str(DOCS / "_build" / "site")])


def _quick() -> bool:
    parser = argparse.ArgumentParser(description="Build the site of docs/.")
    parser.add_argument("--quick", action="store_true", help="run neither the gallery nor the notebooks")
    return parser.parse_args().quick


if __name__ == "__main__":
    sys.exit(main())
