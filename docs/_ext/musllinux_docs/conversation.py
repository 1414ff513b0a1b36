"""A conversation in the protocol, held with the reference while the page is built."""

import json
import subprocess
from typing import Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from musllinux_conformance import implementations, vectors

TIME_LIMIT = 30


def hold(ids: list[str]) -> list[tuple[str, str]]:
    """Return what was sent and answered, a pair for each message.

    Raises:
        subprocess.SubprocessError: the program failed or fell silent.
    """
    (hello,) = _said([{"hello": 1}, {"bye": True}])
    python = json.loads(hello)["python"]
    suite = vectors.load()
    asked = [suite[each].for_python(python).request for each in ids]
    messages = [
        {"hello": 1},
        *({"id": n, **_without_words(request)} for n, request in enumerate(asked, 1)),
        {"bye": True},
    ]
    sent = [json.dumps(message) for message in messages]
    return list(zip(sent, [*_said(messages), ""], strict=True))


def _said(messages: list[dict[str, Any]]) -> list[str]:
    done = subprocess.run(
        implementations.resolve("reference").command,
        input="".join(f"{json.dumps(message)}\n" for message in messages),
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=True,
    )
    return done.stdout.splitlines()


def _without_words(request: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in request.items() if not k.endswith("_words")}


class Conversation(SphinxDirective):
    """The conversation in which the vectors of the content are asked."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        try:
            pairs = hold(list(self.content))
        except (subprocess.SubprocessError, ValueError) as error:
            raise ExtensionError(f"the conversation failed: {error}") from error
        text = "\n".join(
            f"→ {sent}\n← {answered}" if answered else f"→ {sent}"
            for sent, answered in pairs
        )
        return [nodes.literal_block(text, text, language="none", classes=["wrap"])]
