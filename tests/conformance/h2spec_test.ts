// h2spec, the conformance tests of RFC 7540 and 7541, its strict cases included, against real processes: over TLS and
// in clear.

import assert from "node:assert/strict";
import { HOST, startFront } from "../support/h2/front.ts";
import { startOrigin } from "../support/http/origin.ts";
import { goProgram } from "../support/process/go_program.ts";
import { runProgram } from "../support/tls/openssl.ts";

const H2SPEC = await goProgram("h2spec");
if ("problem" in H2SPEC) console.error(`SKIPPED h2spec: ${H2SPEC.problem}`);
const program = "path" in H2SPEC ? H2SPEC.path : "";

/** Every case of this version; fewer would mean that some were not run. */
const CASES = 146;

for (const way of ["TLS", "clear"] as const) {
  Deno.test({
    name: `every strict case of h2spec passes over ${way}`,
    ignore: "problem" in H2SPEC,
    async fn() {
      await using origin = startOrigin({ kind: "fixed", body: "served" });
      await using front = await startFront({ backend: origin.address });
      const port = way === "TLS" ? front.securePort : front.clearPort;
      const args = ["-S", "-h", "localhost", "-p", String(port), "--timeout", "4"];
      const outcome = await runProgram(
        program,
        way === "TLS" ? [...args, "-t", "-k"] : args,
        "",
        300_000,
      );
      const totals = /^(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed$/m.exec(outcome.text);
      assert.ok(totals !== null, outcome.text);
      const failures = outcome.text.slice(Math.max(0, outcome.text.indexOf("Failures:")));
      assert.deepEqual(totals.slice(1).map(Number), [CASES, CASES, 0, 0], failures);
      assert.equal(outcome.code, 0);
      assert.ok(origin.requests.length > 0, `nothing reached the backend of ${HOST}`);
    },
  });
}
