"""The notebooks as pages: text and code as they are, and with `run` what the code shows, pictures included."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import nbformat


def write(folder: Path, to: Path, *, run: bool) -> None:
    files = sorted(folder.glob("*.ipynb"))
    for file in files:
        notebook = nbformat.read(file, as_version=4)
        if run:
            from nbclient import NotebookClient

            NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(folder)}}).execute()
        cells = [_cell(cell, to, f"{file.stem}-{k}") for k, cell in enumerate(notebook.cells)]
        (to / f"{file.stem}.md").write_text(
            "\n\n".join(cells) + f"\n\nThis page is [a notebook](../../notebooks/{file.name}).\n"
        )
    tree = "\n".join(file.stem for file in files)
    words = "Each asks a question, answers it with pictures, and leaves exercises. They run in under a minute each."
    (to / "notebooks.md").write_text(f"# Notebooks\n\n{words}\n\n```{{toctree}}\n\n{tree}\n```\n")


def _cell(cell: nbformat.NotebookNode, to: Path, stem: str) -> str:
    if cell.cell_type == "markdown":
        return re.sub(r"\]\(\.\./docs/", "](../", cell.source)
    shown = [_output(output, to, f"{stem}-{k}") for k, output in enumerate(cell.outputs)]
    return "\n\n".join([f"```python\n{cell.source}\n```", *filter(None, shown)])


def _output(output: nbformat.NotebookNode, to: Path, stem: str) -> str:
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```" if output.name == "stdout" else ""
    data = output.get("data", {})
    if "image/png" in data:
        (to / f"{stem}.png").write_bytes(base64.b64decode(data["image/png"]))
        return f"![a picture]({stem}.png)"
    if "text/html" in data:
        return f"```{{raw}} html\n{data['text/html']}\n```"
    return f"```text\n{data['text/plain']}\n```" if "text/plain" in data else ""
