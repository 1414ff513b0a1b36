// The operations of protocol 1, by name. Each takes a request and gives the value of "ok",
// or throws Refused or Unsupported.

import { archOfElf } from "./architectures.mjs";
import { audit } from "./audit.mjs";
import { parseBanner } from "./banner.mjs";
import { detect } from "./detect.mjs";
import { bytesSource, readElf } from "./elf.mjs";
import { pathText } from "./path-bytes.mjs";
import { Unsupported } from "./refused.mjs";
import { select } from "./select.mjs";
import { folded, parseTag, platformTags } from "./tags.mjs";
import { acceptUpload } from "./upload.mjs";

/** The operations for wheels of CPython 3.`pythonMinor`. */
export const operations = (pythonMinor) => ({
  parse_tag({ tag }) {
    const { major, minor, arch } = parseTag(folded(tag));
    return { major: exactNumber(major), minor: exactNumber(minor), arch };
  },
  async read_elf({ elf }) {
    const { header, interpreter } = await readElf(bytesSource(Buffer.from(elf, "base64")));
    return { interpreter: interpreter && pathText(interpreter), arch: archOfElf(header) };
  },
  parse_banner: ({ stderr }) => parseBanner(Buffer.from(stderr, "base64")),
  detect: ({ executable, machine }) => detect(executable, machine),
  platform_tags: ({ musl, machine, pointer_bits: bits }) => platformTags(musl, machine, bits),
  select: ({ musl, machine, pointer_bits: bits, files }) => select(musl, machine, bits, files, pythonMinor),
  audit: ({ wheel, tag, floor }) => audit(wheel, tag, floor),
  accept_upload: ({ filename }) => acceptUpload(filename),
});

function exactNumber(integer) {
  if (integer > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unsupported("the protocol has no number above 2^53 - 1");
  return Number(integer);
}
