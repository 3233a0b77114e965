"""Runs the rules on the files of the repository; with `--self-test`, on broken copies of them as well."""

from __future__ import annotations

import sys
from typing import Any

# Importing a module registers its rules.
from . import compose, configuration, image, network, references, schema, workloads  # noqa: F401
from .breaks import broken, rules_without_break
from .manifests import OVERLAYS, Manifests, Unrenderable, overlay_names, render
from .rule import RULES, rules_about


def things() -> list[tuple[str, str, Any]]:
    """What is looked at: the kind of thing, its name for sentences, and itself. Raises Unrenderable."""
    found: list[tuple[str, str, Any]] = [
        ("manifests", f"overlay {name}", Manifests(name, render(OVERLAYS / name))) for name in overlay_names()
    ]
    found.append(("compose", "deploy/compose.yaml", compose.Compose.read()))
    found.append(("image", "deploy/Dockerfile", image.Image.read()))
    return found


def check(found: list[tuple[str, str, Any]]) -> list[str]:
    """Everything that is wrong."""
    return [
        f"{name}: {wrong}  [{rule.name}]"
        for about, name, thing in found
        for rule in rules_about(about)
        for wrong in rule.judge(thing)
    ]


def self_test(found: list[tuple[str, str, Any]]) -> tuple[int, list[str]]:
    """Breaks one thing after the other; says how many, and which were not found."""
    judges = {rule.name: rule.judge for rule in RULES}
    missed = [
        f"no break shows that the rule {name} can fail; add one to deploy/checks/breaks.py"
        for name in rules_without_break()
    ]
    tried = 0
    for about, name, thing in found:
        for rule, changed in broken(about, thing):
            tried += 1
            if not list(judges[rule](changed)):
                missed.append(f"{name}: the rule {rule} does not find break number {tried} of deploy/checks/breaks.py")
    return tried, missed


def main() -> int:
    """Says what is wrong; 1 if anything is."""
    try:
        found = things()
    except Unrenderable as error:
        print(f"deploy: kustomize refuses an overlay; run `kubectl kustomize` on it: {error}", file=sys.stderr)
        return 1
    wrong = check(found)
    said = f"{len(RULES)} rules on {', '.join(name for _, name, _ in found)}"
    # Broken copies of what is broken already would show nothing.
    if "--self-test" in sys.argv[1:] and not wrong:
        tried, wrong = self_test(found)
        said += f"; {tried} breaks, each found by its rule"
    if wrong:
        print("deploy: these are to be mended:", file=sys.stderr)
        for sentence in wrong:
            print(f"  {sentence}", file=sys.stderr)
        return 1
    print(f"deploy: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
