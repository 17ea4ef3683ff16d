// A program of its own, because it needs the engine's garbage collector at hand (`--expose-gc`): how much
// of the heap damaged handshakes leave behind. Prints the bytes by which it grew.

import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { waitFor } from "../support/wait.ts";
import { damagedHellos } from "./hello_fuzz.ts";

const count = Number(Deno.args[0]);
const collectGarbage: unknown = Reflect.get(globalThis, "gc");
if (typeof collectGarbage !== "function") throw new Error("run with --v8-flags=--expose-gc");

await using proxy = await startHttpsProxy({ certificates: [certificateFor(["app.test"])] });
const before = await heapAfter(1);
console.log(await heapAfter(2) - before);

/** Bytes in use when `count` more handshakes have come and gone. */
async function heapAfter(seed: number): Promise<number> {
  await damagedHellos(proxy.httpsPort, count, seed);
  await waitFor("every connection to end", () => proxy.count("client.connections") === 0);
  let least = Infinity;
  for (let look = 0; look < 5; look++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    (collectGarbage as () => void)();
    least = Math.min(least, Deno.memoryUsage().heapUsed);
  }
  return least;
}
