// The measured facts: which musl release resolves which symbol, and what libraries of the host
// have. Implements audit.upstream and audit.no-versions: the names alone decide.

import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../../reference/musllinux/data/${name}`, import.meta.url), "utf8"));

const RECORDS = read("symbols.json").symbols;
const LIBRARIES = new Map(Object.entries(read("libraries.json").libraries).map(([name, symbols]) => [name, new Set(symbols)]));

// How the data name the ports of musl. Both byte orders are one port.
const PORTS = {
  x86_64: "x86_64", i686: "i386", aarch64: "aarch64", aarch64_be: "aarch64", armv7l: "arm", armv6l: "arm",
  ppc64le: "powerpc64", ppc64: "powerpc64", s390x: "s390x", riscv64: "riscv64", loongarch64: "loongarch64",
};

const BY_NAME = new Map();
for (const record of RECORDS) {
  for (const name of record.names) BY_NAME.set(name, [...BY_NAME.get(name) ?? [], record]);
}

const release = (text) => text.split(".").map(Number);

/** Every release that the data name. */
export const measuredReleases = () => RECORDS.flatMap(({ since, until }) => [since, until]).filter(Boolean).map(release);

/** The spans [since, until] of releases (null: without end) in which musl resolves a symbol on `arch`. */
export function spansOf(name, arch) {
  return (BY_NAME.get(name) ?? [])
    .filter(({ ports }) => ports === undefined || ports.includes(PORTS[arch]))
    .map(({ since, until }) => [since ? release(since) : null, until ? release(until) : null]);
}

export const isHostLibrary = (library) => LIBRARIES.has(library);

export const hostLibraryHas = (library, symbol) => LIBRARIES.get(library)?.has(symbol) ?? false;
