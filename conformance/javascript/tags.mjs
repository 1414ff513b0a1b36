// musllinux tags: their form, and those that a host accepts.

import { archOfKernel } from "./architectures.mjs";
import { Refused, Unsupported } from "./refused.mjs";

// A banner has at most three digits (banner.three-digits), so no host has more.
const HIGHEST_MINOR = 999;

/** Implements tag.case. ASCII alone: other letters must not become ASCII ones. */
export const folded = (tag) => tag.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** {major, minor, arch} with BigInt numbers. Throws Refused. Implements tag.form. */
export function parseTag(tag) {
  const match = /^musllinux_(0|[1-9][0-9]*)_(0|[1-9][0-9]*)_([a-z0-9_]+)$/.exec(tag);
  if (!match) throw new Refused("not of the form musllinux_X_Y_ARCH");
  return { major: BigInt(match[1]), minor: BigInt(match[2]), arch: match[3] };
}

/**
 * All musllinux tags of a host, best first. `musl` is [major, minor].
 * Implements order.newest-first, order.down-to-zero, order.no-newer, order.same-major and
 * order.no-manylinux.
 */
export function platformTags([major, minor], machine, pointerBits) {
  if (minor > HIGHEST_MINOR) throw new Unsupported(`a minor version above ${HIGHEST_MINOR} is in no banner`);
  const arch = archOfKernel(machine, pointerBits);
  if (arch === null) return [];
  return Array.from({ length: minor + 1 }, (_, older) => `musllinux_${major}_${minor - older}_${arch}`);
}

/**
 * The place of one platform tag among those of a host (0 is best), or null if the host does
 * not accept it. `arch` is null on a host that accepts none. Implements tag.harmless,
 * tag.integers and tag.whole-arch.
 */
export function platformRank(tag, [major, minor], arch) {
  let parsed;
  try {
    parsed = parseTag(tag);
  } catch {
    return null;
  }
  if (parsed.arch !== arch || parsed.major !== BigInt(major) || parsed.minor > BigInt(minor)) return null;
  return minor - Number(parsed.minor);
}
