import assert from "node:assert/strict";
import { ListenerType } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { connectRaw, get } from "../support/http/raw_client.ts";
import { configFor } from "../support/config/served_config.ts";
import { SozuProcess, waitFor } from "../support/process/sozu_process.ts";
import { SteadyLoad } from "../support/http/steady_load.ts";

async function isRefused(port: number): Promise<boolean> {
  try {
    (await connectRaw(port)).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

Deno.test("a listener that is closed, changed, removed and added again under load keeps its connections", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const port = freePort();
  await using sozu = await SozuProcess.start(configFor(port, origin.address));
  const where = { address: socketAddress(`127.0.0.1:${port}`), proxy: ListenerType.HTTP };
  const { content } = await sozu.expectOk({ kind: "list_listeners", value: {} });
  assert.equal(content?.content_type?.kind, "listeners_list");
  const listener = content.content_type.value.http_listeners.get(`127.0.0.1:${port}`);
  assert.ok(listener !== undefined);

  await using load = new SteadyLoad({ port, host: "app.test", kept: 6, pauseMs: 2 });
  const goesOn = async (when: string) => {
    const before = load.answered;
    await waitFor(`answers ${when}`, () => load.answered >= before + 100);
    assert.deepEqual(load.failures, [], when);
    assert.equal(load.opened, 6, `no client had to connect again ${when}`);
  };
  await goesOn("at first");
  for (let round = 0; round < 3; round++) {
    await sozu.expectOk({ kind: "deactivate_listener", value: { ...where, to_scm: false } });
    assert.ok(await isRefused(port), "a closed listener refuses");
    await goesOn("while the listener is closed");
    await sozu.expectOk({ kind: "activate_listener", value: { ...where, from_scm: false } });
    assert.equal((await get(port, "app.test")).text, "ok");
    await sozu.expectOk({
      kind: "update_http_listener",
      value: { address: where.address, front_timeout: 30 + round, answers: new Map() },
    });
    await goesOn("after a change of its settings");
  }
  await sozu.expectOk({ kind: "remove_listener", value: where });
  assert.ok(await isRefused(port), "a removed listener refuses");
  await goesOn("while there is no listener");
  await sozu.expectOk({ kind: "add_http_listener", value: { ...listener, active: false } });
  await sozu.expectOk({ kind: "activate_listener", value: { ...where, from_scm: false } });
  await waitFor("the listener to answer", async () => (await get(port, "app.test")).status > 0);
  await goesOn("after it came back");
});
