// The banner of musl's loader.

import { Refused } from "./refused.mjs";

/**
 * [major, minor] from what a loader wrote to standard error (a Buffer). Throws Refused if that
 * is not musl's banner. Implements banner.lines, banner.first-line, banner.version,
 * banner.three-digits and banner.rest.
 */
export function parseBanner(stderr) {
  // latin1 gives each byte one character, so that no encoding can be wrong.
  const lines = stderr.toString("latin1").split("\n")
    .map(stripped)
    .filter((line) => line !== "");
  if (!/^musl libc(?: \([^()]*\))?$/.test(lines[0] ?? "")) throw new Refused('the first line is not "musl libc"');
  const version = /^Version (0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?![0-9])/.exec(lines[1] ?? "");
  if (!version) throw new Refused('the second line does not begin with "Version X.Y"');
  const [, major, minor] = version;
  if (major.length > 3 || minor.length > 3) throw new Refused("X or Y has more than three digits");
  return [Number(major), Number(minor)];
}

/** Without spaces, tabs and carriage returns at both ends. By hand: a pattern for the end of a
 *  line takes quadratic time on a long run of spaces inside it. */
function stripped(line) {
  let start = 0;
  let end = line.length;
  while (start < end && " \t\r".includes(line[start])) start += 1;
  while (end > start && " \t\r".includes(line[end - 1])) end -= 1;
  return line.slice(start, end);
}
