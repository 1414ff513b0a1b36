"""The survey's own parts, offline: what it takes, what it asks, what it notices.

``python survey/survey.py`` and ``python survey/by_hand.py`` do it with real wheels.
"""

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest

from audit_wheels import make_wheel
from musllinux_audit import Reason, audit
from musllinux_audit.archive import read_wheel
from musllinux_conformance.objects import Object

if sys.version_info < (3, 11):
    pytest.skip("a lock file is read by CPython 3.11", allow_module_level=True)

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "survey"), str(ROOT / "e2e")]

import by_hand  # noqa: E402
import offered  # noqa: E402
import survey  # noqa: E402
from offered import Offer, Unavailable  # noqa: E402
from real import Listing, Loader, Unpacked, differences  # noqa: E402

MUSL = Path("/lib/ld-musl-x86_64.so.1")

LOCKED = """
lock-version = "1.0"
created-by = "a test"

[[packages]]
name = "p"
version = "1"
wheels = [{wheels}]

[[packages]]
name = "q"
version = "1"
"""


def locked(folder: Path, *files: str) -> Path:
    wheels = (
        f'{{name = "{file}", size = 5, hashes = {{sha256 = "{file}"}}}}'
        for file in files
    )
    path = folder / "pylock.toml"
    path.write_text(LOCKED.format(wheels=", ".join(wheels)))
    return path


def test_takes_for_each_arch_what_an_installer_takes(tmp_path: Path) -> None:
    path = locked(
        tmp_path,
        "p-1-cp312-cp312-musllinux_1_2_x86_64.whl",
        "p-1-cp313-cp313-musllinux_1_1_x86_64.whl",
        "p-1-cp313-cp313-musllinux_1_2_x86_64.whl",
        "p-1-cp313-cp313-manylinux_2_17_aarch64.whl",
        "p-1-cp311-abi3-musllinux_1_1_i686.whl",
    )
    taken = [
        (o.arch, o.file) for o in offered.chosen(path, ["x86_64", "aarch64", "i686"])
    ]
    assert taken == [
        ("x86_64", "p-1-cp313-cp313-musllinux_1_2_x86_64.whl"),
        ("i686", "p-1-cp311-abi3-musllinux_1_1_i686.whl"),
    ]


def test_what_is_here_is_not_fetched_and_what_is_broken_is_not_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(tmp_path, {"x.so": Object()})
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    offer = Offer("p", "1", "x86_64", wheel.name, sha256, 0)
    monkeypatch.setattr(offered, "_run", lambda *_: pytest.fail("fetched"))
    offered.fetch([offer], tmp_path, 1)
    wheel.write_bytes(b"cut off")
    monkeypatch.setattr(offered, "_run", lambda *_: None)
    with pytest.raises(Unavailable, match="not the one offered"):
        offered.fetch([offer], tmp_path, 1)


def test_more_than_the_bound_is_not_fetched() -> None:
    offer = Offer("p", "1", "x86_64", "p.whl", "", survey.MAX_BYTES + 1)
    with pytest.raises(Unavailable, match=r"shorten projects\.txt"):
        survey.fetch([offer])


def unpacked(folder: Path, **files: Object) -> Unpacked:
    named = {f"{name}.so": content for name, content in files.items()}
    wheel = make_wheel(folder, named)
    return Unpacked(wheel, read_wheel(wheel), "x86_64", folder / "unpacked")


@pytest.fixture
def loader() -> Loader:
    """The loader of Debian 12's package."""
    if not MUSL.exists():
        pytest.skip("Debian's package musl is not installed")
    return Loader("x86_64", (1, 2, 3), "1.2.3-1", (MUSL,))


def test_what_the_loader_misses_is_what_is_predicted(
    tmp_path: Path, loader: Loader
) -> None:
    wheel = unpacked(
        tmp_path,
        x=Object(
            undefined=["statx", "gettid", "no_such", "PyLong_Type", "crc32"],
            needed=["libc.so", "libz.so.1", "y.so"],
        ),
        y=Object(undefined=["preadv2"], needed=["libc.so"]),
    )
    missing = wheel.listed(loader).symbols
    assert missing == {("x.so", "statx"), ("x.so", "no_such"), ("y.so", "preadv2")}
    assert differences(wheel.predicted((1, 2, 3)), missing) == []
    assert len(differences(wheel.predicted((1, 2, 5)), missing)) == 2
    assert len(differences(wheel.predicted((1, 2, 1)), missing)) == 1


def test_a_library_that_the_loader_misses(tmp_path: Path, loader: Loader) -> None:
    wheel = unpacked(tmp_path, x=Object(needed=["libc.so", "libz.so.1", "libnone.so"]))
    assert wheel.listed(loader).libraries == {("x.so", "libnone.so")}


def a_reason(wheel: Unpacked, reason: Reason, listing: Listing) -> dict[str, object]:
    loader = Loader("x86_64", (1, 2, 3), "1.2.3-1", (MUSL,))
    (entry,) = survey.grouped((reason,))
    return survey.confirmed(entry, wheel, {loader: listing})


@pytest.mark.parametrize("agree", [True, False])
def test_a_finding_is_confirmed_or_disagreed_with(tmp_path: Path, agree: bool) -> None:
    wheel = unpacked(tmp_path, x=Object(undefined=["statx"], needed=["libc.so"]))
    verdict = audit(tmp_path / "p-1-cp311-cp311-musllinux_1_2_x86_64.whl", *TAG)
    pair = frozenset({("x.so", "statx")})
    listing = Listing(pair if agree else frozenset(), frozenset())
    found = a_reason(wheel, verdict.reasons[0], listing)
    assert found["confirmed"] == (["1.2.3"] if agree else [])
    assert found["disagrees"] == ([] if agree else ["1.2.3"])


TAG = ["musllinux_1_2_x86_64"]


def test_what_no_loader_can_show_is_said_to_be_not_run(tmp_path: Path) -> None:
    wheel = unpacked(tmp_path, x=Object())
    nothing = Listing(frozenset(), frozenset())
    for reason in (
        Reason("tag-malformed"),
        Reason("suffix-not-searched", "x.so"),
        Reason("object-malformed", "z.so", "cut off"),
    ):
        assert a_reason(wheel, reason, nothing)["not_run"]


def test_every_claim_in_the_results_is_confirmed_or_says_that_it_was_not_run() -> None:
    results = json.loads(survey.RESULTS.read_text("utf-8"))
    reasons = [r for w in results["wheels"] for t in w["tags"] for r in t["reasons"]]
    claims = [each for each in reasons if each["severity"] in ("breaks", "patch")]
    assert claims
    for claim in claims:
        assert claim.get("confirmed") or claim["not_run"]


def test_the_results_are_those_of_the_listed_projects() -> None:
    results = json.loads(survey.RESULTS.read_text("utf-8"))
    lines = survey.PROJECTS.read_text("utf-8").splitlines()
    listed = {line for line in lines if not line.startswith("#")}
    assert {wheel["project"] for wheel in results["wheels"]} <= listed


def test_thirty_wheels_were_chosen_by_hand_and_compared() -> None:
    offers = list(by_hand.chosen())
    assert len({offer.file for offer in offers}) == 30
    assert all(re.fullmatch("[0-9a-f]{64}", offer.sha256) for offer in offers)
    results = json.loads(by_hand.RESULTS.read_text("utf-8"))
    assert [wheel["file"] for wheel in results["wheels"]] == [o.file for o in offers]
    assert all(wheel["loaders"] for wheel in results["wheels"])
