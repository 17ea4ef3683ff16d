// A PROXY header in front of HTTP/2 with prior knowledge, cut anywhere.

import assert from "node:assert/strict";
import { headers, join, preface } from "../support/h2/frames.ts";
import { getFields } from "../support/h2/request_fields.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { SOURCE, V1_LINE, v2Header } from "../support/session/proxy_headers.ts";
import { startProxy } from "../support/session/proxy.ts";
import { fromLatin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("HTTP/2 with prior knowledge begins behind a PROXY header, however they are cut", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "served" });
  const listener = { h2c_prior_knowledge: true, expect_proxy: true };
  await using proxy = await startProxy({ backends: [origin.address], listener });
  for (const header of [V1_LINE, v2Header()].map(fromLatin1)) {
    const all = join(header, preface(), headers(1, getFields()));
    for (const cut of [1, header.length - 1, header.length, header.length + 10]) {
      using wire = await connectRaw(proxy.port);
      const before = origin.requests.length;
      await wire.write(all.subarray(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await wire.write(all.subarray(cut));
      await waitFor("the request", () => origin.requests.length > before);
      const from = origin.requests.at(-1)?.headers.find(([name]) => name === "x-forwarded-for");
      assert.equal(from?.[1], SOURCE);
    }
  }
});
