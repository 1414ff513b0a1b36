"""What auditors that are asked through their command line have in common."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from musllinux_conformance import Unsupported
from musllinux_conformance.adapters.released import Json, ReleasedTool


class AuditingTool(ReleasedTool):
    """A tool that grants a wheel a tag or does not, and says no more of it."""

    operations = ("audit",)

    def grants(self, folder: Path, wheel: Path, tag: str) -> bool:
        """Say whether the tool grants a wheel a tag; ``folder`` is new and empty.

        Raises:
            Unsupported: the tool cannot be asked this.
            Exception: it fails, and says nothing of the tag.
        """
        raise NotImplementedError

    def answer_many(self, requests: Sequence[Json]) -> list[Json]:
        """Answer requests side by side."""
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(self._answer, requests))

    def _answer(self, request: Json) -> Json:
        with tempfile.TemporaryDirectory(prefix="mask-") as name:
            try:
                honest = self.grants(Path(name), Path(request["wheel"]), request["tag"])
            except Unsupported as why:
                return {"unsupported": str(why)}
            except Exception as error:
                return {"error": self._reason(error, name)}
        return {"ok": {"honest": honest, "needs": None, "reasons": []}}
