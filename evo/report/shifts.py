"""The smallest shifts on the page: which intervention tips, at which price, and where the runs do not tell."""

from __future__ import annotations

from dataclasses import dataclass

from evo.report.text import place_words
from evo.results import Result
from evo.shifts import by_price, trials


@dataclass(frozen=True)
class Shifts:
    """Sentences, as where and what; the one that compares prices; what counts as tipped."""

    sentences: tuple[tuple[str, str], ...]
    prices: str
    meaning: str


def shifts(result: Result) -> Shifts | None:
    """What a run says of the interventions that it tried, None where there are none."""
    tried = trials(result)
    if not tried:
        return None
    told = []
    for one in tried:
        where = ", ".join(filter(None, [one.part.replace("_", " "), place_words(one.place, result.experiment)]))
        told.append((_capital(where), one.statement if where else _capital(one.statement)))
    random = any(shift.random for one in tried for shift in one.shifts)
    meaning = f"Tips: {'; '.join(dict.fromkeys(one.meaning for one in tried))}"
    meaning += (
        "; in more than half of all runs, by Wilson's 95\u00a0% interval of the share of replicates." if random else "."
    )
    return Shifts(tuple(told), _capital(by_price(tried)), meaning)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
