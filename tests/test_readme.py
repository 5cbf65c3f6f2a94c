"""What README and the docs show runs as it is shown."""

import re
from pathlib import Path

import pytest

import evo
from evo.loading import loads

ROOT = Path(__file__).parent.parent
PYTHON = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
SWEEPS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "config.md").read_text(), re.DOTALL)
LINKS = [
    (page, target)
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    if not target.startswith("_generated/")  # made with the site, which is built without warnings
]


@pytest.mark.parametrize("block", PYTHON)
def test_python_in_the_readme(block, monkeypatch):
    monkeypatch.chdir(ROOT)
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("block", SWEEPS)
def test_sweeps_in_the_docs(block):
    rest = (ROOT / "configs" / "big_shift.yaml").read_text().split("sweep:")[0]
    experiment = loads(rest + block)
    assert isinstance(experiment, evo.Experiment)
    assert sum(part.size for part in experiment.sweep) > 1


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_links_lead_somewhere(page, target):
    assert (page.parent / target).exists()
