// Damaged ClientHellos against the live HTTPS listener of a data plane in this process. SOZU_FUZZ_HELLOS
// sets how many; `deno task bench tls` sends 100,000 to a real worker.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/https_proxy.ts";
import { startOrigin } from "../support/origin.ts";
import { certificateFor } from "../support/test_certificates.ts";
import { getSecure } from "../support/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import { damagedHellos } from "./hello_fuzz.ts";

const COUNT = Number(Deno.env.get("SOZU_FUZZ_HELLOS") ?? 3_000);
const SEED = Number(Deno.env.get("SOZU_FUZZ_SEED") ?? 1);

Deno.test(`${COUNT} damaged ClientHellos (seed ${SEED}) end, and harm nobody else`, async () => {
  const app = certificateFor(["app.test"]);
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [app] });
  await damagedHellos(proxy.httpsPort, COUNT / 2, SEED);
  const before = Deno.memoryUsage().rss;
  await damagedHellos(proxy.httpsPort, COUNT / 2, SEED + 1);
  await waitFor("every connection to end", () => proxy.count("client.connections") === 0);
  assert.ok(Deno.memoryUsage().rss < before * 1.3);
  assert.equal(proxy.count("session.internal_errors"), 0);
  assert.equal(proxy.count("protocol.tls.handshake"), 0);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", [app.certificate])).status, 200);
});
