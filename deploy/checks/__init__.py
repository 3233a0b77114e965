"""Checks of what is deployed: manifests as kustomize renders them, the compose file, the Dockerfile.

`.ci/deploy` brings the tools and runs this; `--self-test` shows of every rule that it can fail.
"""
