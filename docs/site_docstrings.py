"""Griffe extensions: what our docstrings say of "a, b" is told of each argument; examples are shown as code."""

from __future__ import annotations

import re
from typing import Any

import griffe

# One entry of a section: an indented "name:" or "name, name:" with the lines that are indented deeper.
SHARED = re.compile(r"^( +)(\w+(?:, \w+)+)(:(?:.*)(?:\n\1 +.*)*)$", re.M)
EXAMPLE = re.compile(r"^>>> .*(?:\n.+)*", re.M)  # to the next empty line
FLAG = re.compile(r" *# doctest:.*")


class SharedArguments(griffe.Extension):
    """Repeats an entry for several arguments once for each."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        if func.docstring is not None:
            func.docstring.value = apart(func.docstring.value, {parameter.name for parameter in func.parameters})


class Examples(griffe.Extension):
    """Fences doctests, which Markdown takes for quotations of quotations of quotations."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(docstring: str) -> str:
    """The docstring with its doctests as blocks of code, without flags.

    >>> fenced("Sum.\\n\\n>>> 1 + 1  # doctest: +SKIP\\n2\\n\\nMore.").splitlines()
    ['Sum.', '', '```pycon', '>>> 1 + 1', '2', '```', '', 'More.']
    """
    return EXAMPLE.sub(lambda example: f"```pycon\n{FLAG.sub('', example[0])}\n```", docstring)


def apart(docstring: str, arguments: set[str]) -> str:
    """The docstring with entries of its arguments taken apart; others, e.g. of attributes, stay.

    >>> print(apart("Sum.\\n\\nArgs:\\n    a, b: numbers,\\n        whole.\\n", {"a", "b"}))
    Sum.
    <BLANKLINE>
    Args:
        a: numbers,
            whole.
        b: numbers,
            whole.
    <BLANKLINE>
    """

    def each(entry: re.Match[str]) -> str:
        names = entry[2].split(", ")
        return "\n".join(entry[1] + name + entry[3] for name in names) if arguments.issuperset(names) else entry[0]

    return SHARED.sub(each, docstring)
