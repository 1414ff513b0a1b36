"""A package index on this machine, to see which file of a release a tool takes."""

import hashlib
import html
import io
import json
import re
import threading
import zipfile
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from musllinux_conformance.hosts import Unavailable

_HTML = "text/html"
_JSON = "application/vnd.pypi.simple.v1+json"


class _Release(NamedTuple):
    """The files of one project under the names by which it offers them."""

    originals: dict[str, str | None]
    yanked: frozenset[str]


class Index:
    """Serves the simple API (PEP 503, PEP 691) and wheels that hold nothing.

    Each release is offered as a project of its own, so that one run of a tool chooses
    in many.  Beside its files each project has an older wheel that fits every host:
    it is what a tool takes that can take no other.
    """

    def __init__(self, releases: Sequence[Sequence[dict[str, Any]]]) -> None:
        """Offer the files of some ``select`` requests.

        Raises:
            Unavailable: a file's name is odd before the first hyphen, where a
                project's name is put.
        """
        projects = {f"p{n}": _release(f"p{n}", r) for n, r in enumerate(releases)}
        self._releases = projects
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.index = self
        self._origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self._origin}/simple/"
        self.projects = tuple(projects)
        """The names of the projects, in the order of the releases."""

    def __enter__(self) -> "Index":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def original(self, project: str, filename: str) -> str | None:
        """Return what a file was called in the request, None for the older wheel."""
        return self._releases[project].originals[filename]

    def page(self, project: str, kind: str) -> bytes | None:
        """Return the page of a project, None if there is no such project."""
        if project not in self._releases:
            return None
        if kind == _HTML:
            return self._html(project).encode()
        files = [
            {
                "filename": name,
                "url": f"{self._origin}/files/{project}/{quote(name)}",
                "hashes": {"sha256": _digest(name)},
                "core-metadata": True,
                "yanked": name in self._releases[project].yanked,
            }
            for name in self._releases[project].originals
        ]
        meta = {"api-version": "1.0"}
        return json.dumps({"meta": meta, "name": project, "files": files}).encode()

    def _html(self, project: str) -> str:
        """Return the page as PEP 503 has it, for tools older than PEP 691."""
        release = self._releases[project]
        lines = []
        for name in release.originals:
            href = html.escape(
                f"{self._origin}/files/{project}/{quote(name)}#sha256={_digest(name)}"
            )
            yanked = ' data-yanked=""' if name in release.yanked else ""
            said = f'data-dist-info-metadata="true"{yanked}'
            lines.append(f'<a href="{href}" {said}>{html.escape(name)}</a>\n')
        return "<!DOCTYPE html>\n<html><body>\n" + "".join(lines) + "</body></html>\n"

    def file(self, project: str, name: str) -> bytes | None:
        """Return a file, or the metadata of one (PEP 658), None if there is none."""
        release = self._releases.get(project)
        wheel = name.removesuffix(".metadata")
        if release is None or wheel not in release.originals:
            return None
        return _wheel(wheel) if wheel == name else _metadata(wheel).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    index: Index


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer with a page or a file."""
        parts = unquote(self.path).strip("/").split("/")
        content = None
        if parts[0] == "simple" and len(parts) == 2:
            kind = _JSON if _JSON in self.headers.get("Accept", "") else _HTML
            content = self.server.index.page(parts[1], kind)
        elif parts[0] == "files" and len(parts) == 3:
            content, kind = self.server.index.file(*parts[1:]), "application/zip"
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""


def _release(project: str, files: Sequence[dict[str, Any]]) -> _Release:
    """Return a release as a project with another name, the older wheel added."""
    names = {_renamed(file["filename"], project): file for file in files}
    originals = {name: file["filename"] for name, file in names.items()}
    yanked = frozenset(name for name, file in names.items() if file["yanked"])
    older = {f"{project}-0-py3-none-any.whl": None}
    return _Release({**originals, **older}, yanked)


def _renamed(filename: str, project: str) -> str:
    """Return a file name with another project's name, if it has one.

    Raises:
        Unavailable: what stands there is no plain name, and may be what is asked about.
    """
    name, hyphen, rest = filename.partition("-")
    if hyphen and not re.fullmatch("[a-z0-9]*", name):
        raise Unavailable("this index gives projects names of its own")
    return project + hyphen + rest if name and hyphen else filename


def _parts(filename: str) -> tuple[str, str]:
    """Return the project and the version of a file, wrong as its name may be."""
    name, version, *_ = [*filename.split("-"), "0"]
    return name, version


def _metadata(filename: str) -> str:
    name, version = _parts(filename)
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def _wheel(filename: str) -> bytes:
    """Return a wheel without modules, whatever its name says."""
    folder = "-".join(_parts(filename)) + ".dist-info"
    files = {
        f"{folder}/METADATA": _metadata(filename),
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{folder}/RECORD"))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in {**files, f"{folder}/RECORD": record}.items():
            # With a fixed date, so that the hash stays.
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


def _digest(filename: str) -> str:
    return hashlib.sha256(_wheel(filename)).hexdigest()
