"""Rules about the compose file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import jsonschema
import yaml

from .image import programs
from .manifests import DEPLOY
from .references import CREDENTIALS_IN_URL, SECRET_NAME
from .rule import rule
from .workloads import is_pinned

# Services that end by themselves, and such whose image has no program that could ask.
WITHOUT_HEALTH = {"rapport-migration", "collector"}
# What make-secrets makes, and what its head says to make first.
MADE = {"administrator", "owner", "service", "master.key", "owner.env", "service.env", "token/jwks.json"}
HOST = re.compile(r"\w+://(?:[^\s/@]+@)?([a-z][a-z0-9-]*)(?::\d+)")


class Compose(dict[str, Any]):
    """The compose file as compose reads it, with what it anchors put in place."""

    @classmethod
    def read(cls) -> Compose:
        """The file of the repository."""
        return cls(yaml.load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def files_of(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and files of configurations or secrets."""
    for name, value in part.items():
        if "file" in value:
            yield name, value["file"]


@rule("compose")
def the_file_has_its_shape(compose: Compose) -> Iterator[str]:
    """The Compose Specification."""
    file = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json")
    schema = json.loads(file.read_text(encoding="utf-8"))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(dict(compose)):
        yield f"{error.json_path}: {error.message[:200]}"


@rule("compose")
def names_are_there(compose: Compose) -> Iterator[str]:
    """Everything that is referred to: services, configurations, secrets, volumes, files."""
    services = compose["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if other not in services:
                yield f"{name} depends on {other}, which is no service; mend depends_on"
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                yield f"{name} waits until {other} is healthy, which has no healthcheck; add one"
        for part in ("configs", "secrets"):
            for value in service.get(part, []):
                source = value if isinstance(value, str) else value["source"]
                if source not in compose.get(part, {}):
                    yield f"{name} uses {source}, which is not among the {part}; add it there"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                if not (DEPLOY / source).exists():
                    yield f"{name} mounts {source}, which is not there; mend the path"
            elif source not in compose.get("volumes", {}):
                yield f"{name} mounts volume {source}, which is not declared; add it to volumes"
        for file in service.get("env_file", []):
            if file.removeprefix("secrets/") not in MADE:
                yield f"{name} reads {file}, which make-secrets does not make; make it there"
    for name, file in files_of(compose.get("configs", {})):
        if not (DEPLOY / file).is_file():
            yield f"configuration {name} is {file}, which is not there; mend the path"
    for name, file in files_of(compose.get("secrets", {})):
        if file.removeprefix("secrets/") not in MADE:
            yield f"secret {name} is {file}, which make-secrets does not make; make it there"


@rule("compose")
def hosts_are_services(compose: Compose) -> Iterator[str]:
    """The mounted rapport.toml and the variables call hosts that are services here."""
    texts = {"rapport.toml": (DEPLOY / compose["configs"]["rapport"]["file"]).read_text(encoding="utf-8")}
    for name, service in compose["services"].items():
        for key, value in (service.get("environment") or {}).items():
            texts[f"{name}: {key}"] = str(value)
    for where, text in texts.items():
        for host in HOST.findall(text):
            if host not in compose["services"]:
                yield f"{where} names host {host}, which is no service of the compose file; give one that name"


@rule("compose")
def services_are_contained(compose: Compose) -> Iterator[str]:
    """Limits, no privileges, a root that cannot be written to, versions, and ports for this machine alone."""
    for name, service in compose["services"].items():
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        for what in ("cpus", "memory"):
            if what not in limits:
                yield f"{name} has no limit of {what}; add deploy.resources.limits.{what}"
        if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"]:
            yield f"{name} can write to its root or keeps capabilities; set read_only: true and cap_drop: [ALL]"
        if "no-new-privileges:true" not in service.get("security_opt", []):
            yield f"{name} can gain privileges; set security_opt: [no-new-privileges:true]"
        if not is_pinned(service.get("image", "")):
            yield f"{name} runs {service.get('image')!r}; name a version or a digest"
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{name} publishes {port} to the network; publish it on 127.0.0.1"


@rule("compose")
def health_is_asked_for(compose: Compose) -> Iterator[str]:
    """What serves says whether it does."""
    for name, service in compose["services"].items():
        if name not in WITHOUT_HEALTH and "healthcheck" not in service:
            yield f"{name} has no healthcheck; add one"


@rule("compose")
def nothing_secret_is_written_out(compose: Compose) -> Iterator[str]:
    """Passwords are in files that git ignores."""
    for name, service in compose["services"].items():
        for key, value in (service.get("environment") or {}).items():
            if SECRET_NAME.search(key) or CREDENTIALS_IN_URL.search(str(value)):
                yield f"{name}: {key} is written out; put it into a file that make-secrets makes"


@rule("compose")
def every_program_is_served(compose: Compose) -> Iterator[str]:
    """The four services, each by its program, and none that the image does not have."""
    entries = {service.get("entrypoint", [""])[0] for service in compose["services"].values()} - {""}
    wanted = {f"/usr/local/bin/{program}" for program in programs() - {"rapport"}}
    for program in sorted(wanted ^ entries):
        yield f"{program} is not served, or is no program of the image; mend the entrypoint of its service"
