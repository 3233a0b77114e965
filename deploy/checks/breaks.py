"""What each rule must find: the real files with one thing broken. Shows that no rule is there for nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .compose import Compose
from .image import Image
from .manifests import Manifests, Object
from .rule import RULES


@dataclass(frozen=True)
class Break:
    """One break: the rule that must find it, the overlay (for manifests), and how it is done."""

    rule: str
    overlay: str
    do: Callable[[Any], None]


BREAKS: list[Break] = []


def breaks(rule: str, overlay: str = "production") -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Registers a function that breaks something."""

    def register(do: Callable[[Any], None]) -> Callable[[Any], None]:
        BREAKS.append(Break(rule, overlay, do))
        return do

    return register


def loyalty(manifests: Manifests) -> Object:
    """The pods of the loyalty service."""
    deployment = manifests.named("Deployment", "rapport-loyalty")
    assert deployment, "the overlay has no Deployment rapport-loyalty"
    return deployment["spec"]["template"]["spec"]


def container(manifests: Manifests) -> Object:
    """The container of the loyalty service."""
    return loyalty(manifests)["containers"][0]


def change_configuration(manifests: Manifests, old: str, new: str) -> None:
    """Replaces text in rapport.toml."""
    for value in manifests.of_kind("ConfigMap"):
        text = value["data"].get("rapport.toml", "")
        if text:
            assert old in text, f"rapport.toml has no {old!r} to break"
            value["data"]["rapport.toml"] = text.replace(old, new)


# What stands for a value that is taken away. The tables below have a line for each break of one place: the rule, the
# path from the container (pod, object, file), and what is put there.
REMOVED = object()


def set_in(value: Any, path: str, to: Any) -> None:
    """Sets or removes what is at a path; numbers are places in lists."""
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in above:
        value = value[part]
    if to is REMOVED:
        del value[last]
    else:
        value[last] = to


IN_CONTAINER = [
    ("images_are_pinned", "image", "registry.example/rapport:latest"),
    ("images_are_pinned", "image", "registry.example/rapport"),
    ("resources_are_stated", "resources/limits/memory", REMOVED),
    ("resources_are_stated", "resources/requests", REMOVED),
    ("probes_are_there", "livenessProbe", REMOVED),
    ("readiness_asks_for_the_service", "readinessProbe", {"grpc": {"port": 50051}}),
    ("tls_ports_are_probed_with_tls", "livenessProbe", {"grpc": {"port": 50051}}),
    ("privileges_are_none", "securityContext/readOnlyRootFilesystem", False),
    ("privileges_are_none", "securityContext/allowPrivilegeEscalation", REMOVED),
    ("privileges_are_none", "securityContext/capabilities", {"drop": ["NET_RAW"]}),
    ("mounts_are_bounded_and_used", "volumeMounts/0/name", "nowhere"),
    ("secrets_are_references", "env/0", {"name": "RAPPORT_DATABASE__URL", "value": "postgres://db/loyalty"}),
    ("secrets_are_made_somewhere", "env/0/valueFrom/secretKeyRef/name", "rapport-unlisted"),
    ("databases_are_given", "env/0/valueFrom/secretKeyRef/name", "rapport-database-profile"),
    ("configured_files_are_mounted", "volumeMounts", []),
    ("configured_ports_are_open", "ports/1/containerPort", 9000),
    ("objects_have_their_shape", "volumeMount", []),
    ("services_find_their_pods", "ports/0/name", "http"),
]
IN_POD = [
    ("privileges_are_none", "securityContext/runAsNonRoot", False),
    ("privileges_are_none", "securityContext/seccompProfile", {"type": "Unconfined"}),
    ("privileges_are_none", "hostNetwork", True),
    ("api_tokens_are_not_mounted", "automountServiceAccountToken", True),
    ("api_tokens_are_not_mounted", "serviceAccountName", "default"),
    ("service_variables_are_off", "enableServiceLinks", REMOVED),
    ("ends_are_waited_for", "terminationGracePeriodSeconds", 30),
    ("production_survives_a_node", "topologySpreadConstraints", []),
    ("configuration_maps_are_there", "volumes/0", {"name": "configuration", "configMap": {"name": "lost"}}),
]
IN_OBJECT = [
    ("clients_see_every_pod", "Service", "rapport-loyalty", "spec/clusterIP", REMOVED),
    ("services_find_their_pods", "Service", "rapport-loyalty", "spec/selector", {"app.kubernetes.io/name": "rapport"}),
    ("disruption_budgets_match", "PodDisruptionBudget", "rapport-loyalty", "spec/selector/matchLabels", {"app": "x"}),
    ("disruption_budgets_match", "PodDisruptionBudget", "rapport-loyalty", "spec/maxUnavailable", 0),
    ("autoscalers_match", "HorizontalPodAutoscaler", "rapport-loyalty", "spec/scaleTargetRef/name", "loyalty"),
    ("autoscalers_match", "Deployment", "rapport-loyalty", "spec/replicas", 3),
    ("policies_select_something", "NetworkPolicy", "telemetry", "spec/podSelector", {"matchLabels": {"app": "x"}}),
    ("objects_have_their_shape", "Certificate", "rapport-loyalty", "spec/renewBefore", "soon"),
    ("objects_have_their_shape", "Deployment", "rapport-loyalty", "spec/template/spec/containers", None),
    ("sisters_can_be_called", "Certificate", "rapport-loyalty", "spec/dnsNames", ["elsewhere"]),
    ("stores_can_be_reached", "NetworkPolicy", "to-data", "spec/egress", []),
    ("services_come_after_the_migration", "Deployment", "rapport-loyalty", "metadata/labels", {}),
    ("services_come_after_the_migration", "Job", "rapport-migration", "metadata/labels", {"rapport/phase": "services"}),
    ("secrets_are_references", "ConfigMap", None, "data/more", "postgres://rapport:secret@db/loyalty"),
]
IN_CONFIGURATION = [
    ("callers_are_told_apart", 'issuer = "https://issuer.example/"', ""),
    ("configured_ports_are_open", 'listen = "0.0.0.0:50051"', 'listen = "0.0.0.0:50052"'),
    ("sisters_can_be_called", "https://rapport-loyalty:50051", "https://loyalty:50051"),
    ("sisters_can_be_called", "https://rapport-loyalty:50051", "http://rapport-loyalty:50051"),
    ("sisters_can_be_called", 'services = ["rapport-profile"]', 'services = ["anybody"]'),
]
IN_COMPOSE = [
    ("the_file_has_its_shape", "services/nats/comand", []),
    ("names_are_there", "services/grafana/depends_on", {"loki": {"condition": "service_healthy"}}),
    ("names_are_there", "configs/nats/file", "nats/lost.conf"),
    ("names_are_there", "secrets/owner/file", "secrets/lost"),
    ("hosts_are_services", "services/nats/environment", {"PEER": "nats://other:4222"}),
    ("services_are_contained", "services/nats/deploy", {}),
    ("services_are_contained", "services/nats/ports", ["4222:4222"]),
    ("services_are_contained", "services/nats/image", "nats:latest"),
    ("services_are_contained", "services/nats/cap_drop", []),
    ("health_is_asked_for", "services/nats/healthcheck", REMOVED),
    ("nothing_secret_is_written_out", "services/nats/environment", {"NATS_PASSWORD": "x"}),
    ("every_program_is_served", "services/rapport-loyalty/entrypoint", ["/usr/local/bin/rapport-points"]),
]
IN_DOCKERFILE = [
    ("copied_paths_are_there", "COPY crates /crates", "COPY crate /crate"),
    ("members_of_the_workspace_are_copied", "COPY tests/load /tests/load", ""),
    ("members_of_the_workspace_are_copied", "COPY tests/data /tests/data", ""),
    ("every_program_is_in_the_image", "target/dist/rapport-loyalty", ""),
    ("the_last_user_is_not_root", "USER 65532:65532", "USER nonroot"),
    ("base_images_are_pinned", "rust:1.95.0-slim-bookworm", "rust"),
    ("base_images_are_pinned", "--from=recipe", "--from=recipes"),
    ("the_compiler_is_that_of_the_repository", "RUSTUP_TOOLCHAIN=1.95.0", "RUSTUP_TOOLCHAIN=1.94.0"),
]


@breaks("every_pod_is_under_a_policy")
def no_denial_by_default(manifests: Manifests) -> None:
    """Without it, the migration is under no policy for what comes in."""
    manifests.objects = [value for value in manifests.objects if value["metadata"]["name"] != "deny-by-default"]


@breaks("needed_connections_are_let_through")
def no_way_from_profile(manifests: Manifests) -> None:
    """Customer 360 asks the three others."""
    manifests.objects = [value for value in manifests.objects if value["metadata"]["name"] != "from-profile"]


@breaks("needed_connections_are_let_through", "development")
def no_way_to_the_database(manifests: Manifests) -> None:
    """Every service needs its store."""
    manifests.objects = [value for value in manifests.objects if value["metadata"]["name"] != "to-data"]


@breaks("other_connections_are_refused", "development")
def open_to_all(manifests: Manifests) -> None:
    """A policy that lets everything through."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    manifests.objects.append({"kind": "NetworkPolicy", "metadata": {"name": "open"}, "spec": spec})


@breaks("callers_are_told_apart", "development")
def no_keys(manifests: Manifests) -> None:
    """Everybody could call as anybody."""
    change_configuration(manifests, 'jwks = "/etc/rapport/access/jwks.json"', "")


@breaks("secrets_are_references")
def a_secret_in_the_open(manifests: Manifests) -> None:
    """A secret among the manifests."""
    manifests.objects.append({"kind": "Secret", "metadata": {"name": "rapport-access"}, "data": {}})


@breaks("secrets_are_made_somewhere", "development")
def a_secret_that_nobody_makes(manifests: Manifests) -> None:
    """A secret that make-secrets does not print."""
    container(manifests)["env"][0]["valueFrom"]["secretKeyRef"]["name"] = "rapport-lost"


@breaks("production_survives_a_node")
def no_budget(manifests: Manifests) -> None:
    """Nothing holds a drain of nodes back."""
    manifests.objects = [value for value in manifests.objects if value["kind"] != "PodDisruptionBudget"]


def broken(about: str, base: Any) -> list[tuple[str, Any]]:
    """Every break of one kind of thing: the rule that must find it, and the broken copy."""
    done: list[tuple[str, Any]] = []

    def change(rule: str, do: Callable[[Any], None]) -> None:
        changed = copy.deepcopy(base)
        do(changed)
        done.append((rule, changed))

    if isinstance(base, Manifests):
        for item in BREAKS:
            if item.overlay == base.overlay:
                change(item.rule, item.do)
        if base.overlay == "production":
            for rule, path, to in IN_CONTAINER:
                change(rule, lambda manifests: set_in(container(manifests), path, to))
            for rule, path, to in IN_POD:
                change(rule, lambda manifests: set_in(loyalty(manifests), path, to))
            for rule, kind, name, path, to in IN_OBJECT:
                found = name or base.of_kind(kind)[0]["metadata"]["name"]
                change(rule, lambda manifests: set_in(manifests.named(kind, found), path, to))
            for rule, old, new in IN_CONFIGURATION:
                change(rule, lambda manifests: change_configuration(manifests, old, new))
    elif isinstance(base, Compose):
        for rule, path, to in IN_COMPOSE:
            change(rule, lambda compose: set_in(compose, path, to))
    elif isinstance(base, Image):
        for rule, old, new in IN_DOCKERFILE:
            assert old in base.dockerfile, f"the Dockerfile has no {old!r} to break"
            done.append((rule, Image(base.dockerfile.replace(old, new), base.ignored)))
        done.append(("copied_paths_are_there", Image(base.dockerfile, base.ignored.replace("!crates", ""))))
    return done


def rules_without_break() -> list[str]:
    """Rules that nothing here shows to be able to fail."""
    tables = (IN_CONTAINER, IN_POD, IN_OBJECT, IN_CONFIGURATION, IN_COMPOSE, IN_DOCKERFILE)
    shown = {item.rule for item in BREAKS} | {row[0] for table in tables for row in table}
    return sorted({rule.name for rule in RULES} - shown)
