"""The shape of every object: the schemas of Kubernetes, strict, for the oldest and the newest version that is served."""

from __future__ import annotations

from collections.abc import Iterator

import jsonschema
import kubernetes_validate

from .manifests import Manifests, Object, said
from .rule import rule

# `preStop.sleep` needs 1.30. The newest is what the pinned schemas know.
VERSIONS = ("1.30", "1.37")


def closed(properties: Object, required: list[str]) -> Object:
    """A schema of an object with these properties and no others."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
DURATION = {"type": "string", "pattern": r"^([0-9]+(h|m|s))+$"}

# The part of cert-manager.io/v1 that is used here. Kubernetes does not have it, and no package ships it alone.
CERTIFICATE = closed(
    {
        "apiVersion": {"const": "cert-manager.io/v1"},
        "kind": {"const": "Certificate"},
        "metadata": {"type": "object"},
        "spec": closed(
            {
                "secretName": TEXT,
                "commonName": {"type": "string", "maxLength": 64},
                "dnsNames": TEXTS,
                "usages": {"type": "array", "items": {"enum": ["server auth", "client auth", "digital signature"]}},
                "duration": DURATION,
                "renewBefore": DURATION,
                "privateKey": closed(
                    {
                        "algorithm": {"enum": ["ECDSA", "RSA", "Ed25519"]},
                        "size": {"enum": [256, 384, 521, 2048, 4096]},
                        "rotationPolicy": {"enum": ["Always", "Never"]},
                    },
                    ["algorithm"],
                ),
                "issuerRef": closed(
                    {"group": TEXT, "kind": {"enum": ["Issuer", "ClusterIssuer"]}, "name": TEXT}, ["kind", "name"]
                ),
            },
            ["secretName", "dnsNames", "usages", "issuerRef"],
        ),
    },
    ["apiVersion", "kind", "metadata", "spec"],
)


@rule("manifests")
def objects_have_their_shape(manifests: Manifests) -> Iterator[str]:
    """Misspelt, misplaced and unknown fields."""
    for value in manifests.objects:
        if value["kind"] == "Certificate":
            for error in jsonschema.Draft202012Validator(CERTIFICATE).iter_errors(value):
                yield f"{said(value)}: {error.json_path}: {error.message}"
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(value, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                path = ".".join(str(part) for part in error.path)
                yield f"{said(value)} is not of Kubernetes {version}: {path or 'at its top'}: {error.message}"
            except kubernetes_validate.SchemaNotFoundError as error:
                yield f"{said(value)}: {error.message}; write its schema down in deploy/checks/schema.py"
