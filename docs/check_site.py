"""Check a built site: ``python docs/check_site.py _build/html``.

Every link inside the site leads to a file, and to an element of it where the link has
a fragment; no element name is given twice on a page; no page tells where it was built.
Sphinx has seen the links that it resolved itself; this sees what readers get.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links and the ids of one page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element links to and is called."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" and value:
                self.ids.append(value)


def problems(site: Path, secret: str) -> Iterator[str]:
    """Yield what is wrong, a line each; ``secret`` is what no page may contain."""
    pages: dict[Path, Page] = {}
    for path in sorted(site.rglob("*.html")):
        content = path.read_text("utf-8")
        pages[path] = Page(content)
        if secret in content:
            yield f"{path.relative_to(site)}: contains {secret}"
    for path, page in pages.items():
        name = path.relative_to(site)
        for each in sorted({i for i in page.ids if page.ids.count(i) > 1}):
            yield f"{name}: the id {each} twice"
        for link in dict.fromkeys(page.links):
            yield from (f"{name}: {link}: {why}" for why in _broken(path, link, pages))


def _broken(path: Path, link: str, pages: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        yield "no such file"
    elif (
        parts.fragment
        and target in pages
        and unquote(parts.fragment) not in pages[target].ids
    ):
        yield "no such element"


def main(arguments: list[str]) -> int:
    """Print what is wrong with the site; return the status."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python docs/check_site.py FOLDER", file=sys.stderr)
        return 2
    site = Path(arguments[0]).resolve()
    found = list(problems(site, str(Path(__file__).resolve().parent.parent)))
    print(
        "\n".join(found) or f"{len(list(site.rglob('*.html')))} pages: no broken link"
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
