// What an index takes.

import { ARCHS } from "./architectures.mjs";
import { parseTag } from "./tags.mjs";
import { parseWheelName } from "./wheel-name.mjs";

/**
 * Whether a wheel of this name is taken. The index's list is Appendix A; any X.Y is taken, so
 * that no new musl release has to be waited for. Implements index.malformed, index.listed,
 * index.unlisted and index.no-expiry.
 */
export function acceptUpload(filename) {
  try {
    return parseWheelName(filename).platforms
      .filter((platform) => platform.startsWith("musllinux_"))
      .every((platform) => ARCHS.includes(parseTag(platform).arch));
  } catch {
    return false;
  }
}
