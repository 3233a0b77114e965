"""Rules about pods: what they may do, what they are given, how they are watched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .manifests import Manifests
from .rule import rule

PINNED = re.compile(r"^[^:@]+(:\d+/[^:@]+)?(:(?!latest$)[\w.-]+)?(@sha256:[0-9a-f]{64})?$")


def is_pinned(image: str) -> bool:
    """Whether an image is named by a tag other than `latest`, or by a digest."""
    match = PINNED.match(image)
    return bool(match and (match.group(2) or match.group(3)))


@rule("manifests")
def images_are_pinned(manifests: Manifests) -> Iterator[str]:
    """What runs must not change by itself."""
    for pod in manifests.pods():
        for where, container in pod.containers():
            if not is_pinned(container["image"]):
                yield f"{where} runs {container['image']!r}; name a version or a digest"


@rule("manifests")
def resources_are_stated(manifests: Manifests) -> Iterator[str]:
    """Without requests the scheduler overfills nodes; without limits one pod starves the others."""
    for pod in manifests.pods():
        for where, container in pod.containers():
            resources = container.get("resources", {})
            for part in ("requests", "limits"):
                for what in ("cpu", "memory"):
                    if what not in resources.get(part, {}):
                        yield f"{where} states no {part} of {what}; add resources.{part}.{what}"


@rule("manifests")
def probes_are_there(manifests: Manifests) -> Iterator[str]:
    """What serves is asked whether it has started, takes work, and is alive."""
    for pod in manifests.pods():
        if pod.kind == "Job":
            continue
        for where, container in pod.containers():
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{where} has no {probe}; add one"


@rule("manifests")
def readiness_asks_for_the_service(manifests: Manifests) -> Iterator[str]:
    """The health of the service by its name changes when the drain begins; that of the process does not."""
    for pod in manifests.pods():
        if not pod.is_service:
            continue
        name = f"rapport.{pod.component}.v1.{pod.component.capitalize()}Service"
        for where, container in pod.containers():
            probe = container.get("readinessProbe", {})
            asked = probe.get("grpc", {}).get("service") or " ".join(probe.get("exec", {}).get("command", []))
            if asked != name and f"-service={name}" not in asked.split():
                yield f"{where} is ready when {asked!r} is; ask for the health of {name}"


@rule("manifests")
def tls_ports_are_probed_with_tls(manifests: Manifests) -> Iterator[str]:
    """The gRPC probe of Kubernetes speaks no TLS: where the port does, every pod would be restarted for ever."""
    if "tls" not in manifests.configuration():
        return
    for pod in manifests.pods():
        for where, container in pod.containers():
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if "grpc" in container.get(probe, {}):
                    yield f"{where}: {probe} speaks no TLS, but rapport.toml has [tls]; take in components/tls"


@rule("manifests")
def privileges_are_none(manifests: Manifests) -> Iterator[str]:
    """The level `restricted` of the Pod Security Standards, and a root that cannot be written to."""
    for pod in manifests.pods():
        context = pod.spec.get("securityContext", {})
        if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
            yield f"{pod.where} may run as root; set securityContext.runAsNonRoot: true and runAsUser"
        if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{pod.where} has no seccomp profile; set securityContext.seccompProfile.type: RuntimeDefault"
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if pod.spec.get(field):
                yield f"{pod.where} shares {field} with its node; remove it"
        for volume in pod.spec.get("volumes", []):
            if "hostPath" in volume:
                yield f"{pod.where}: volume {volume['name']} is a folder of the node; use a claim or an emptyDir"
        for where, container in pod.containers():
            context = container.get("securityContext", {})
            for field, wanted in (("allowPrivilegeEscalation", False), ("readOnlyRootFilesystem", True)):
                if context.get(field) is not wanted:
                    yield f"{where} has not securityContext.{field}: {str(wanted).lower()}; set it"
            if context.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{where} keeps capabilities; set securityContext.capabilities to drop: [ALL]"
            if context.get("privileged") or context.get("runAsUser") == 0:
                yield f"{where} asks to be root or privileged; remove it"


@rule("manifests")
def api_tokens_are_not_mounted(manifests: Manifests) -> Iterator[str]:
    """Nothing here speaks to the Kubernetes API."""
    for pod in manifests.pods():
        if pod.spec.get("automountServiceAccountToken") is not False:
            yield f"{pod.where} mounts a token of the Kubernetes API; set automountServiceAccountToken: false"
        account = pod.spec.get("serviceAccountName")
        if not manifests.named("ServiceAccount", account or ""):
            yield f"{pod.where} runs as service account {account!r}, which is not there; add it"


@rule("manifests")
def service_variables_are_off(manifests: Manifests) -> Iterator[str]:
    """Kubernetes' variables for services begin with RAPPORT_ too, and the programs refuse unknown keys."""
    for pod in manifests.pods():
        if pod.spec.get("enableServiceLinks") is not False:
            yield f"{pod.where} gets variables such as RAPPORT_LOYALTY_SERVICE_HOST; set enableServiceLinks: false"


@rule("manifests")
def mounts_are_bounded_and_used(manifests: Manifests) -> Iterator[str]:
    """Every mount has its volume, every volume its mount, and no emptyDir fills the disk of a node."""
    for pod in manifests.pods():
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        claims = {claim["metadata"]["name"] for claim in pod.owner["spec"].get("volumeClaimTemplates", [])}
        mounted = {mount["name"] for _, container in pod.containers() for mount in container.get("volumeMounts", [])}
        for name in sorted(mounted - set(volumes) - claims):
            yield f"{pod.where} mounts {name}, which is no volume of it; add the volume"
        for name in sorted((set(volumes) | claims) - mounted):
            yield f"{pod.where} has a volume {name} that nothing mounts; remove it"
        for name, volume in volumes.items():
            if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
                yield f"{pod.where}: emptyDir {name} has no sizeLimit; set one"
