"""maturin, asked through ``maturin build`` in an environment of its own."""

import os
import re
import zipfile
from pathlib import Path

from musllinux_conformance import Unsupported, commands
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.auditors import AuditingTool
from musllinux_conformance.adapters.maturin_driver import write_project
from musllinux_conformance.adapters.released import Failed

TARGETS = {
    "aarch64": ("aarch64-unknown-linux-musl", "aarch64-linux-musl"),
    "armv7l": ("armv7-unknown-linux-musleabihf", "arm-linux-musleabihf"),
    "i686": ("i686-unknown-linux-musl", "i386-linux-musl"),
    "loongarch64": ("loongarch64-unknown-linux-musl", "loongarch64-linux-musl"),
    "ppc64le": ("powerpc64le-unknown-linux-musl", "powerpc64le-linux-musl"),
    "riscv64": ("riscv64gc-unknown-linux-musl", "riscv64-linux-musl"),
    "s390x": ("s390x-unknown-linux-musl", "s390x-linux-musl"),
    "x86_64": ("x86_64-unknown-linux-musl", "x86_64-linux-musl"),
}
"""For each ARCH of maturin's policies for musl, what Rust and CPython call it."""

_TAG = re.compile(r"(musllinux_(?:0|[1-9][0-9]*)_(?:0|[1-9][0-9]*))_(\w+)")
_REFUSED = re.compile(
    r"Caused by: (Your library (is not \S+ compliant because|requires copying"
    r"|links libpython)|Can not repair the wheel|Goblin failed to parse the elf file)"
)
_NO_POLICY = re.compile(r"has unsupported architecture|policy is not defined")


class Maturin(AuditingTool):
    """Lets maturin build a wheel of the extension module that is in a wheel.

    maturin checks what cargo has built, so that a stand-in for cargo is on the PATH.
    """

    name = "maturin"
    language = "Rust"
    asked = (
        "a tag is honest if 'maturin build --auditwheel check' makes a wheel with it, "
        "where a stand-in for cargo gives it the one extension module of the vector's "
        "wheel; what a wheel needs it does not say, and of wheels with more in them, "
        "other suffixes, and tags that its policies lack nothing"
    )

    def grants(self, folder: Path, wheel: Path, tag: str) -> bool:
        """Say whether maturin builds a wheel with a tag; False if its check refuses.

        Raises:
            Unsupported: maturin cannot be asked this.
            Failed: it fails, and not because its check refuses.
            Silent: it does not end in time.
        """
        match = _TAG.fullmatch(tag)
        if not match or match[2] not in TARGETS:
            raise Unsupported(f"maturin has no policy for {tag}")
        triple, multiarch = TARGETS[match[2]]
        suffix = f".cpython-311-{multiarch}.so"
        module = _module(wheel, suffix)
        write_project(folder, module)
        words: list[str | Path] = [self.environment.programs / "maturin", "build"]
        words += ["--manifest-path", folder / "Cargo.toml", "--target", triple]
        words += ["--compatibility", match[1], "--auditwheel", "check"]
        words += ["--interpreter", "python3.11", "--out", folder]
        variables = commands.environment(folder)
        variables["PATH"] = os.pathsep.join([str(folder), variables["PATH"]])
        # Libraries of this machine are not looked at.
        variables["TARGET_SYSROOT"] = str(folder / "nowhere")
        ended = commands.run(list(map(str, words)), variables, released.SECONDS)
        if ended.status == 0:
            built = folder / f"demo-1.0.0-cp311-cp311-{tag}.whl"
            with zipfile.ZipFile(built) as archive:
                if archive.read(f"demo/demo{suffix}") == module:
                    return True
            raise Failed("it built a wheel of something else")
        if _NO_POLICY.search(ended.stderr):
            raise Unsupported(f"maturin has no policy for {tag}")
        if _REFUSED.search(ended.stderr):
            return False
        why = ended.stderr.split("Caused by: ")[-1]
        raise Failed(f"exit status {ended.status}: {why}")


def _module(wheel: Path, suffix: str) -> bytes:
    """Return the one extension module of a wheel, if maturin gives it this suffix.

    Raises:
        Unsupported: the wheel has another one, or more in it.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        if len(names) != 1:
            raise Unsupported("maturin is given one extension module and nothing else")
        named = re.fullmatch(rf"(\w+/)*\w+{re.escape(suffix)}", names[0])
        if not named or "-cp311-cp311-" not in wheel.name:
            raise Unsupported(f"maturin gives an extension module the suffix {suffix}")
        return archive.read(names[0])


implementation = Maturin
