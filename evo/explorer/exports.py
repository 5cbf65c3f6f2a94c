"""The picture and the config as files to download, inside the page."""

from __future__ import annotations

import base64
import re

from markupsafe import Markup

from evo.experiment import Experiment
from evo.report.svg import tag, together


def links(experiment: Experiment, svg: str, config: str) -> Markup:
    """Links that hold the files themselves: they need neither a server nor a folder."""
    stem = re.sub(r"\W+", "_", experiment.title.lower()).strip("_") or "experiment"
    said = f"<desc>{Markup.escape(experiment.title)}\n{Markup.escape(config)}</desc>"  # says what made it
    whole = re.sub(r"(<svg[^>]*>)", lambda found: found[1] + said, svg, count=1)
    files = ((f"{stem}.svg", "image/svg+xml", whole), (f"{stem}.yaml", "application/yaml", config))
    return together(
        *(
            together(tag("a", name, href=_uri(kind, text), download=name, class_="evo-file"), Markup("&emsp;"))
            for name, kind, text in files
        )
    )


def _uri(kind: str, text: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"
