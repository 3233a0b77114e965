"""Rules about the Dockerfile, and about the image names that the manifests use."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .manifests import DEPLOY
from .rule import rule
from .workloads import is_pinned

ROOT = DEPLOY.parent
INCLUDED = re.compile(r'include_(?:str|bytes)!\(\s*"([^"]+)"')


@dataclass
class Image:
    """The Dockerfile and what belongs to it."""

    dockerfile: str
    ignored: str

    @classmethod
    def read(cls) -> Image:
        """The files of the repository."""
        return cls(
            (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), (ROOT / ".dockerignore").read_text(encoding="utf-8")
        )

    def instructions(self) -> Iterator[tuple[str, str]]:
        """Instructions with their arguments; lines that go on are joined."""
        lines = [line for line in self.dockerfile.splitlines() if not line.lstrip().startswith("#")]
        for line in "\n".join(lines).replace("\\\n", " ").splitlines():
            if line.strip():
                name, _, arguments = line.strip().partition(" ")
                yield name.upper(), arguments.strip()

    def copied(self) -> list[str]:
        """Paths that are copied from the repository."""
        paths = []
        for name, arguments in self.instructions():
            words = arguments.split()
            if name == "COPY" and not arguments.startswith("--from"):
                paths += [word for word in words[:-1] if not word.startswith("--")]
        return paths

    def reaches(self, path: str) -> bool:
        """Whether .dockerignore leaves a path in; the last pattern that matches decides."""
        left_in = True
        for line in self.ignored.splitlines():
            pattern = line.strip()
            if not pattern or pattern.startswith("#"):
                continue
            wanted = pattern.startswith("!")
            pattern = pattern.lstrip("!").strip("/")
            if pattern == "*" or path == pattern or path.startswith(f"{pattern}/") or fnmatch.fnmatch(path, pattern):
                left_in = wanted
        return left_in


def programs() -> set[str]:
    """The programs of the workspace: one for each folder of services."""
    manifests = sorted(ROOT.glob("services/*/Cargo.toml"))
    return {tomllib.loads(file.read_text(encoding="utf-8"))["package"]["name"] for file in manifests}


@rule("image")
def copied_paths_are_there(image: Image) -> Iterator[str]:
    """What is copied exists, and reaches the build."""
    for path in image.copied():
        if not (ROOT / path).exists():
            yield f"COPY {path}: there is no such path in the repository; mend the Dockerfile"
        elif not image.reaches(path):
            yield f"COPY {path}: .dockerignore leaves it out; add !{path} to it"


@rule("image")
def members_of_the_workspace_are_copied(image: Image) -> Iterator[str]:
    """Cargo reads every member, and the compiler every file that a source includes."""
    copied = image.copied()

    def is_copied(path: Path) -> bool:
        parts = path.relative_to(ROOT).as_posix()
        return any(parts == part or parts.startswith(f"{part}/") for part in copied)

    members = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["members"]
    for member in members:
        for folder in ROOT.glob(member):
            if (folder / "Cargo.toml").is_file() and not is_copied(folder):
                yield f"{folder.relative_to(ROOT)} is a member of the workspace and is not copied; add COPY for it"
    for source in [*ROOT.glob("crates/*/src/**/*.rs"), *ROOT.glob("services/*/src/**/*.rs")]:
        for name in INCLUDED.findall(source.read_text(encoding="utf-8")):
            target = (source.parent / name).resolve()
            if not is_copied(target):
                yield f"{source.relative_to(ROOT)} includes {name}, which is not copied; add COPY for it"


@rule("image")
def every_program_is_in_the_image(image: Image) -> Iterator[str]:
    """The five programs are built, and the entry point is one of them."""
    built = {word for name, words in image.instructions() if name == "RUN" for word in words.split()}
    for program in sorted(programs()):
        if f"target/dist/{program}" not in built:
            yield f"{program} is not installed into /programs; add it to the RUN that builds"
    entry = [arguments for name, arguments in image.instructions() if name == "ENTRYPOINT"]
    if entry != ['["/usr/local/bin/rapport"]']:
        yield f"the entry point is {entry}; make it [\"/usr/local/bin/rapport\"]"


@rule("image")
def the_last_user_is_not_root(image: Image) -> Iterator[str]:
    """By number, for Kubernetes cannot tell of a name whether it is root."""
    users = [arguments for name, arguments in image.instructions() if name == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        yield f"the image runs as {users[-1] if users else 'root'}; end with USER 65532:65532"


@rule("image")
def base_images_are_pinned(image: Image) -> Iterator[str]:
    """Stages come from each other or from images with a version."""
    arguments, stages = {}, set()
    for name, words in image.instructions():
        if name == "ARG" and "=" in words:
            key, _, value = words.partition("=")
            arguments[key] = value
            if key.endswith("_IMAGE") and not is_pinned(value):
                yield f"ARG {key} is {value}; name a version or a digest"
        if name == "FROM":
            source = re.sub(r"\$\{(\w+)\}", lambda match: arguments.get(match.group(1), ""), words.split()[0])
            if source != "scratch" and source not in stages and not is_pinned(source):
                yield f"FROM {words} names no version; use an argument with one"
            stages |= {words.split()[2]} if " AS " in words else set()
        if name == "COPY" and words.startswith("--from="):
            stage = words.split()[0].removeprefix("--from=")
            if stage not in stages:
                yield f"COPY {words.split()[0]}: there is no such stage before it"


@rule("image")
def the_compiler_is_that_of_the_repository(image: Image) -> Iterator[str]:
    """The image is built with the version that everything was tested with."""
    channel = tomllib.loads((ROOT / "rust-toolchain.toml").read_text(encoding="utf-8"))["toolchain"]["channel"]
    for pattern in (rf"RUST_IMAGE=rust:{re.escape(channel)}-", rf"RUSTUP_TOOLCHAIN={re.escape(channel)}\b"):
        if not re.search(pattern, image.dockerfile):
            yield f"rust-toolchain.toml names {channel}, and the Dockerfile has no {pattern!r}; make them the same"
