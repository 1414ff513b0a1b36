// Paths are bytes; JSON has strings. A byte that is not UTF-8 stands as U+DC00 plus the byte.

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The string of a path, or null if its bytes are not UTF-8. */
export function exactText(bytes) {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

export function pathText(bytes) {
  const whole = exactText(bytes);
  if (whole !== null) return whole;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const piece = exactText(bytes.subarray(at, at + length));
    text += piece ?? String.fromCharCode(0xdc00 + lead);
    at += piece === null ? 1 : length;
  }
  return text;
}

export function pathBytes(text) {
  // With the flag u, half of a surrogate pair does not match.
  return Buffer.concat(text.split(/([\udc80-\udcff])/u).map((piece) =>
    /^[\udc80-\udcff]$/u.test(piece) ? Buffer.from([piece.charCodeAt(0) - 0xdc00]) : Buffer.from(piece)));
}
