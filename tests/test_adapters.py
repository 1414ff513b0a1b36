"""The adapters of released tools, and what they stand on.

Tests marked ``network`` install the tools: ``pytest -m network``.
"""

import hashlib
import html
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import packaging
import pip
import pytest
from packaging.version import Version

from musllinux_conformance import cache, commands, environments, masks, vectors
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.driven import DrivenTool
from musllinux_conformance.adapters.packaging import Packaging
from musllinux_conformance.adapters.pip import Pip
from musllinux_conformance.adapters.released import Failed, ReleasedTool
from musllinux_conformance.adapters.uv import Uv, _why, candidates
from musllinux_conformance.environments import PYTHON, Environment
from musllinux_conformance.hosts import CANARY
from musllinux_conformance.index import Index
from musllinux_conformance.masks import Mask

CP = "cp" + PYTHON.replace(".", "")
HOST = {"musl": [1, 2], "machine": "x86_64", "pointer_bits": 64}
TAGS = ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64"]
NEWER, OLDER, OLDEST = (f"demo-1.0-{CP}-{CP}-{tag}.whl" for tag in TAGS)


def file(name: str, yanked: bool = False) -> dict[str, Any]:
    return {"filename": name, "yanked": yanked}


def select(number: int, *files: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "op": "select", **HOST, "files": list(files)}


def tags(number: int, **host: Any) -> dict[str, Any]:
    return {"id": number, "op": "platform_tags", **HOST, **host}


def detect(number: int, executable: Path, bits: int = 64) -> dict[str, Any]:
    request = {"id": number, "op": "detect", "executable": os.fspath(executable)}
    return {**request, "machine": "x86_64", "pointer_bits": bits}


def without_linux(found: list[str]) -> list[str]:
    return [tag for tag in found if not tag.startswith("linux_")]


# Environments


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Environment]:
    """Replace the making of environments; return those that were made."""
    found: list[Environment] = []

    def make(environment: Environment) -> None:
        found.append(environment)
        time.sleep(0.05)
        environment.programs.mkdir(parents=True, exist_ok=True)
        (environment.programs / "python").symlink_to(sys.executable)
        environments._mark(environment).touch()

    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(environments, "_make", make)
    return found


def test_the_matrix_lists_versions_newest_first() -> None:
    matrix = json.loads(environments.MATRIX.read_text("utf-8"))
    assert {"packaging", "pip", "uv"} <= matrix.keys()
    for versions in matrix.values():
        assert versions
        assert versions == sorted(versions, key=Version, reverse=True)


def test_the_newest_version_is_the_default(made: list[Environment]) -> None:
    assert environments.ensure("pip").version == environments.newest("pip")
    assert environments.ensure("pip", "1.5").version == "1.5"
    assert made[0].root != made[1].root


def test_an_environment_is_made_once(made: list[Environment]) -> None:
    wanted = [threading.Thread(target=environments.ensure, args=["uv"]) for _ in "ab"]
    for thread in wanted:
        thread.start()
    for thread in wanted:
        thread.join()
    assert len(made) == 1


def test_an_environment_whose_python_is_gone_is_made_again(
    made: list[Environment],
) -> None:
    root = environments.ensure("uv").root
    (root / "bin" / "python").unlink()
    environments.ensure("uv")
    assert len(made) == 2


@pytest.mark.parametrize("version", ["../1", "main", "1 2", "-1", "1/2", "git+x"])
def test_what_is_no_version_is_refused(made: list[Environment], version: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        environments.ensure("pip", version)
    assert made == []


def test_what_is_installed_with_the_suite_needs_no_environment(
    made: list[Environment],
) -> None:
    found = environments.ensure("packaging", "installed")
    assert found.version == packaging.__version__
    assert Path(str(packaging.__file__)).parent.parent == found.packages
    with pytest.raises(environments.NotInstalled, match="not installed in"):
        environments.ensure("no-such-tool", "installed")
    assert made == []


def test_half_an_environment_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    steps: list[str] = []

    def run(wanted: str, command: list[str]) -> None:
        steps.append(command[2])
        if command[2] == "venv":
            environment = Environment(Path(command[-1]), "uv", "1.0")
            environment.programs.mkdir(parents=True)
            (environment.programs / "python").symlink_to(sys.executable)
        elif len(steps) == 2:
            raise environments.NotInstalled("no network")

    monkeypatch.setattr(environments, "_run", run)
    with pytest.raises(environments.NotInstalled):
        environments.ensure("uv", "1.0")
    environments.ensure("uv", "1.0")
    assert steps == ["venv", "pip", "venv", "pip"]


def test_a_failed_installation_is_told_in_one_line() -> None:
    lines = "print('noise'); print('ERROR: first'); print('ERROR: no such'); exit(1)"
    with pytest.raises(environments.NotInstalled) as caught:
        environments._run("pip==99", [sys.executable, "-c", lines])
    assert str(caught.value) == "pip==99 cannot be installed: ERROR: no such"


# Commands


def test_a_command_sees_none_of_the_callers_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.org/")
    monkeypatch.setenv("https_proxy", "https://example.org/")
    monkeypatch.setenv(CANARY, "1")
    known = {"PATH", "HOME", CANARY}
    assert commands.environment(tmp_path).keys() == known


def test_a_silent_command_is_killed(tmp_path: Path) -> None:
    code = f"import os, time; print(os.getpid()); open({str(tmp_path / 'pid')!r}, 'w')"
    code += ".write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(commands.Silent, match=r"no answer within 0\.5 s"):
        commands.run([sys.executable, "-c", code], {}, 0.5)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_that_is_left_behind_holds_nothing_up() -> None:
    code = "import subprocess, sys; subprocess.Popen(['sleep', '30']); print('done')"
    start = time.monotonic()
    ended = commands.run([sys.executable, "-c", code], {"PATH": os.defpath}, 20)
    assert ended.stdout == "done\n"
    assert time.monotonic() - start < 20


def test_the_end_of_a_flood_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "MAX_OUTPUT", 10)
    ended = commands.run([sys.executable, "-c", "print('x' * 99 + 'end')"], {}, 20)
    assert ended.stdout == "xxxxxxend\n"


# Masks

ASK = """
import json, struct, sys, sysconfig
try: import _manylinux; manylinux = _manylinux.manylinux_compatible(2, 17, "x86_64")
except ImportError: manylinux = None
print(json.dumps([sys.executable, sysconfig.get_platform(), struct.calcsize("P"),
                  sys.maxsize > 2**32, manylinux]))
"""


def mask(tmp_path: Path, machine: str = "x86_64", bits: int = 64) -> Mask:
    folder = tmp_path / "mask"
    folder.mkdir()
    executable = tmp_path / "executable"
    executable.write_bytes(b"broken")
    return Mask(folder, executable, machine, bits)


def test_a_masked_interpreter_believes_its_mask(tmp_path: Path) -> None:
    one = mask(tmp_path, "s390x", 32)
    answer = json.loads(one.run(["-I", "-c", ASK], 20).stdout)
    assert answer == [os.fspath(one.name), "linux-s390x", 4, False, False]
    assert one.name.read_bytes() == b"broken"


def test_a_mask_of_64_bits_leaves_pointers_alone(tmp_path: Path) -> None:
    answer = json.loads(mask(tmp_path).run(["-I", "-c", ASK], 20).stdout)
    assert answer[1:] == ["linux-x86_64", 8, True, False]


def test_a_masked_program_can_be_started_and_is_recorded(tmp_path: Path) -> None:
    one = mask(tmp_path, "aarch64", 32)
    command = [os.fspath(one.program()), "-I", "-c", ASK + "sys.exit(3)"]
    ended = subprocess.run(command, env={"PATH": os.defpath}, stdout=subprocess.PIPE)
    answer = json.loads(ended.stdout)
    assert answer == [os.fspath(one.name), "linux-aarch64", 4, False, False]
    assert ended.returncode == 3
    assert one.record.read_bytes() == ended.stdout


@pytest.mark.parametrize(
    ("machine", "bits", "words"),
    [
        ("x86_64", 64, (2, 1, 62)),
        ("x86_64", 32, (1, 1, 3)),
        ("aarch64", 32, (1, 1, 40)),
        ("s390x", 32, (1, 2, 22)),
        ("sparc64", 64, (2, 1, 0)),
    ],
)
def test_the_file_of_a_host_fits_its_machine(
    tmp_path: Path, machine: str, bits: int, words: tuple[int, int, int]
) -> None:
    content = masks.make_host(tmp_path, [1, 2], machine, bits).read_bytes()
    order = "-lb"[content[5]] == "l"
    e_machine = int.from_bytes(content[18:20], "little" if order else "big")
    assert (content[4], content[5], e_machine) == words
    loader = tmp_path / "lib" / f"ld-musl-{machine}.so.1"
    assert os.fsencode(loader) in content
    ended = subprocess.run([loader], stderr=subprocess.PIPE, check=False)
    assert ended.stderr.startswith(b"musl libc")
    assert b"\nVersion 1.2." in ended.stderr


# The index


def get(url: str, accept: str = "application/vnd.pypi.simple.v1+json") -> Any:
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def test_the_index_offers_each_release_as_a_project() -> None:
    odd = f"demo-1.0-{CP}-{CP}-musllinux_1_+2_x86_64.whl"
    bad = ["-1.0-x.whl", ".whl", "-----.whl"]
    releases = [[file(NEWER, True), file(odd)], [file(name) for name in bad]]
    with Index(releases) as index:
        assert index.projects == ("p0", "p1")
        page = json.loads(get(index.url + "p0/"))
        names = {each["filename"]: each["yanked"] for each in page["files"]}
        assert names == {
            NEWER.replace("demo", "p0"): True,
            odd.replace("demo", "p0"): False,
            "p0-0-py3-none-any.whl": False,
        }
        for each in page["files"]:
            content = get(each["url"])
            assert content.startswith(b"PK")
            digest = hashlib.sha256(content).hexdigest()
            assert each["hashes"] == {"sha256": digest}
            link = html.escape(f"{each['url']}#sha256={digest}")
            yanked = ' data-yanked=""' if each["yanked"] else ""
            anchor = f'<a href="{link}" data-dist-info-metadata="true"{yanked}>'
            assert anchor in get(index.url + "p0/", "*/*").decode()
            assert b"\nName: p0\n" in get(each["url"] + ".metadata")
        others = json.loads(get(index.url + "p1/"))["files"]
        assert [each["filename"] for each in others[:-1]] == bad
        assert index.original("p0", NEWER.replace("demo", "p0")) == NEWER
        assert index.original("p0", "p0-0-py3-none-any.whl") is None
        for path in ("p2/", "../files/p0/other.whl", "../files/p1/" + NEWER):
            with pytest.raises(urllib.error.HTTPError) as caught:
                get(index.url + path)
            caught.value.close()


# What the adapters share


class Fake(ReleasedTool):
    """Fails on one release, and counts its runs."""

    name = "fake"
    asked = "not at all"

    def __init__(self, root: Path) -> None:
        self.environment = Environment(root, "fake", "1.0")
        self._detected = set()
        self.runs: list[str] = []

    def detect(self, mask: Mask) -> Any:
        self.runs.append("detect")
        raise OSError(f"{mask.folder}/x, {self.environment.root}\n is gone")

    def platform_tags(self, mask: Mask, musl: Sequence[int]) -> list[str]:
        self.runs.append("platform_tags")
        return [f"musllinux_1_2_{mask.machine}"]

    def select(self, mask: Mask, requests: Sequence[Any]) -> list[Any]:
        self.runs.append("select")
        if any(each["files"][0]["filename"] == "spoilt" for each in requests):
            raise Failed("exit status 1: spoilt")
        with Index([each["files"] for each in requests]):
            pass
        return [{"ok": each["files"][0]["filename"]} for each in requests]


def test_one_spoilt_release_does_no_harm_to_the_others(tmp_path: Path) -> None:
    names = ["a", "b", "c", "spoilt", "e", "folder/f-1", "g"]
    asked = [select(number, file(name)) for number, name in enumerate(names)]
    odd = {
        "spoilt": {"error": "exit status 1: spoilt"},
        "folder/f-1": {"unsupported": "this index gives projects names of its own"},
    }
    assert Fake(tmp_path).answer_many(asked) == [
        odd.get(name, {"ok": name}) for name in names
    ]


def test_a_run_selects_in_few_releases(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    asked = [select(number, file(str(number))) for number in range(80)]
    assert fake.answer_many(asked) == [{"ok": str(number)} for number in range(80)]
    assert len(fake.runs) == -(-80 // released.AT_ONCE)


def test_a_host_is_asked_for_its_tags_once(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    asked = [tags(1), tags(2), tags(3, machine="s390x"), tags(4)]
    found = [each["ok"][0] for each in fake.answer_many(asked)]
    assert found == [
        f"musllinux_1_2_{m}" for m in ("x86_64", "x86_64", "s390x", "x86_64")
    ]
    assert len(fake.runs) == 2


@pytest.mark.skipif(sys.byteorder == "big", reason="the hosts are chosen for little")
def test_a_tool_may_read_one_byte_order_alone(tmp_path: Path) -> None:
    fake = Fake(tmp_path)
    fake.own_byte_order = True
    (tmp_path / "short").write_bytes(b"\x7fELF")
    asked = [tags(1), tags(2, machine="s390x"), detect(3, tmp_path / "short")]
    x86, s390x, short = fake.answer_many(asked)
    assert x86 == {"ok": ["musllinux_1_2_x86_64"]}
    assert "byte order" in s390x["unsupported"]
    assert "error" in short


def test_a_reason_is_a_line_without_places(tmp_path: Path) -> None:
    fake = Fake(tmp_path / "root")
    answers = fake.answer_many([detect(1, tmp_path / "none")])
    assert answers == [{"error": "OSError: MASK/mask/x, FAKE is gone"}]


@pytest.mark.parametrize(
    ("found", "host"),
    [
        (["linux_x86_64", *TAGS], {"musl": [1, 2], "arch": "x86_64"}),
        (["linux_s390x", "manylinux_2_17_s390x"], None),
        ([], None),
    ],
)
def test_a_host_follows_from_its_tags(found: list[str], host: Any) -> None:
    assert released.host_of(found) == host


# The tools, as far as the network is not needed


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tools be those of the environment in which the tests run."""
    environment = Environment(tmp_path / "own", "own", packaging.__version__)
    environment.packages.mkdir(parents=True)
    for module in (packaging, pip):
        source = Path(module.__file__ or "").parent
        (environment.packages / source.name).symlink_to(source)

    def ensure(tool: str, version: str | None = None) -> Environment:
        return environment

    monkeypatch.setattr(environments, "ensure", ensure)


def answers(tool: ReleasedTool, tmp_path: Path) -> Iterator[Any]:
    """Ask a tool what no tool gets wrong."""
    hosts = {name: tmp_path / name for name in ("musl", "glibc", "small")}
    for folder in hosts.values():
        folder.mkdir()
    musl = masks.make_host(hosts["musl"], [1, 2], "x86_64", 64)
    small = masks.make_host(hosts["small"], [1, 2], "x86_64", 32)
    asked = [
        tags(1),
        detect(2, musl),
        detect(3, Path(sys.executable)),
        detect(4, small, 32),
        select(5, file(OLDER), file(NEWER), file(OLDEST)),
        select(6, file(NEWER.replace("1_2", "1_3"))),
        select(7, file(NEWER, True), file(OLDER)),
        tags(8, pointer_bits=32),
    ]
    try:
        yield from tool.answer_many(asked)
    finally:
        if isinstance(tool, DrivenTool):
            end(tool)


def end(tool: DrivenTool) -> None:
    """End its processes, as the end of the program under test does."""
    for driver in tool._drivers.values():
        driver.communicate()
    tool._folder.cleanup()


def is_right(found: list[Any]) -> None:
    assert without_linux(found[0]["ok"]) == TAGS
    assert found[1] == {"ok": {"musl": [1, 2], "arch": "x86_64"}}
    assert found[2] == {"ok": None}
    assert found[3] == {"ok": {"musl": [1, 2], "arch": "i686"}}
    assert found[4] == {"ok": NEWER}
    assert found[5] == {"ok": None}
    small = [tag.replace("x86_64", "i686") for tag in TAGS]
    assert without_linux(found[7]["ok"]) == small


@pytest.mark.usefixtures("own")
def test_packaging_answers(tmp_path: Path) -> None:
    found = list(answers(Packaging(), tmp_path))
    is_right(found)
    assert "unsupported" in found[6]


@pytest.mark.usefixtures("own")
def test_pip_answers(tmp_path: Path) -> None:
    found = list(answers(Pip(), tmp_path))
    is_right(found)
    assert found[6] == {"ok": OLDER}


@pytest.mark.usefixtures("own")
def test_pip_is_not_misled_by_what_a_loader_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"  {CP}-{CP}-musllinux_9_9_x86_64\nCompatible tags: 9\n  {CP}-{CP}-x\n"
    said += f"pip version\nCompatible tags: 3\n  {CP}-{CP}-{TAGS[0]}\n"
    said += f"  {CP}-abi3-{TAGS[1]}\n  py3-none-any\n"
    tool = Pip()
    monkeypatch.setattr(tool, "drive", lambda *_, **__: (0, said, ""))
    assert tool.platform_tags(mask(tmp_path), [1, 2]) == TAGS[:1]
    tool._folder.cleanup()


def test_the_candidates_hold_every_tag_that_a_vector_names() -> None:
    for vector in vectors.load().values():
        if (
            vector.request["op"] == "platform_tags"
            and "unspecified" not in vector.expect
        ):
            ((_, wanted),) = vector.expect.items()
            named = {
                tag
                for each in wanted
                for tag in ([each] if isinstance(each, str) else each)
            }
            groups = candidates(vector.request["musl"], vector.request["machine"])
            assert named <= {tag for group in groups for tag in group}, vector.id


class Preferring(Uv):
    """uv with a preference that is known."""

    def __init__(self, accepted: list[str]) -> None:
        self.accepted = accepted

    def _preferred(
        self, mask: Mask, choices: Sequence[Sequence[str]]
    ) -> list[str | None]:
        taken = [[tag for tag in self.accepted if tag in each] for each in choices]
        return [each[0] if each else None for each in taken]


@pytest.mark.parametrize(
    "accepted",
    [[], TAGS[:1], TAGS, TAGS[::-1], ["linux_x86_64", *TAGS], [*TAGS, "linux_i686"]],
)
def test_the_order_of_tags_is_found_out(tmp_path: Path, accepted: list[str]) -> None:
    tool = Preferring(accepted)
    assert tool.platform_tags(mask(tmp_path), [1, 2]) == accepted


def test_a_long_order_takes_few_runs(tmp_path: Path) -> None:
    accepted = [f"musllinux_1_{minor}_x86_64" for minor in range(100, -1, -1)]
    tool = Preferring(accepted)
    assert tool.platform_tags(mask(tmp_path), [1, 100]) == accepted


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        ("error: no such\n  cause: because\n", "cause: because"),
        ("error: x\n  cause: y\n\n    [stderr]\n    Trace\n    E: z\n", "E: z"),
        ("error: x\n  cause: y\n\n    [stdout]\n    noise\n", "cause: y"),
        ("DEBUG cause: z\n[stderr]\nDEBUG\nerror: x\n  cause: y\n", "cause: y"),
        ("", "silent"),
    ],
)
def test_the_cause_of_a_failure_of_uv(stderr: str, why: str) -> None:
    assert _why(stderr) == why


# The tools as released


@pytest.mark.network
@pytest.mark.parametrize("tool", [Packaging, Pip, Uv])
def test_the_newest_release_answers(tool: type[ReleasedTool], tmp_path: Path) -> None:
    one = tool()
    assert one.version == environments.newest(tool.name)
    found = list(answers(one, tmp_path))
    is_right(found)
    assert found[6] == {"ok": OLDER} or "unsupported" in found[6]
