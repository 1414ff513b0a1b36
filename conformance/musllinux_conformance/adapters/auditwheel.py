"""auditwheel, asked through its command line in an environment of its own."""

import json
from functools import cached_property
from pathlib import Path

from musllinux_conformance import Unsupported, commands
from musllinux_conformance.adapters import released
from musllinux_conformance.adapters.auditors import AuditingTool
from musllinux_conformance.adapters.released import Failed, Json

LIBRARIES = Path("/lib").resolve()
"""The folder in which auditwheel looks for the musl of its host."""

_ON_MUSL = """\
set -e
mount -t tmpfs none "$1"
mkdir "$1/over" "$1/work"
cp "$2" "$1/over/libc.musl-host.so.1"
mount -t overlay -o "lowerdir=$3,upperdir=$1/over,workdir=$1/work" overlay "$3"
shift 3
exec "$@"
"""


class Auditwheel(AuditingTool):
    """Runs auditwheel where the folder of libraries holds the loader of a musl.

    It has a policy for each X.Y that it knows, and judges by that of its host.  The
    host is a mount namespace with a layer over that folder, in which one file is more.
    """

    name = "auditwheel"
    asked = (
        "a tag is honest if it is the overall_tag of 'auditwheel show --json', run "
        "where the host's musl is of the tag's X.Y and has no other library; "
        "what a wheel needs it does not say, and of tags that its policies lack nothing"
    )

    def grants(self, folder: Path, wheel: Path, tag: str) -> bool:
        """Say whether the best tag that auditwheel shows for a wheel is this one."""
        if tag not in self._tags:
            raise Unsupported(f"auditwheel has no policy for {tag}")
        return self._show(folder, wheel, tag).get("overall_tag") == tag

    @cached_property
    def _tags(self) -> set[str]:
        """Return the tags that auditwheel may grant, by its own list of policies."""
        path = self.environment.packages / "auditwheel/policy/musllinux-policy.json"
        policies = json.loads(path.read_text("utf-8"))
        return {
            f"{policy['name']}_{arch}"
            for policy in policies
            for arch in policy["symbol_versions"]
        }

    def _show(self, folder: Path, wheel: Path, tag: str) -> dict[str, Json]:
        """Return what auditwheel says of a wheel.

        Raises:
            Unsupported: the namespace cannot be made.
            Failed: auditwheel fails and says nothing of the wheel.
            Silent: it does not end in time.
        """
        for name in ("layer", "empty"):
            (folder / name).mkdir()
        major, minor = tag.split("_")[1:3]
        loader = folder / "loader"
        banner = rf"musl libc (host)\nVersion {major}.{minor}.0\n"
        loader.write_text(f"#!/bin/sh\nprintf '{banner}' >&2\nexit 1\n", "utf-8")
        loader.chmod(0o755)
        made = folder / "made"
        words: list[str | Path] = [folder / "layer", loader, LIBRARIES]
        words += ["sh", "-c", ': > "$0"; exec "$@"', made]
        words += [self.environment.programs / "auditwheel", "show", "--json"]
        words += ["--ldpaths", folder / "empty", wheel]
        ended = commands.run(
            ["unshare", "-rm", "sh", "-c", _ON_MUSL, "sh", *map(str, words)],
            commands.environment(folder),
            released.SECONDS,
        )
        if not made.exists():
            why = (ended.stderr.splitlines() or ["unshare fails"])[-1]
            raise Unsupported(f"no host with musl can be made here: {why}")
        try:
            found: dict[str, Json] = json.loads(ended.stdout)
        except ValueError:
            said = [line for line in ended.stderr.splitlines() if line.strip()]
            why = (said or ["silent"])[-1]
            raise Failed(f"exit status {ended.status}: {why}") from None
        return found


implementation = Auditwheel
