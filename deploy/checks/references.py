"""Rules about what objects say of each other, and about secrets."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from .manifests import DEPLOY, Manifests, Object, Pod, said, selects
from .rule import rule

CREDENTIALS_IN_URL = re.compile(r"\w+://[^\s/:@]+:[^\s/@]+@")
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|MASTER_KEY|DATABASE__URL)$")


def secret_uses(pod: Pod) -> Iterator[tuple[str, str | None]]:
    """Every secret that a pod refers to, with the key if it names one."""
    for _, container in pod.containers():
        for variable in container.get("env", []):
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                yield reference["name"], reference["key"]
        for source in container.get("envFrom", []):
            if "secretRef" in source:
                yield source["secretRef"]["name"], None
    for volume in pod.spec.get("volumes", []):
        if "secret" in volume:
            yield volume["secret"]["secretName"], None


def development_secrets() -> list[Object]:
    """What make-secrets prints, on keys of nobody."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "token" / "jwks.json"
        keys.parent.mkdir()
        keys.write_text('{"keys":[]}', encoding="utf-8")
        done = subprocess.run(
            [DEPLOY / "make-secrets", "--kubernetes"],
            env={**os.environ, "RAPPORT_SECRETS": folder},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    return list(yaml.safe_load_all(done.stdout))


@rule("manifests")
def secrets_are_references(manifests: Manifests) -> Iterator[str]:
    """Nothing secret is in the repository: manifests name secrets, and others bring them."""
    for value in manifests.of_kind("Secret"):
        yield f"{said(value)} is part of the manifests; bring it from outside, and refer to it"
    for value in manifests.of_kind("ConfigMap"):
        for key, text in value.get("data", {}).items():
            if "PRIVATE KEY" in text or CREDENTIALS_IN_URL.search(text):
                yield f"{said(value)}: {key} holds a private key or a password; move it to a secret"
    for pod in manifests.pods():
        for where, container in pod.containers():
            for variable in container.get("env", []):
                text = variable.get("value", "")
                if text and (SECRET_NAME.search(variable["name"]) or CREDENTIALS_IN_URL.search(text)):
                    yield f"{where}: {variable['name']} is written out; use valueFrom.secretKeyRef"


@rule("manifests")
def secrets_are_made_somewhere(manifests: Manifests) -> Iterator[str]:
    """Development: make-secrets makes what is used. Production: the README lists it, or a Certificate makes it."""
    certificates = {value["spec"]["secretName"] for value in manifests.of_kind("Certificate")}
    if manifests.overlay == "production":
        listed = (DEPLOY / "README.md").read_text(encoding="utf-8")
        for pod in manifests.pods():
            for name, key in secret_uses(pod):
                if name not in certificates and f"`{name}`" not in listed:
                    yield f"{pod.where} uses secret {name}, which deploy/README.md does not list; add it to its table"
        return
    made = {value["metadata"]["name"]: value["data"] for value in development_secrets()}
    for pod in manifests.pods():
        for name, key in secret_uses(pod):
            if name in certificates:
                continue
            if name not in made or (key and key not in made[name]):
                yield f"{pod.where} uses secret {name} ({key or 'mounted'}), which deploy/make-secrets does not make"


@rule("manifests")
def configuration_maps_are_there(manifests: Manifests) -> Iterator[str]:
    """A pod that mounts what is not there never starts."""
    for pod in manifests.pods():
        for volume in pod.spec.get("volumes", []):
            name = volume.get("configMap", {}).get("name")
            if name and not manifests.named("ConfigMap", name):
                yield f"{pod.where} mounts ConfigMap {name}, which is not there; add it to configMapGenerator"


@rule("manifests")
def services_find_their_pods(manifests: Manifests) -> Iterator[str]:
    """A service's selector must find the pods of one workload, and its ports must be theirs."""
    for service in manifests.of_kind("Service"):
        found = [pod for pod in manifests.pods() if selects({"matchLabels": service["spec"]["selector"]}, pod.labels)]
        if len(found) != 1:
            names = ", ".join(pod.where for pod in found) or "nothing"
            yield f"{said(service)} selects {names}; make its selector that of one workload"
            continue
        ports = {port["name"] for _, container in found[0].containers() for port in container.get("ports", [])}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                yield f"{said(service)} goes to port {port['targetPort']}, which {found[0].where} does not have"


@rule("manifests")
def clients_see_every_pod(manifests: Manifests) -> Iterator[str]:
    """The clients balance by DNS, which needs the addresses of the pods."""
    for pod in manifests.pods():
        service = manifests.named("Service", pod.owner["metadata"]["name"])
        if pod.is_service and service and service["spec"].get("clusterIP") != "None":
            yield f"{said(service)} has an address of its own, behind which clients stay with one pod; set clusterIP: None"


@rule("manifests")
def disruption_budgets_match(manifests: Manifests) -> Iterator[str]:
    """A budget protects exactly one workload, and leaves a node a way to be drained."""
    for budget in manifests.of_kind("PodDisruptionBudget"):
        found = [pod for pod in manifests.pods() if selects(budget["spec"].get("selector"), pod.labels)]
        if len(found) != 1:
            yield f"{said(budget)} selects {len(found)} workloads; make its selector that of one"
        if budget["spec"].get("maxUnavailable") in (0, "0%") or "minAvailable" in budget["spec"]:
            yield f"{said(budget)} can hold up the drain of a node for ever; use maxUnavailable of at least 1"


@rule("manifests")
def autoscalers_match(manifests: Manifests) -> Iterator[str]:
    """An autoscaler has its Deployment, which leaves the number of replicas to it."""
    for scaler in manifests.of_kind("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        found = manifests.named(target["kind"], target["name"])
        if not found:
            yield f"{said(scaler)} scales {target['kind']} {target['name']}, which is not there; mend its scaleTargetRef"
        elif "replicas" in found["spec"]:
            yield f"{said(found)} sets replicas, against {said(scaler)}; remove it"
        if scaler["spec"]["minReplicas"] < 2:
            yield f"{said(scaler)} may leave one replica, whose restart is an outage; set minReplicas to 2 or more"


@rule("manifests")
def production_survives_a_node(manifests: Manifests) -> Iterator[str]:
    """Every service of production has a budget, an autoscaler, and is spread over zones and nodes."""
    if manifests.overlay != "production":
        return
    budgets = [value["spec"].get("selector") for value in manifests.of_kind("PodDisruptionBudget")]
    scaled = {value["spec"]["scaleTargetRef"]["name"] for value in manifests.of_kind("HorizontalPodAutoscaler")}
    for pod in manifests.pods():
        if not pod.is_service:
            continue
        if not any(selects(selector, pod.labels) for selector in budgets):
            yield f"{pod.where} has no PodDisruptionBudget; add one"
        if pod.owner["metadata"]["name"] not in scaled:
            yield f"{pod.where} has no HorizontalPodAutoscaler; add one"
        spread = pod.spec.get("topologySpreadConstraints", [])
        keys = {value["topologyKey"] for value in spread if selects(value["labelSelector"], pod.labels)}
        for key in {"topology.kubernetes.io/zone", "kubernetes.io/hostname"} - keys:
            yield f"{pod.where} is not spread over {key}; add a topologySpreadConstraint that selects its own pods"


@rule("manifests")
def services_come_after_the_migration(manifests: Manifests) -> Iterator[str]:
    """`roll-out` applies what has the label of the phase after everything else, which has the migration."""
    if not manifests.of_kind("Job"):
        return
    for value in manifests.of_kind("Deployment", "HorizontalPodAutoscaler", "Job", "ConfigMap"):
        late = value["metadata"].get("labels", {}).get("rapport/phase") == "services"
        wanted = value["kind"] in ("Deployment", "HorizontalPodAutoscaler")
        if late != wanted:
            yield f"{said(value)} is rolled out {'after' if late else 'before'} the migration; mend its label rapport/phase"
