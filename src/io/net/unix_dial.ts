// Dialling unix stream sockets with Deno.

import type { ByteStream } from "../contracts.ts";
import { denoStream } from "./deno_stream.ts";

/**
 * A stream to the socket at `path`, or with the abstract name behind `@`; rejects when nobody listens, its queue is
 * full, or `signal` aborts. The kernel decides at once: there is nothing to wait for.
 */
export async function dialUnix(path: string, signal: AbortSignal): Promise<ByteStream> {
  const connection = await Deno.connect({ transport: "unix", path: socketName(path) });
  if (signal.aborted) {
    connection.close();
    throw signal.reason;
  }
  return denoStream(connection);
}

function socketName(path: string): string {
  if (!path.startsWith("@")) return path;
  if (Deno.build.os !== "linux") throw new Error("an @abstract unix_path needs Linux");
  return `\0${path.slice(1)}`;
}
