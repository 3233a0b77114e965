"""Rules about who may speak to whom: every pod is under a policy, what is needed is let through, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from .manifests import SERVICES, Manifests, Object, Pod, said, selects
from .rule import rule

GRPC, POSTGRESQL, NATS = 50051, 5432, 4222
SISTERS = tuple(service for service in SERVICES if service != "profile")

# By component: who must reach whom, where both are in one overlay.
NEEDED = [
    *(("profile", sister, GRPC) for sister in SISTERS),
    *((service, "postgresql", POSTGRESQL) for service in (*SERVICES, "migration")),
    *((service, "nats", NATS) for service in SERVICES),
]


def policies_of(manifests: Manifests, pod: Pod, direction: str) -> list[Object]:
    """The policies that a pod is under, in one direction: `Ingress` or `Egress`."""
    return [
        policy
        for policy in manifests.of_kind("NetworkPolicy")
        if direction in policy["spec"].get("policyTypes", []) and selects(policy["spec"]["podSelector"], pod.labels)
    ]


def lets_through(policy: Object, direction: str, other: Pod, port: int) -> bool:
    """Whether a policy lets a pod of the same namespace through on a port."""
    rules, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for allowed in policy["spec"].get(rules, []):
        ports = allowed.get("ports")
        if ports and all(value["port"] != port for value in ports):
            continue
        if peers not in allowed:
            return True
        for peer in allowed[peers]:
            # Addresses and other namespaces are not pods of this one.
            if "podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], other.labels):
                return True
    return False


def may_reach(manifests: Manifests, source: Pod, target: Pod, port: int) -> bool:
    """Whether the policies of both ends let a connection through."""
    out = any(lets_through(policy, "Egress", target, port) for policy in policies_of(manifests, source, "Egress"))
    into = any(lets_through(policy, "Ingress", source, port) for policy in policies_of(manifests, target, "Ingress"))
    return out and into


@rule("manifests")
def every_pod_is_under_a_policy(manifests: Manifests) -> Iterator[str]:
    """Without a policy in a direction, everything is let through in it."""
    for pod in manifests.pods():
        for direction in ("Ingress", "Egress"):
            if not policies_of(manifests, pod, direction):
                yield f"{pod.where} is under no NetworkPolicy for {direction}; add one, or a deny-by-default for all"


@rule("manifests")
def policies_select_something(manifests: Manifests) -> Iterator[str]:
    """A policy that selects no pod guards nothing: its labels are misspelt or outdated."""
    for policy in manifests.of_kind("NetworkPolicy"):
        if not any(selects(policy["spec"]["podSelector"], pod.labels) for pod in manifests.pods()):
            yield f"{said(policy)} selects no pod; mend its podSelector"


@rule("manifests")
def needed_connections_are_let_through(manifests: Manifests) -> Iterator[str]:
    """What the services need of each other and of their stores."""
    pods = {pod.component: pod for pod in manifests.pods()}
    for source, target, port in NEEDED:
        if source in pods and target in pods and not may_reach(manifests, pods[source], pods[target], port):
            yield f"{pods[source].where} cannot reach {pods[target].where} on {port}; let both ends' policies allow it"


@rule("manifests")
def other_connections_are_refused(manifests: Manifests) -> Iterator[str]:
    """Whoever takes one pod over must not reach more from it than that pod needs."""
    pods = {pod.component: pod for pod in manifests.pods()}
    for source in pods.values():
        for target in pods.values():
            ports = {port["containerPort"] for _, part in target.containers() for port in part.get("ports", [])}
            for port in sorted(ports):
                needed = (source.component, target.component, port) in NEEDED
                if source is not target and not needed and may_reach(manifests, source, target, port):
                    yield f"{source.where} can reach {target.where} on {port} and need not; narrow the policies"


@rule("manifests")
def stores_can_be_reached(manifests: Manifests) -> Iterator[str]:
    """Where PostgreSQL and NATS are elsewhere, a policy must still let the way to them open."""
    if "database" not in manifests.configuration():
        return
    for pod in manifests.pods():
        if not pod.is_service and pod.component != "migration":
            continue
        ports = {
            port["port"]
            for policy in policies_of(manifests, pod, "Egress")
            for allowed in policy["spec"].get("egress", [])
            for port in allowed.get("ports", [])
        }
        needed = {POSTGRESQL, 53} | ({NATS} if pod.is_service else set())
        for port in sorted(needed - ports):
            yield f"{pod.where} is let out to no port {port}; add it to a NetworkPolicy for its egress"
