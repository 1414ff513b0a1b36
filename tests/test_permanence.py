"""Ids are held against the history: shown on a small repository."""

import json
import subprocess
from pathlib import Path

import pytest

from musllinux_conformance.permanence import problems
from musllinux_conformance.vectors import Json


def vector(name: str, tag: str = "musllinux") -> dict[str, Json]:
    request = {"op": "parse_tag", "tag": tag}
    return {"id": name, "request": request, "expect": {"rejected": True}}


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "--quiet")

    def git(self, *arguments: str) -> None:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", "-C", str(self.root), *who, *arguments], check=True)

    def commit(self, *entries: dict[str, Json]) -> None:
        path = self.root / "conformance" / "vectors" / "grammar" / "some.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"vectors": entries}))
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "more")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit(vector("grammar/one"), vector("grammar/two"))
    made.commit(vector("grammar/one"), vector("grammar/two"), vector("grammar/three"))
    return made


ALL = [vector(f"grammar/{name}") for name in ("one", "two", "three")]


def test_what_was_kept_is_well(repository: Repository) -> None:
    assert list(problems(repository.root, ALL)) == []


def test_an_id_that_is_gone_is_found(repository: Repository) -> None:
    (found,) = problems(repository.root, ALL[1:])
    assert "grammar/one: gone without a tombstone" in found


def test_a_tombstone_is_enough(repository: Repository) -> None:
    tombstone = {"id": "grammar/one", "retired": {"since": "0.2.0", "why": "was wrong"}}
    assert list(problems(repository.root, [tombstone, *ALL[1:]])) == []


def test_a_change_of_meaning_is_found_from_a_release_on(repository: Repository) -> None:
    changed = [vector("grammar/one", "other"), *ALL[1:]]
    assert list(problems(repository.root, changed)) == []
    repository.git("tag", "v0.1.0")
    (found,) = problems(repository.root, changed)
    assert "grammar/one: means something else than in v0.1.0" in found
    titled = [{**ALL[0], "title": "a better title"}, *ALL[1:]]
    assert list(problems(repository.root, titled)) == []
