"""Manifests as they are applied: overlays rendered by the kustomize of kubectl."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

DEPLOY = Path(__file__).resolve().parent.parent
OVERLAYS = DEPLOY / "kubernetes" / "overlays"
SERVICES = ("profile", "feedback", "satisfaction", "loyalty")
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


class Unrenderable(Exception):
    """An overlay that kustomize refuses; the message is what it said."""


def render(folder: Path) -> list[Object]:
    """Renders a kustomization. Raises Unrenderable."""
    # Only the tool that the requirements pin, and no configuration of a cluster.
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "KUBECONFIG": os.devnull}
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder)], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    if done.returncode != 0:
        raise Unrenderable(done.stderr.strip())
    return [value for value in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if value]


@dataclass
class Pod:
    """What a Deployment, StatefulSet or Job makes pods of."""

    owner: Object
    labels: dict[str, str]
    spec: Object

    @property
    def where(self) -> str:
        """Kind and name of the owner, for sentences."""
        return said(self.owner)

    @property
    def kind(self) -> str:
        """Kind of the owner."""
        return self.owner["kind"]

    @property
    def component(self) -> str:
        """The service that it runs, or what else it is."""
        return self.labels.get(COMPONENT, self.labels.get(NAME, ""))

    def containers(self) -> Iterator[tuple[str, Object]]:
        """Every container with the words for it in a sentence."""
        for container in self.spec.get("initContainers", []) + self.spec.get("containers", []):
            yield f"{self.where}: container {container['name']}", container

    @property
    def is_service(self) -> bool:
        """Whether it is one of the four services."""
        return self.labels.get(NAME) == "rapport" and self.component in SERVICES


def said(value: Object) -> str:
    """Kind and name of an object."""
    return f"{value['kind']} {value['metadata']['name']}"


def selects(selector: Object | None, labels: dict[str, str]) -> bool:
    """Whether a label selector selects these labels. An empty one selects everything."""
    selector = selector or {}
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for expression in selector.get("matchExpressions", []):
        value, operator = labels.get(expression["key"]), expression["operator"]
        held = {
            "In": lambda: value in expression.get("values", []),
            "NotIn": lambda: value not in expression.get("values", []),
            "Exists": lambda: value is not None,
            "DoesNotExist": lambda: value is None,
        }[operator]()
        if not held:
            return False
    return True


@dataclass
class Manifests:
    """The objects of one overlay."""

    overlay: str
    objects: list[Object]

    def of_kind(self, *kinds: str) -> list[Object]:
        """Objects of some kinds."""
        return [value for value in self.objects if value["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object | None:
        """One object."""
        return next((value for value in self.of_kind(kind) if value["metadata"]["name"] == name), None)

    def pods(self) -> list[Pod]:
        """Everything that pods are made of."""
        return [
            Pod(owner, owner["spec"]["template"]["metadata"].get("labels", {}), owner["spec"]["template"]["spec"])
            for owner in self.of_kind("Deployment", "StatefulSet", "Job")
        ]

    def configuration(self) -> Object:
        """The rapport.toml that is mounted, as it is read by the programs."""
        for value in self.of_kind("ConfigMap"):
            if "rapport.toml" in value.get("data", {}):
                return tomllib.loads(value["data"]["rapport.toml"])
        return {}


def overlay_names() -> list[str]:
    """The overlays that there are."""
    return sorted(folder.name for folder in OVERLAYS.iterdir() if (folder / "kustomization.yaml").is_file())
