// Workers and main replaced under the load of h2load: every request that was begun is answered. The tool opens no new
// connection after GOAWAY, so that it counts what it never began as failed; that is no loss. It also counts requests as
// started that it had not sent yet when GOAWAY came; so what was begun is counted on the wire.

import assert from "node:assert/strict";
import { ResponseStatus } from "../../config/schema/messages.ts";
import { findProgram } from "../bench/load/tools.ts";
import { startFront } from "../support/h2/front.ts";
import { countOnWire } from "../support/h2/wire_count.ts";
import { startOrigin } from "../support/http/origin.ts";
import { runProgram } from "../support/tls/openssl.ts";
import { waitFor } from "../support/wait.ts";

const H2LOAD = findProgram("h2load");
const ignore = H2LOAD === null;
if (ignore) console.error("SKIPPED upgrades under h2load: it is not installed");

/** More than can be answered before the upgrade is over. */
const REQUESTS = 400_000;

for (const what of ["worker", "main"] as const) {
  Deno.test(
    `every request that h2load began is answered while ${what} is replaced`,
    { ignore },
    async () => {
      await using origin = startOrigin({ kind: "fixed", body: "served" });
      await using front = await startFront({ backend: origin.address });
      const { sozu } = front;
      assert.ok(sozu !== null);
      using wire = countOnWire(front.securePort);
      const args = ["-n", String(REQUESTS), "-c", "8", "-m", "20"];
      const load = runProgram(
        H2LOAD as string,
        [...args, `https://localhost:${wire.port}/`],
        "",
        120_000,
      );
      await waitFor("traffic", () => origin.requests.length > 500, { deadlineMs: 30_000 });
      const [old] = await sozu.runningWorkers();
      const verb = what === "main"
        ? { kind: "upgrade_main", value: {} } as const
        : { kind: "upgrade_worker", value: old?.id ?? 0 } as const;
      const response = await sozu.request(verb);
      assert.equal(response.status, ResponseStatus.OK, response.message);
      const { text } = await load;
      const [, started, succeeded] =
        /requests: \d+ total, (\d+) started, \d+ done, (\d+) succeeded/.exec(text) ?? [];
      const begun = wire.requests;
      assert.ok(begun > 500 && begun <= Number(started) && begun < REQUESTS, text);
      assert.equal(Number(succeeded), begun, text);
      assert.match(text, /status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx/);
    },
  );
}
