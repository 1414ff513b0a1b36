"""Ask an implementation every vector, and judge the answers."""

import base64
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from musllinux_conformance.hosts import Unavailable, materialise, padded_elf
from musllinux_conformance.outcomes import Result, blocked_by, judge
from musllinux_conformance.program import Fault, Program
from musllinux_conformance.vectors import Json, Vector
from musllinux_conformance.wheels import make_wheel

WAITING_AT_ONCE = 8
"""Programs that are started at most for vectors that make a Detector wait."""


class Run:
    """One run of vectors against one implementation.

    Results arrive while it goes on; :meth:`result` waits for one of them.
    """

    def __init__(
        self, command: Sequence[str], vectors: Iterable[Vector], time_limit: float
    ) -> None:
        """Start the program and say hello.

        Raises:
            Fault: the program cannot be started or does not answer hello.
        """
        self._command = command
        self._time_limit = time_limit
        self._folder = Path(tempfile.mkdtemp(prefix="host-"))
        self._programs: list[Program] = []
        self._pool = ThreadPoolExecutor(WAITING_AT_ONCE + 1)
        first = self._program()
        try:
            self.implementation = first.start()
        except Fault:
            self.close()
            raise
        python = self.implementation.python
        self._vectors = [vector.for_python(python) for vector in vectors]
        self._ids = {vector.id: n for n, vector in enumerate(self._vectors, 1)}
        self._judged: dict[str, Future[Result]] = {name: Future() for name in self._ids}
        self._begin(first)

    def _program(self) -> Program:
        self._programs.append(Program(self._command, self._time_limit, self._folder))
        return self._programs[-1]

    def _begin(self, first: Program) -> None:
        """Share the vectors out: those that wait get a program each."""
        together: list[Vector] = []
        waiting: list[Vector] = []
        for vector in self._vectors:
            if vector.request["op"] not in self.implementation.operations:
                self._settle(vector, {"unsupported": "the operation is not declared"})
            else:
                (waiting if vector.waits else together).append(vector)
        # First, so that it does not stand behind more of those that wait than fit.
        self._pool.submit(self._ask_all, first, together)
        for vector in waiting:
            self._pool.submit(self._ask_alone, vector)

    def _ask_alone(self, vector: Vector) -> None:
        program = self._program()
        self._ask(program, [vector])
        program.close()

    def _ask_all(self, program: Program, vectors: list[Vector]) -> None:
        window = self.implementation.window
        for start in range(0, len(vectors), window):
            self._ask(program, vectors[start : start + window])
        program.close()

    def _ask(self, program: Program, vectors: list[Vector]) -> None:
        """Ask some vectors at once and settle each of them, whatever happens."""
        answers: dict[int, dict[str, Json]] = {}
        requests = []
        for vector in vectors:
            try:
                requests.append(self._request(vector))
            except (Unavailable, OSError) as why:
                answers[self._ids[vector.id]] = {"unavailable": str(why)}
        missing = "not asked"
        try:
            for request in requests:
                if request.pop("twice", False):
                    answers |= self._ask_first(program, request)
            left = [request for request in requests if request["id"] not in answers]
            answers |= program.ask(left) if left else {}
        except Fault as fault:
            missing = f"it does not start again: {fault}"
        except Exception as error:  # A fault of the suite must not hang the run.
            missing = f"the suite failed: {error!r}"
        for vector in vectors:
            self._settle(vector, answers.get(self._ids[vector.id], {"error": missing}))
            shutil.rmtree(self._host(vector), ignore_errors=True)

    def _ask_first(
        self, program: Program, request: dict[str, Json]
    ) -> dict[int, dict[str, Json]]:
        """Ask for the first of two times; an answer counts only if it is an error."""
        number = request["id"] + len(self._ids)
        answer = program.ask([{**request, "id": number}])[number]
        return {request["id"]: answer} if "error" in answer else {}

    def _host(self, vector: Vector) -> Path:
        return self._folder / str(self._ids[vector.id])

    def _request(self, vector: Vector) -> dict[str, Json]:
        """Return the request as it is sent, with its host made.

        Raises:
            Unavailable: the host cannot be made here.
        """
        request = {
            key: value
            for key, value in vector.request.items()
            if not key.endswith("_words") and key not in ("loader", "pad")
        }
        request["id"] = self._ids[vector.id]
        if request["op"] == "read_elf":
            request["elf"] = base64.b64encode(padded_elf(vector.request)).decode()
        if request["op"] == "audit":
            self._host(vector).mkdir()
            request["wheel"] = str(make_wheel(vector.request, self._host(vector)))
        if request["op"] == "detect":
            host = self._host(vector)
            host.mkdir()
            request["executable"] = str(materialise(vector.request, host))
        return request

    def _settle(self, vector: Vector, answer: dict[str, Json]) -> None:
        """Judge an answer.  What it says of a folder of this run says it of any."""
        host = str(self._host(vector))
        general = {
            key: value.replace(host, "HOST") if isinstance(value, str) else value
            for key, value in answer.items()
        }
        self._judged[vector.id].set_result(
            judge(vector, general, self.implementation.reasons)
        )

    def result(self, vector: Vector) -> Result:
        """Wait until a vector is judged, and those that it needs."""
        result = self._judged[vector.id].result()
        needed = [need for need in vector.needs if need in self._judged]
        return blocked_by(
            result, {need: self._judged[need].result().outcome for need in needed}
        )

    def results(self) -> Mapping[str, Result]:
        """Wait until every vector is judged."""
        return {vector.id: self.result(vector) for vector in self._vectors}

    def close(self) -> None:
        """End every program and remove every file of the run."""
        for program in list(self._programs):
            program.abandon()
        self._pool.shutdown(wait=False, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)
