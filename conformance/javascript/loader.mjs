// Running a loader.

import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { open } from "node:fs/promises";

import { exactText } from "./path-bytes.mjs";
import { Refused } from "./refused.mjs";

const PATIENCE = 10_000; // milliseconds
const STDERR_BYTES = 65_536;
const AFTER_EXIT = 500; // milliseconds that a pipe may stay open once the loader has ended

/** Opens a path for reading; never waits for a writer, refuses what is not a regular file. */
export async function openRegular(path) {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await handle.stat({ bigint: true });
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  throw new Refused("not a regular file");
}

/**
 * Refuses a file that the kernel does not start. The C library that node uses hands such a file
 * to a shell instead, which would run its text. A file that may be run but not read passes.
 */
async function refuseText(path) {
  let opened;
  try {
    opened = await openRegular(path);
  } catch (error) {
    if (error.code === "EACCES") return;
    throw error;
  }
  try {
    const { buffer, bytesRead } = await opened.handle.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.toString("latin1", 0, bytesRead);
    if (start !== "\x7fELF" && !start.startsWith("#!")) throw new Refused("the loader is no program");
  } finally {
    await opened.handle.close();
  }
}

/** [program, arguments] that start `path`. node takes only strings, and a path may be other
 *  bytes: then a shell puts them together and becomes the loader. */
function command(path) {
  const text = exactText(path);
  if (text !== null) return [text, []];
  const octal = Array.from(path, (byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join("");
  // The x keeps line feeds at the end of the path from being dropped.
  return ["/bin/sh", ["-c", `p=$(printf %b '${octal}x'); exec "\${p%x}"`]];
}

/**
 * The first 65536 bytes that the loader at `path` (a Buffer) writes to standard error. Throws
 * Refused if it cannot be started or runs out of time.
 * Implements detect.run, detect.stdout, detect.exit-status, detect.any-path,
 * detect.first-bytes, detect.bounded-time, detect.patience and detect.environment.
 */
export async function loaderStderr(path) {
  await refuseText(path);
  const [program, args] = command(path);
  // detached: the loader leads a process group, so that all it started can be ended with it.
  const child = spawn(program, args, { env: {}, cwd: "/", detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const chunks = [];
  let taken = 0;
  const timers = [];
  try {
    await new Promise((resolve, reject) => {
      timers.push(setTimeout(() => reject(new Refused("the loader ran out of time")), PATIENCE));
      child.on("error", reject);
      child.on("exit", () => timers.push(setTimeout(resolve, AFTER_EXIT)));
      child.stderr.on("error", reject);
      child.stderr.on("end", resolve);
      child.stderr.on("data", (chunk) => {
        chunks.push(chunk);
        taken += chunk.length;
        if (taken >= STDERR_BYTES) resolve();
      });
    });
  } finally {
    timers.forEach(clearTimeout);
    child.stderr.destroy();
    child.on("error", () => {});
    endGroup(child.pid);
  }
  return Buffer.concat(chunks).subarray(0, STDERR_BYTES);
}

function endGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}
