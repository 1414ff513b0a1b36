"""A program under test: starting it, asking it, and surviving what it does.

A conversation goes: start, hello, requests, bye.  A :class:`Fault` can come at any
step.  After it the program is dead, and :meth:`Program.ask` starts it again.
"""

import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from musllinux_conformance.hosts import CANARY, STARTING
from musllinux_conformance.vectors import Json, validator

MAX_LINE = 1 << 20
"""Bytes that one answer may have."""
MAX_MEMORY = (2 << 30, 2 << 30)
"""Bytes of data that each process of a program may have: soft and hard limit."""
EXTRA_TIME = 1 / 15
"""The part of the time limit that each further request sent at once adds to it."""

_OK_SCHEMA = {
    "parse_tag": "tag",
    "read_elf": "elf",
    "parse_banner": "musl",
    "detect": "host",
    "platform_tags": "tags",
    "select": "selected",
    "audit": "audited",
    "accept_upload": "accepted",
}
_hello_answer = validator("protocol.json#/$defs/hello_answer")
_answer = validator("protocol.json#/$defs/answer")
_ok = {op: validator(f"protocol.json#/$defs/{of}") for op, of in _OK_SCHEMA.items()}


class Fault(Exception):
    """The program crashed, fell silent, or wrote what is no answer."""


class Implementation(NamedTuple):
    """What a program said of itself."""

    name: str
    version: str
    language: str
    lineage: tuple[str, ...]
    python: str
    operations: frozenset[str]
    window: int = 1
    reasons: bool = False


class Program:
    """A program that speaks the protocol, started when it is first needed.

    Its temporary files go to ``folder``, because a program that is killed leaves them.
    """

    def __init__(
        self, command: Sequence[str], time_limit: float, folder: str | os.PathLike[str]
    ) -> None:
        self._command = command
        self._time_limit = time_limit
        self._environment = {**os.environ, CANARY: "1", "TMPDIR": os.fspath(folder)}
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._buffer = bytearray()
        self._stderr: deque[bytes] = deque(maxlen=50)
        self._listener: threading.Thread | None = None

    def start(self) -> Implementation:
        """Start the program and return what it says of itself.

        Raises:
            Fault: it cannot be started, or does not answer hello.
        """
        self.kill()
        if self._closed:
            raise Fault("the run has ended")
        try:
            with STARTING:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env=self._environment,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            raise Fault(f"cannot be started: {error}") from error
        if sys.platform == "linux":
            with suppress(ProcessLookupError):
                resource.prlimit(self._process.pid, resource.RLIMIT_DATA, MAX_MEMORY)
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        self._stderr.clear()
        self._listener = threading.Thread(
            target=self._listen, args=(self._process,), daemon=True
        )
        self._listener.start()
        try:
            hello = self._greet()
        except Fault:
            self.kill()
            raise
        return Implementation(
            name=hello["name"],
            version=hello["version"],
            language=hello["language"],
            lineage=tuple(hello["lineage"]),
            python=hello["python"],
            operations=frozenset(hello["operations"]),
            window=hello.get("window", 1),
            reasons=hello.get("reasons", False),
        )

    def _greet(self) -> dict[str, Json]:
        deadline = time.monotonic() + self._time_limit
        self._write([{"hello": 1}], deadline)
        hello: dict[str, Json] = self._read(deadline)
        for error in _hello_answer.iter_errors(hello):
            raise Fault(f"its answer to hello does not fit: {error.message[:200]}")
        return hello

    def ask(self, requests: Sequence[dict[str, Json]]) -> dict[int, dict[str, Json]]:
        """Send requests at once and return the answers, which come in their order.

        An answer that does not fit its schema becomes ``{"error": why}``.  If the
        program dies or falls silent, the fault is the ``error`` of the request if it
        was alone, and the others are halved and asked again.

        Raises:
            Fault: the program cannot be started again.
        """
        if self._process is None:
            self.start()
        answers: dict[int, dict[str, Json]] = {}
        extra = EXTRA_TIME * (len(requests) - 1)
        deadline = time.monotonic() + self._time_limit * (1 + extra)
        try:
            self._write(requests, deadline)
            for request in requests:
                message = self._read(deadline)
                for error in _answer.iter_errors(message):
                    raise Fault(f"not an answer: {error.message[:200]}")
                if message["id"] != request["id"]:
                    raise Fault(f"answers id {message['id']}, not {request['id']}")
                answers[request["id"]] = _checked(request, message)
        except Fault as fault:
            self.kill()
            left = requests[len(answers) :]
            if len(left) == 1:
                answers[left[0]["id"]] = {"error": str(fault)}
            else:
                middle = len(left) // 2
                for half in (left[:middle], left[middle:]):
                    answers |= self.ask(half)
        return answers

    def close(self) -> None:
        """Say bye, and end the program if it does not end by itself."""
        if self._process is None:
            return
        try:
            self._write([{"bye": True}], time.monotonic() + 1)
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(timeout=1)
        except (Fault, OSError, subprocess.TimeoutExpired):
            pass
        self.kill()

    def abandon(self) -> None:
        """End the program, and never start it again."""
        self._closed = True
        self.kill()

    def kill(self) -> None:
        """End the program and everything that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            process.kill()
        process.wait()
        assert process.stdin is not None
        assert process.stdout is not None
        if not process.stdin.closed:
            process.stdin.close()
        process.stdout.close()
        self._buffer.clear()

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        """Keep the last lines of standard error, so that a crash can be explained."""
        assert process.stderr is not None
        with process.stderr as stderr:
            while line := stderr.readline(4096):
                if line.strip():
                    self._stderr.append(line.strip())

    def _write(self, messages: Sequence[dict[str, Json]], deadline: float) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        left = memoryview(b"".join(json.dumps(m).encode() + b"\n" for m in messages))
        pipe = self._process.stdin.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_WRITE)
            while left:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Fault(f"reads nothing for {self._time_limit:g} s")
                try:
                    left = left[os.write(pipe, left) :]
                except BrokenPipeError:
                    raise Fault(self._death()) from None

    def _read(self, deadline: float) -> Json:
        """Return the next message."""
        assert self._process is not None
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if len(self._buffer) > MAX_LINE:
                    raise Fault("writes a line of more than a megabyte")
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Fault(f"silent for {self._time_limit:g} s")
                chunk = os.read(pipe, 65536)
                if not chunk:
                    raise Fault(self._death())
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            shown = line[:60].decode("ascii", "backslashreplace")
            raise Fault(f"not a line of JSON: {shown}") from None

    def _death(self) -> str:
        """Say how the program ended, with the last thing it said."""
        assert self._process is not None
        assert self._listener is not None
        try:
            status = self._process.wait(timeout=1)
            self._listener.join(timeout=1)
        except subprocess.TimeoutExpired:
            return "closed its standard output"
        last = self._stderr[-1].decode("utf-8", "replace") if self._stderr else ""
        ended = f"signal {-status}" if status < 0 else f"exit status {status}"
        return f"ended with {ended}" + (f": {last[:200]}" if last else "")


def _checked(request: dict[str, Json], message: dict[str, Json]) -> dict[str, Json]:
    """Return an answer without its id, or an error if its value does not fit."""
    answer = {key: value for key, value in message.items() if key != "id"}
    if "ok" in answer:
        for error in _ok[request["op"]].iter_errors(answer["ok"]):
            return {"error": f"an answer that does not fit: {error.message[:200]}"}
    return answer
