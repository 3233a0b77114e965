"""What a rule is: a name, what it looks at, and a function that says what is wrong there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# A rule yields one sentence for everything that is wrong: where, what, and how to mend it.
Judge = Callable[[Any], Iterator[str]]


@dataclass(frozen=True)
class Rule:
    """One rule about one kind of thing: `manifests`, `compose` or `image`."""

    name: str
    about: str
    judge: Judge


RULES: list[Rule] = []


def rule(about: str) -> Callable[[Judge], Judge]:
    """Registers a function as a rule, under its own name."""

    def register(judge: Judge) -> Judge:
        RULES.append(Rule(judge.__name__, about, judge))
        return judge

    return register


def rules_about(about: str) -> list[Rule]:
    """The rules about one kind of thing."""
    return [rule for rule in RULES if rule.about == about]
