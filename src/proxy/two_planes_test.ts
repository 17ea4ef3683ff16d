import assert from "node:assert/strict";
import { ListenerType } from "../../config/schema/messages.ts";
import { startOrigin } from "../../tests/support/http/origin.ts";
import { request } from "../../tests/support/http/raw_client.ts";
import { httpListener, socketAddress, startProxy } from "../../tests/support/session/proxy.ts";
import type { ModuleLog } from "../observe/log/module_log.ts";
import type { PlaneParts } from "./parts.ts";
import { runtimeParts } from "./runtime_parts.ts";

/** Parts of a plane that has its addresses for itself, and a log of its own. */
function ownParts(lines: string[]): PlaneParts {
  const write = (message: string) => void lines.push(message);
  const log: ModuleLog = {
    debug: write,
    info: write,
    warn: write,
    error: write,
    isEnabledFor: () => true,
  };
  return { ...runtimeParts({ shared: false }), loggerOf: () => log };
}

async function get(port: number, host: string) {
  const text = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  return (await request(port, text)).status;
}

Deno.test("two data planes of one process do not know of each other", async () => {
  await using origin = await startOrigin({ kind: "echo" });
  const backends = [`127.0.0.1:${origin.port}`];
  const [firstLines, secondLines]: [string[], string[]] = [[], []];
  await using first = await startProxy({ backends, parts: ownParts(firstLines) });
  await using second = await startProxy({ parts: ownParts(secondLines) });

  assert.equal(await get(first.port, "app.test"), 200);
  assert.equal(await get(second.port, "app.test"), 503, "it has no backend");
  await second.addFrontend("other");
  await second.addBackend("other", backends[0] as string);
  assert.equal(await get(second.port, "other.test"), 200);
  assert.equal(await get(first.port, "other.test"), 404, "it has no such frontend");
  assert.deepEqual([firstLines.length, secondLines.length], [1, 0], `${firstLines}`);
  assert.equal(first.count("http.requests"), 2);
  assert.equal(second.count("http.requests"), 2);

  const address = socketAddress(`127.0.0.1:${first.port}`);
  await second.apply({ kind: "add_http_listener", value: httpListener(first.port) });
  const activation = { address, proxy: ListenerType.HTTP, from_scm: false };
  const refusal = await second.plane.apply({
    request_type: { kind: "activate_listener", value: activation },
  });
  assert.match(refusal ?? "", /^Cannot listen on 127\.0\.0\.1:\d+: .*in use/);

  await first.plane.softStop();
  assert.equal(await get(second.port, "other.test"), 200);
  assert.equal(
    await second.plane.apply({
      request_type: { kind: "activate_listener", value: activation },
    }),
    null,
    "the address is free again",
  );
  assert.equal(second.count("http.requests"), 3);
  assert.equal(first.count("client.connections"), 0);
});
