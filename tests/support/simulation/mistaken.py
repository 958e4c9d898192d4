"""A mistake in the program that this process has loaded; for a process that plays with it and ends.

Every function of the module gets the code that it would have with the mistake in it, so that
whoever has imported one makes the mistake, too.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING

from tests.support.environment import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.simulation.mutants import Mutant


def make_mistake(mutant: Mutant) -> None:
    """Make the mistake of a mutant from now on.

    Raises AssertionError where its line is not there once, or is outside all functions.
    """
    module = importlib.import_module(mutant.file.removesuffix(".py").replace("/", "."))
    path = PROJECT / mutant.file
    right = path.read_text(encoding="utf-8")
    assert right.count(mutant.line) == 1, f"{mutant.line!r} is not in {mutant.file} once"
    wrong = right.replace(mutant.line, mutant.becomes)
    codes = [_codes_of(compile(text, str(path), "exec")) for text in (right, wrong)]
    changed = {old: new for old, new in zip(*codes, strict=True) if old != new}
    made = 0
    for function in _functions(module, vars(module)):
        if function.__code__ in changed:
            function.__code__ = changed[function.__code__]
            made += 1
    assert made, f"{mutant.line!r} is in no function of {mutant.file}"


def _codes_of(code: CodeType) -> list[CodeType]:
    """Return the code of functions and methods, in the order of the text."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return [
        found
        for each in inner
        for found in ([each] if each.co_flags & CO_OPTIMIZED else _codes_of(each))
    ]


def _functions(module: ModuleType, place: object) -> Iterator[FunctionType]:
    """Yield the functions of a module, those behind decorators included."""
    if isinstance(place, FunctionType):
        if place.__module__ == module.__name__:
            yield place
        inner = [*vars(place).values()]
    elif isinstance(place, type):
        inner = [*vars(place).values()] if place.__module__ == module.__name__ else []
    elif isinstance(place, property | classmethod | staticmethod):
        inner = [getattr(place, name, None) for name in ("fget", "__func__")]
    else:
        inner = [*place.values()] if isinstance(place, Mapping) else []
    for each in inner:
        yield from _functions(module, each)
