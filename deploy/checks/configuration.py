"""Rules about rapport.toml and what is mounted, opened and named around it.

That the programs themselves can read the files is tested with their own code, in crates/process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from .manifests import SERVICES, Manifests, Pod
from .rule import rule

# After the calls have ended: relay, group commits, telemetry, closing of connections.
ENDING_SECONDS = 15


def paths_of(configuration: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every absolute path of a configuration, with its key."""
    for key, value in configuration.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from paths_of(value, f"{name}.")
        elif isinstance(value, str) and value.startswith("/"):
            yield name, value


def servers(manifests: Manifests) -> Iterator[Pod]:
    """The pods that read the configuration and serve."""
    for pod in manifests.pods():
        if pod.labels.get("app.kubernetes.io/name") == "rapport" and pod.kind != "Job":
            yield pod


@rule("manifests")
def configured_files_are_mounted(manifests: Manifests) -> Iterator[str]:
    """A file that the configuration names must be below a mount."""
    for pod in servers(manifests):
        for where, container in pod.containers():
            mounts = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            for key, path in paths_of(manifests.configuration()):
                if not any(path == mount or path.startswith(f"{mount}/") for mount in mounts):
                    yield f"{where} has nothing mounted at {path}, which {key} names; mount it"


@rule("manifests")
def configured_ports_are_open(manifests: Manifests) -> Iterator[str]:
    """The addresses of the configuration are the ports of the container."""
    configuration = manifests.configuration()
    wanted = {"grpc": configuration.get("listen", ""), "metrics": configuration.get("telemetry", {}).get("metrics", "")}
    for pod in servers(manifests):
        for where, container in pod.containers():
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            for name, address in wanted.items():
                if address != f"0.0.0.0:{ports.get(name)}":
                    yield f"{where}: port {name} is {ports.get(name)}, but rapport.toml listens on {address!r}"


@rule("manifests")
def callers_are_told_apart(manifests: Manifests) -> Iterator[str]:
    """On an open address the programs refuse to start without keys."""
    access = manifests.configuration().get("access", {})
    if not access.get("jwks") and not access.get("api_keys"):
        yield "rapport.toml has neither access.jwks nor access.api_keys; configure the keys of callers"
    if access.get("jwks") and not access.get("issuer"):
        yield "rapport.toml has access.jwks without access.issuer; name the issuer that tokens must come from"


@rule("manifests")
def ends_are_waited_for(manifests: Manifests) -> Iterator[str]:
    """Kubernetes must not kill what still ends the calls that it has taken."""
    grace = manifests.configuration().get("grace_seconds", 10)
    for pod in servers(manifests):
        asleep = max(
            container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            for _, container in pod.containers()
        )
        least = asleep + grace + ENDING_SECONDS
        if pod.spec.get("terminationGracePeriodSeconds", 30) < least:
            yield f"{pod.where} is killed before it has ended; set terminationGracePeriodSeconds to {least} or more"


@rule("manifests")
def databases_are_given(manifests: Manifests) -> Iterator[str]:
    """With a section [database], every service gets its address from a secret of its own."""
    if "database" not in manifests.configuration():
        return
    for pod in manifests.pods():
        if pod.labels.get("app.kubernetes.io/name") != "rapport":
            continue
        for where, container in pod.containers():
            variables = {value["name"]: value.get("valueFrom", {}) for value in container.get("env", [])}
            name = variables.get("RAPPORT_DATABASE__URL", {}).get("secretKeyRef", {}).get("name")
            if name != f"rapport-database-{pod.component}":
                yield f"{where} gets its database from {name}; use the secret rapport-database-{pod.component}"


@rule("manifests")
def sisters_can_be_called(manifests: Manifests) -> Iterator[str]:
    """The addresses of the sisters are services of this overlay, and certificates are valid for them."""
    configuration = manifests.configuration()
    names = {
        name: certificate["spec"]["secretName"]
        for certificate in manifests.of_kind("Certificate")
        for name in certificate["spec"]["dnsNames"]
    }
    scheme = "https" if "tls" in configuration else "http"
    for service, address in configuration.get("sisters", {}).items():
        url = urlsplit(address)
        found = manifests.named("Service", url.hostname or "")
        if url.scheme != scheme:
            yield f"sisters.{service} is {address}; it must begin with {scheme}://, as [tls] is or is not there"
        if service not in SERVICES or not found or url.port not in [port["port"] for port in found["spec"]["ports"]]:
            yield f"sisters.{service} is {address}, which is no Service of this overlay; name its Service and port"
        if scheme == "https" and url.hostname not in names:
            yield f"no Certificate is valid for {url.hostname}, which sisters.{service} calls; add it to its dnsNames"
    for name in configuration.get("access", {}).get("services", []):
        if name not in names:
            yield f"access.services trusts {name}, for which there is no Certificate; name what certificates say"
