"""Whatever is cited by author and year stands in docs/sources.md, and nothing else does."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAME = r"(?:(?:van|von|De) )?[A-ZÀ-Þ][\w'ğ-]+(?: (?:Smith|Neumann))?"
CITED = re.compile(rf"({NAME})(?:(?:, | & | and ){NAME})*(?: et al\.)?,? \(?((?:19|20)\d\d)(?:, ((?:19|20)\d\d))?\b")
NO_AUTHORS = {"January", "July"}  # before a year


def works(text):
    """First author and year of every work that a text cites."""
    plain = re.sub(r"\s+", " ", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    found = {(first, year) for first, *years in CITED.findall(plain) for year in years if year}
    return {work for work in found if work[0] not in NO_AUTHORS}


def listed():
    rows = re.findall(r"^\| (.+?) \| .+ \|$", (ROOT / "docs" / "sources.md").read_text(), re.MULTILINE)[1:]
    return [row for row in rows if not row.startswith("---")]


def cited():
    pages = [page for page in (ROOT / "docs").rglob("*.md") if not {"_generated", "_build"} & set(page.parts)]
    texts = [ROOT / "README.md", *pages, *(ROOT / "evo").rglob("*.py"), *(ROOT / "configs").rglob("*.yaml")]
    return {work: text for text in texts if text.name != "sources.md" for work in works(text.read_text())}


def test_every_work_that_is_cited_is_listed():
    known = set().union(*map(works, listed()))
    assert {work: str(text.relative_to(ROOT)) for work, text in cited().items() if work not in known} == {}


def test_every_work_that_is_listed_is_cited():
    found = cited()
    assert [row for row in listed() if not works(row) <= found.keys()] == []


def test_a_citation_is_found_as_it_is_written():
    text = "[Karlin &\nTaylor 1975; van Veelen 2009], O'Cinneide (1993), Price 1970, 1972; Nowak et al. 2004 and Maynard Smith 1982"
    assert works(text) == {
        ("Karlin", "1975"), ("van Veelen", "2009"), ("O'Cinneide", "1993"), ("Price", "1970"), ("Price", "1972"),
        ("Nowak", "2004"), ("Maynard Smith", "1982"),
    }  # fmt: skip


def test_the_list_is_in_order():
    authors = [re.split(r" & |, | et al\.| \d", row)[0].lower() for row in listed()]
    assert authors == sorted(authors)
