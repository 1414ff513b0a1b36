// File names of wheels, as the binary distribution format has them.

import { Refused } from "./refused.mjs";

const NAME = /^[a-z0-9](?:[a-z0-9._]*[a-z0-9])?$/i;
const VERSION = new RegExp(
  "^v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*" +
  "(?:[._]?(?:alpha|a|beta|b|preview|pre|c|rc)[._]?[0-9]*)?" +
  "(?:[._]?(?:post|rev|r)[._]?[0-9]*)?" +
  "(?:[._]?dev[._]?[0-9]*)?" +
  "(?:\\+[a-z0-9]+(?:[._][a-z0-9]+)*)?$", "i");

/**
 * {build: [BigInt, string] or null, pythons, abis, platforms} of a wheel's file name; the last
 * three are the members of the compressed tag sets. Throws Refused.
 */
export function parseWheelName(filename) {
  if (!filename.endsWith(".whl")) throw new Refused("the name does not end in .whl");
  const parts = filename.slice(0, -".whl".length).split("-");
  if (parts.length !== 5 && parts.length !== 6) throw new Refused("the name has neither five nor six parts");
  const [name, version] = parts;
  if (!NAME.test(name) || name.includes("__")) throw new Refused("the first part is no project name");
  if (!VERSION.test(version)) throw new Refused("the second part is no version");
  const [pythons, abis, platforms] = parts.slice(-3).map((set) => set.split("."));
  let build = null;
  if (parts.length === 6) {
    const match = /^([0-9]+)(.*)$/s.exec(parts[2]);
    if (!match) throw new Refused("the build tag does not begin with a digit");
    build = [BigInt(match[1]), match[2]];
  }
  return { build, pythons, abis, platforms };
}
