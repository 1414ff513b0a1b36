"""vectors.json, all vectors in one file, beside the pages."""

import hashlib
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import report, vectors
from musllinux_docs import build

NAME = "vectors.json"


def write(app: Sphinx) -> None:
    """Write the file into the folder of the built pages."""
    report.write(Path(app.outdir, NAME), vectors.merged())


class VectorDownload(SphinxDirective):
    """A link to the file, with its size and hashes."""

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        content = Path(self.env.app.outdir, NAME).read_bytes()
        up = "../" * self.env.docname.count("/")
        target = nodes.reference("", NAME, refuri=f"{up}{NAME}")
        size = f": {len(vectors.load())} vectors, {len(content) // 1000} kB"
        of_file = hashlib.sha256(content).hexdigest()
        return [
            build.facts(
                [
                    build.fact("file", target, size),
                    build.data("its SHA-256", [of_file]),
                    build.data("SHA-256 in reports", [vectors.content_hash()]),
                ]
            )
        ]
