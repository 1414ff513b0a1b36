"""The command line: what this interpreter is, and which wheels it takes.

Exit status 0 means yes, 1 means no, 2 means that the question was not understood.
"""

import argparse
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence

from musllinux.banner import MuslVersion
from musllinux.detection import MuslHost, NotMusl, identify
from musllinux.generation import platform_tags
from musllinux.selection import WheelFile, select, supported_tags

Result = tuple[int, dict[str, object], str]
"""Exit status, the answer for a program, the answer for a person."""


def main(argv: Sequence[str] | None = None) -> int:
    """Answer one question about an interpreter; return the exit status."""
    options = _parser().parse_args(argv)
    try:
        status, answer, text = options.answer(options)
    except NotMusl as error:
        status, answer, text = (
            1,
            {"musl": None, "why": str(error)},
            f"not musl: {error}",
        )
    try:
        print(json.dumps(answer) if "json" in options else text, flush=True)
    except BrokenPipeError:
        # Who read has read enough; Python flushes again at exit, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(status)


def _show(options: argparse.Namespace) -> Result:
    host = identify()
    tags = list(platform_tags(host.musl, [host.arch]))
    answer = {**_host(host), "executable": sys.executable, "tags": tags}
    return 0, answer, "\n".join([f"{sys.executable}: {_words(host)}", *tags])


def _detect(options: argparse.Namespace) -> Result:
    executable = shutil.which(options.python) or options.python
    host = identify(executable)
    return 0, {**_host(host), "executable": executable}, _words(host)


def _tags(options: argparse.Namespace) -> Result:
    host = _target(options)
    tags = list(platform_tags(host.musl, [host.arch]))
    return 0, {**_host(host), "tags": tags}, "\n".join(tags)


def _select(options: argparse.Namespace) -> Result:
    host = _target(options)
    platforms = list(platform_tags(host.musl, [host.arch]))
    files = [WheelFile(name) for name in options.filenames]
    chosen = select(files, supported_tags(options.python, platforms))
    text = chosen or "none of these files is compatible with the host"
    return int(chosen is None), {**_host(host), "selected": chosen}, text


def _target(options: argparse.Namespace) -> MuslHost:
    """Return the host that --musl and --arch describe, by default this one."""
    if options.musl and options.arch:
        return MuslHost(options.musl, options.arch)
    here = identify()
    return MuslHost(options.musl or here.musl, options.arch or here.arch)


def _host(host: MuslHost) -> dict[str, object]:
    return {"musl": list(host.musl), "arch": host.arch}


def _words(host: MuslHost) -> str:
    return f"musl {host.musl.major}.{host.musl.minor}, {host.arch}"


def _two_numbers(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{1,3})\.([0-9]{1,3})", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not X.Y, such as 1.2")
    return int(match[1]), int(match[2])


def _musl(text: str) -> MuslVersion:
    return MuslVersion(*_two_numbers(text))


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON"
    )
    target = argparse.ArgumentParser(add_help=False)
    target.add_argument(
        "--musl", type=_musl, metavar="X.Y", help="default: this host's"
    )
    target.add_argument("--arch", metavar="ARCH", help="default: this one")
    parser = argparse.ArgumentParser(
        prog="python -m musllinux",
        description="Say whether an interpreter runs on musl, and which tags it takes.",
        epilog="Exit status: 0 yes, 1 no, 2 usage.",
        parents=[common],
    )
    parser.set_defaults(answer=_show)
    commands = parser.add_subparsers(metavar="COMMAND")
    command = commands.add_parser(
        "detect", parents=[common], help="say whether an interpreter runs on musl"
    )
    command.add_argument("python", nargs="?", default=sys.executable, metavar="PYTHON")
    command.set_defaults(answer=_detect)
    command = commands.add_parser(
        "tags", parents=[common, target], help="list the platform tags, best first"
    )
    command.set_defaults(answer=_tags)
    command = commands.add_parser(
        "select", parents=[common, target], help="choose among the wheels of a release"
    )
    command.add_argument(
        "--python",
        type=_two_numbers,
        default=sys.version_info[:2],
        metavar="X.Y",
        help="CPython version, default: this one",
    )
    command.add_argument("filenames", nargs="+", metavar="FILENAME")
    command.set_defaults(answer=_select)
    _add_audit(commands, common)
    return parser


def _add_audit(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
) -> None:
    """Add the Auditor's command; nothing else here needs its package."""
    from musllinux_audit import cli

    command = commands.add_parser(
        "audit",
        parents=[common],
        help="say whether the tags of wheels hold",
        epilog=cli.EPILOG,
    )
    cli.add_arguments(command)
    command.set_defaults(answer=cli.run)


if __name__ == "__main__":
    raise SystemExit(main())
