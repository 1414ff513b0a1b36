// Relocation types by architecture, from the supplements to the ELF specification.

/** Type 0 does nothing, on every architecture. */
export const NONE = 0;

// [IRELATIVE, COPY, those of initial-exec thread-local storage]
const TYPES = {
  x86_64: [[37], 5, [18]],
  i686: [[42], 5, [14, 37]],
  aarch64: [[1032], 1024, [1030]],
  aarch64_be: [[1032], 1024, [1030]],
  armv7l: [[160], 20, [19]],
  armv6l: [[160], 20, [19]],
  ppc64le: [[247, 248], 19, [73]], // 247 is JMP_IREL
  ppc64: [[247, 248], 19, [73]],
  s390x: [[61], 9, [56]],
  riscv64: [[58], 4, [11]],
  loongarch64: [[12], 4, [11]],
};

/** {irelative, initialExec, copy}: whether a relocation type of `arch` is of that kind. */
export function relocationKinds(arch) {
  const [irelatives, copy, initialExecs] = TYPES[arch];
  return {
    irelative: (type) => irelatives.includes(type),
    initialExec: (type) => initialExecs.includes(type),
    copy: (type) => type === copy,
  };
}
