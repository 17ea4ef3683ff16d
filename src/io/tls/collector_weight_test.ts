// In processes of their own: what is resident after many objects that hold memory outside of the heap.

import assert from "node:assert/strict";
import { WORKER_V8_FLAGS } from "../../supervisor/self_command.ts";
import { nativeTls } from "./engine.ts";

const ENGINES = 40_000;
const MEBIBYTE = 1024 * 1024;

/** Resident bytes after many TLS engines that a handshake has failed in. */
async function residentAfter(weighed: boolean): Promise<number> {
  const program = `
    import { CollectorWeight } from "${import.meta.resolve("./collector_weight.ts")}";
    import { nativeTls, TlsEngine } from "${import.meta.resolve("./engine.ts")}";
    const weight = new CollectorWeight();
    const hello = new TextEncoder().encode("GET / HTTP/1.1\\r\\n\\r\\n");
    for (let i = 0; i < ${ENGINES}; i++) {
      const engine = new TlsEngine(nativeTls());
      engine.receive(hello);
      engine.close();
      if (${weighed}) weight.add();
      if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    console.log(Deno.memoryUsage().rss);`;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", `--v8-flags=${WORKER_V8_FLAGS.join(",")}`, program],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, text(stderr));
  return Number(text(stdout));
}

Deno.test({
  name: "objects with much outside of the heap do not pile up when they are weighed",
  ignore: nativeTls() === null,
  async fn() {
    const [weighed, not] = await Promise.all([residentAfter(true), residentAfter(false)]);
    const told = `${weighed / MEBIBYTE} MiB weighed, ${not / MEBIBYTE} MiB not`;
    assert.ok(weighed < not * 0.7, told);
  },
});
