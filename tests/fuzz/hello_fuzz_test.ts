// Damaged ClientHellos against the live HTTPS listener of a data plane in this process. SOZU_FUZZ_HELLOS
// sets how many; `deno task bench tls` sends 100,000 to a real worker.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { runProgram } from "../support/tls/openssl.ts";
import { startOrigin } from "../support/http/origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { getSecure } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import { damagedHellos } from "./hello_fuzz.ts";

const COUNT = Number(Deno.env.get("SOZU_FUZZ_HELLOS") ?? 3_000);
const SEED = Number(Deno.env.get("SOZU_FUZZ_SEED") ?? 1);

Deno.test(`${COUNT} damaged ClientHellos (seed ${SEED}) end, and harm nobody else`, async () => {
  const app = certificateFor(["app.test"]);
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [app] });
  await damagedHellos(proxy.httpsPort, COUNT, SEED);
  await waitFor("every connection to end", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
  assert.equal(proxy.count("protocol.tls.handshake"), 0);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", [app.certificate])).status, 200);
});

Deno.test("connections whose handshake failed are forgotten", async () => {
  const count = 1_500;
  const program = new URL("./hello_memory.ts", import.meta.url).pathname;
  const flags = ["run", "--quiet", "--allow-all", "--no-check", "--v8-flags=--expose-gc"];
  const { text, code } = await runProgram(
    Deno.execPath(),
    [...flags, program, String(count)],
    "",
    60_000,
  );
  assert.equal(code, 0, text);
  // One that is remembered costs 8 KiB of the heap, and more outside of it.
  assert.ok(Number(text) < count * 1_000, `the heap grew by ${text} bytes`);
});
