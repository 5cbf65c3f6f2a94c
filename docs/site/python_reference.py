"""The Python reference: a page for each public module, which Sphinx fills from the docstrings."""

from __future__ import annotations

MODULES = {
    "evo": "What one imports first: load, simulate, run, and what they give.",
    "evo.exact": "Exact answers, computed and not sampled.",
    "evo.plots": "Pictures of a result, or of an exact answer.",
    "evo.tipping": "What tips a system, and what moves the tipping point.",
    "evo.interventions": "What may be done to a population on the way.",
    "evo.graphs": "Graphs by name, of files and of other libraries.",
    "evo.organisations": "Organisations that decide.",
    "evo.traits": "Continuous traits.",
}


def pages() -> dict[str, str]:
    """The text of each page, by the name of its file, and that of the list of them."""
    rows = "\n".join(f"| [{module}]({_file(module)}.md) | {words} |" for module, words in MODULES.items())
    tree = "\n".join(map(_file, MODULES))
    index = f"# Python reference\n\n| module | |\n| --- | --- |\n{rows}\n\n```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    return {"reference": index} | {_file(module): _page(module) for module in MODULES}


def _page(module: str) -> str:
    options = "   :members:\n   :imported-members:\n" if module != "evo" else ""
    inside = f".. automodule:: {module}\n{options}" if options else _entries(module)
    return f"# {module}\n\n```{{eval-rst}}\n{inside}```\n"


def _entries(module: str) -> str:
    """Names that are imported when they are first used are not seen by automodule: one entry for each."""
    import inspect
    from importlib import import_module

    found = import_module(module)
    entries = []
    for name in found.__all__:
        value = getattr(found, name)
        if inspect.isclass(value):
            entries.append(f".. autoclass:: {value.__module__}.{name}\n   :members:\n")
        elif inspect.isfunction(value):
            entries.append(f".. autofunction:: {value.__module__}.{name}\n")
    return "\n".join(entries)


def _file(module: str) -> str:
    return "reference_" + module.replace(".", "_")
