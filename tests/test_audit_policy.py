"""What an index asks of wheels, in a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit_wheels import make_wheel
from musllinux.__main__ import main
from musllinux_audit import InvalidPolicy, Verdict, audit_wheel, read_policy
from musllinux_conformance.objects import Object

ROOT = Path(__file__).parent.parent
SCHEMA = Draft202012Validator(
    json.loads((ROOT / "reference/musllinux_audit/schema/policy.json").read_text())
)
Audit = Callable[..., Verdict]


@pytest.fixture
def judge(tmp_path: Path) -> Audit:
    def judge(policy: Any, elf: Object, tag: str = "musllinux_1_2_x86_64") -> Verdict:
        SCHEMA.validate(policy)
        path = tmp_path / "policy.json"
        path.write_text(json.dumps(policy))
        wheel = make_wheel(tmp_path, {"x.so": elf}, tag)
        (verdict,) = audit_wheel(wheel, policy=read_policy(path)).verdicts
        return verdict

    return judge


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def test_an_empty_policy_changes_nothing(judge: Audit) -> None:
    for elf in (Object(), Object(relr=True), Object(undefined=["foo"])):
        verdict = judge({}, elf)
        assert verdict.taken == verdict.honest
    assert judge({}, Object(), "musllinux_1_2_mips").taken
    assert judge({}, Object(), "musllinux_1_3_x86_64").taken


def test_architectures(judge: Audit) -> None:
    policy = {"architectures": ["x86_64"]}
    assert judge(policy, Object()).taken
    other = judge(policy, Object("aarch64"), "musllinux_1_2_aarch64")
    assert (other.honest, other.judged, other.taken) == (True, False, False)
    assert codes(other) == {"architecture-unlisted"}


def test_releases(judge: Audit) -> None:
    policy = {"releases": ["1.2.2", "1.2.3", "1.2.4"]}
    assert judge(policy, Object()).taken
    older = judge(policy, Object(), "musllinux_1_1_x86_64")
    assert (older.honest, older.taken) == (True, False)
    assert codes(older) == {"release-unmeasured"}
    assert codes(judge(policy, Object(undefined=["gettid"]))) == set()
    assert codes(judge(policy, Object(undefined=["statx"]))) == {"symbol-unknown"}


def test_releases_that_no_architecture_has(judge: Audit) -> None:
    elf = Object("loongarch64")
    verdict = judge({"releases": ["1.2.4"]}, elf, "musllinux_1_2_loongarch64")
    assert (verdict.judged, verdict.taken) == (False, False)


def test_floors(judge: Audit) -> None:
    elf = Object(undefined=["gettid"])
    assert codes(judge({}, elf)) == {"needs-patch-release"}
    assert codes(judge({"floors": ["1.1.24", "1.2.2"]}, elf)) == set()
    assert codes(judge({"floors": ["1.2.1"]}, elf)) == {"needs-patch-release"}


def test_the_command_line_has_the_last_word_on_a_floor(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"floors": ["1.2.2"]}')
    wheel = make_wheel(tmp_path, {"x.so": Object(undefined=["gettid"])})
    report = audit_wheel(wheel, (1, 2, 1), read_policy(path))
    assert codes(report.verdicts[0]) == {"needs-patch-release"}


def test_backports(judge: Audit) -> None:
    elf = Object(undefined=["renameat2"], relr=True)
    assert judge({}, elf).needs == (1, 2, 6)
    verdict = judge({"backports": {"1.2.5": ["renameat2"]}}, elf)
    assert verdict.needs == (1, 2, 5)
    names = ["renameat2", "DT_RELR"]
    everywhere = {f"1.2.{patch}": names for patch in range(6)}
    assert codes(judge({"backports": everywhere}, elf)) == set()


def test_backports_of_what_upstream_never_had(judge: Audit) -> None:
    elf = Object(undefined=["fts_open"])
    assert codes(judge({}, elf)) == {"symbol-unknown"}
    policy = {"releases": ["1.2.5"], "backports": {"1.2.5": ["fts_open"]}}
    assert judge(policy, elf).taken


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "not JSON"),
        ("[" * 10**5, "not JSON"),
        ("\xff", "not JSON"),
        ("[]", "a policy is an object"),
        ('{"architecture": ["x86_64"]}', "'architecture' is none of"),
        ('{"architectures": "x86_64"}', "architectures: a list"),
        ('{"architectures": []}', "architectures: a list"),
        ('{"architectures": [1]}', "1 is not a string"),
        ('{"releases": ["1.2"]}', "releases: '1.2' is not X.Y.Z"),
        ('{"floors": {"1.2": "1.2.2"}}', "floors: a list"),
        ('{"backports": ["renameat2"]}', "backports: an object"),
        ('{"backports": {"1.2.5": "renameat2"}}', "backports: a list"),
        ('{"backports": {"1.2": ["renameat2"]}}', "'1.2' is not X.Y.Z"),
    ],
)
def test_mistakes_are_told_in_a_line(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidPolicy, match=why) as error:
        read_policy(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    if not why.startswith("not"):
        assert not SCHEMA.is_valid(json.loads(content))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"architectures": ["x86-64"]}, "'x86-64' is not in Appendix A"),
        ({"releases": ["1.3.0"]}, "what musl 1.3.0 has is not known"),
        ({"backports": {"1.3.0": ["f"]}}, "what musl 1.3.0 has is not known"),
        ({"floors": ["1.2.2", "1.2.3"]}, "musl 1.2 has two floors"),
    ],
)
def test_mistakes_that_only_the_data_show(
    tmp_path: Path, content: Any, why: str
) -> None:
    SCHEMA.validate(content)
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InvalidPolicy, match=why):
        read_policy(path)


def test_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["audit", "--policy", str(tmp_path / "none"), "x.whl"])
    assert error.value.code == 2
    assert "none: No such file" in capsys.readouterr().err


def test_exit_status_and_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.json"
    path.write_text('{"architectures": ["aarch64"]}')
    wheel = str(make_wheel(tmp_path, {}))
    assert main(["audit", wheel]) == 0
    assert main(["audit", "--policy", str(path), wheel]) == 1
    assert "not judged; the policy does not take it" in capsys.readouterr().out
