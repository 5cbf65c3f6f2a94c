"""Collecting what is wrong with a config, so that all of it is told at once."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from evo._spec import ConfigError, ConfigProblem, ProblemError


class Problems:
    """Collects what is wrong with a config, so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[ConfigProblem] = []

    @contextmanager
    def at(self, *prefix: str | int) -> Generator[None]:
        """Take note of an error raised inside, with the path of what was being checked."""
        try:
            yield
        except ProblemError as error:
            self.add((*prefix, *error.path), error.message, error.hint)
        except ConfigError as error:
            for problem in error.problems:
                self.add((*prefix, *problem.path), problem.message, problem.hint)
        except ValueError as error:
            self.add(prefix, str(error))

    def add(self, path: tuple[str | int, ...], message: str, hint: str | None = None) -> None:
        self.found.append(ConfigProblem(path, None, message, hint))

    def stop(self) -> None:
        """Raise what was found, if anything was."""
        if self.found:
            raise ConfigError(self.found)
