// Speaks protocol 1: one JSON object a line, on standard input and standard output.
// MUSLLINUX_PYTHON names the CPython for which wheels are chosen; 3.11 without it.

import { operations } from "./musllinux.mjs";
import { Refused, Unsupported } from "./refused.mjs";

const python = process.env.MUSLLINUX_PYTHON ?? "3.11";
if (!/^3\.[0-9]+$/.test(python)) {
  fail(`MUSLLINUX_PYTHON is ${JSON.stringify(python)}: give a version such as 3.11`);
}
const known = operations(Number(python.slice(2)));

const HELLO = {
  name: "musllinux-javascript",
  version: "0.1.0",
  language: "JavaScript",
  lineage: [],
  python,
  operations: Object.keys(known),
  reasons: true,
  window: 16,
};

async function answer({ id, op, ...request }) {
  try {
    if (!Object.hasOwn(known, op)) throw new Unsupported(`no operation ${op}`);
    return { id, ok: await known[op](request) };
  } catch (error) {
    const kind = error instanceof Refused ? "rejected" : error instanceof Unsupported ? "unsupported" : "error";
    return { id, [kind]: error.message };
  }
}

// Questions are worked on side by side; answers leave in the order of the questions.
let last = Promise.resolve();
function send(answering) {
  last = Promise.all([answering, last]).then(([message]) => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  });
}

function fail(why) {
  console.error(why);
  process.exit(2);
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return fail(`not a line of JSON: ${JSON.stringify(line.slice(0, 60))}`);
  }
}

/** The lines of standard input. node's readline would also divide at U+2028, as JSON does not. */
async function* lines() {
  let rest = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    const whole = (rest + chunk).split("\n");
    rest = whole.pop();
    yield* whole;
  }
}

process.stdout.on("error", () => process.exit(1)); // Nobody reads the answers any more.
for await (const line of lines()) {
  const message = parsed(line);
  if (message?.hello === 1) send(HELLO);
  else if (message?.bye) break;
  else if (Number.isInteger(message?.id)) send(answer(message));
  else fail(`neither hello, nor bye, nor a request: ${line.slice(0, 60)}`);
}
