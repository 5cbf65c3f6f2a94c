"""The site of docs/: what is made from the code says what the code says, and every picture of the gallery can be drawn."""

import re
import sys
from pathlib import Path

import config_language
import gallery
import notebook_pages
import pytest
import python_reference
import results_page
from test_plots import _assert_readable
from typer.main import get_command

import evo
from evo.cli import app

ROOT = Path(__file__).parent.parent


BLOCKS = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        found[1].strip()
        for page in PAGES
        for language, block in BLOCKS.findall(page.read_text())
        if language in ("", "sh", "bash")
        for found in re.finditer(r"^(?:\.venv/bin/)?evo ([^#\n]+)", block, re.MULTILINE)
    }
)


@pytest.mark.parametrize("picture", gallery.PICTURES, ids=lambda picture: picture.name)
@pytest.mark.rota
def test_the_gallery_is_drawn_by_the_code_that_it_shows(picture):
    figure = gallery.draw(picture)
    assert figure.axes
    _assert_readable(figure)
    _assert_readable(evo.plots.dark(figure))


def test_the_gallery_has_every_picture():
    others = {"PictureError", "animate", "dark", "draw", "draw_answers", "save", "dependence"}
    assert {picture.name.split("-")[0] for picture in gallery.PICTURES} == set(evo.plots.__all__) - others


def test_the_config_language_has_every_key_and_its_links_lead_somewhere():
    page = config_language.page()
    known = evo.schema()["$defs"]
    for name, kind in known.items():
        for key in set(kind.get("properties", {})) - {"kind"}:
            assert f"| `{key}` |" in page, f"{name}.{key}"
    headings = {config_language._anchor(line[3:]) for line in page.splitlines() if line.startswith("## ")}
    links = re.findall(r"\]\(#([^)]+)\)", page)
    assert len(links) > 50
    assert set(links) <= headings
    assert "[moran](#moran-moran)" in page


def test_the_reference_has_what_evo_offers():
    text = python_reference.pages()["reference_evo"]
    for name in ("load", "simulate", "run", "Experiment", "Result"):
        assert re.search(rf":: evo\.[\w.]*\b{name}\n", text)


def test_results_are_counted(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text('"""What a is.\n\nMore."""')
    cases = (
        '<testcase classname="tests.test_a" name="x"/><testcase classname="tests.test_a" name="y"><failure/></testcase>'
    )
    (tmp_path / "build" / "tests.xml").write_text(
        f'<testsuites><testsuite timestamp="2030-01-02T03:04:05">{cases}</testsuite></testsuites>'
    )
    page = results_page.page(tmp_path)
    assert "| `tests/test_a.py` | What a is. | 1 passed, 1 failed |" in page
    assert "2030-01-02 03:04" in page
    assert "No results" in results_page.page(ROOT / "docs")


def test_notebooks_become_pages(tmp_path):
    notebook_pages.write(ROOT / "notebooks", tmp_path, run=False)
    text = (tmp_path / "01_big_shift.md").read_text()
    assert text.startswith("# The Big Shift")
    assert 'evo.load("../configs/big_shift.yaml")' in text
    assert "01_big_shift" in (tmp_path / "notebooks.md").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_formulas_keep_their_asterisks(page):
    """Two asterisks between letters make an emphasis of what is between them and vanish; in backquotes they stay."""
    words = re.sub(r"`[^`]*`", "", BLOCKS.sub("", page.read_text()))
    assert not re.findall(r"[^\n|]*[\w)]\*[\w(][^\n|]*", words)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_in_the_docs_exist(command):
    """Command and options are parsed, nothing is run."""
    import shlex

    first, *rest = [word for word in shlex.split(command) if word not in ("\\", "...")]
    known = get_command(app).commands
    assert first in known
    known[first].make_context(first, rest)


@pytest.mark.slow
def test_the_site_is_built_without_warnings():
    import subprocess

    pytest.importorskip("sphinx")
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "site" / "build.py"), "--quick"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    site = ROOT / "docs" / "_build" / "site"
    misread = [page.name for page in site.rglob("*.html") if 'class="problematic"' in page.read_text()]
    assert not misread, "docstrings with |bars| or backquotes that mean something else to Sphinx"
    index = (site / "index.html").read_text()
    assert not re.findall(r'(?:src|href)="https?://[^"]+\.(?:js|css|woff2?)', index)
