import assert from "node:assert/strict";
import {
  type Event as ControlEvent,
  EventKind,
  ResponseStatus,
} from "../../config/schema/messages.ts";
import { ScriptedMain, type ScriptedPeer } from "../../tests/support/cli/scripted_main.ts";
import { ClientError, connect } from "./mod.ts";

const FOREVER = { timeoutMs: 0 };

function sendEvent(peer: ScriptedPeer, source: string, event: ControlEvent): Promise<void> {
  return peer.answer(ResponseStatus.PROCESSING, source, { kind: "event", value: event });
}

function kindOf(error: unknown): string {
  return error instanceof ClientError ? error.kind : String(error);
}

Deno.test("CommandClient.subscribe yields events with the process they came from", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    // The first connection is the one that connect() opened for requests.
    if (connection === 0) return;
    assert.equal((await peer.next())?.kind, "subscribe_events");
    await sendEvent(peer, "main", { kind: EventKind.EVENTS_SUBSCRIBED });
    await sendEvent(peer, "1", { kind: EventKind.BACKEND_DOWN, backend_id: "b" });
  });
  using client = await connect(main.path, FOREVER);
  const seen: [string, number, string | undefined][] = [];
  for await (const { source, event } of client.subscribe()) {
    seen.push([source, event.kind, event.backend_id]);
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, [
    ["main", EventKind.EVENTS_SUBSCRIBED, undefined],
    ["1", EventKind.BACKEND_DOWN, "b"],
  ]);
});

Deno.test("CommandClient.subscribe leaves the other requests alone", async () => {
  await using main = new ScriptedMain(async (peer) => {
    const request = await peer.next();
    if (request?.kind === "subscribe_events") {
      await sendEvent(peer, "main", { kind: EventKind.EVENTS_SUBSCRIBED });
      await peer.next();
    } else await peer.answer(ResponseStatus.OK, "done");
  });
  using client = await connect(main.path, { timeoutMs: 0, maxConnections: 1 });
  const events = client.subscribe();
  assert.equal((await events.next()).done, false);
  const answer = await client.send({ request_type: { kind: "status", value: {} } });
  assert.equal(answer.message, "done");
  await events.return();
});

Deno.test("CommandClient.subscribe ends with an error when the connection is lost", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    if (connection === 0) return;
    await peer.next();
    peer.hangUp();
  });
  using client = await connect(main.path, FOREVER);
  await assert.rejects(client.subscribe().next(), (error) => kindOf(error) === "closed");
});

Deno.test("CommandClient.subscribe subscribes again when asked to", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    if (connection === 0) return;
    await peer.next();
    await sendEvent(peer, `connection ${connection}`, { kind: EventKind.EVENTS_SUBSCRIBED });
    if (connection === 1) peer.hangUp();
    else await peer.next();
  });
  using client = await connect(main.path, FOREVER);
  const sources: string[] = [];
  for await (const { source } of client.subscribe({ resubscribe: true })) {
    sources.push(source);
    if (sources.length === 2) break;
  }
  assert.deepEqual(sources, ["connection 1", "connection 2"]);
});

Deno.test("CommandClient.subscribe reports a refusal with its reason", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    if (connection === 0) return;
    await peer.next();
    await peer.answer(ResponseStatus.FAILURE, "not allowed");
  });
  using client = await connect(main.path, FOREVER);
  await assert.rejects(client.subscribe().next(), (error) => {
    assert.equal(kindOf(error), "refused");
    assert.match(String(error), /not allowed/);
    return true;
  });
});

Deno.test("CommandClient.subscribe stops when its signal fires", async () => {
  await using main = new ScriptedMain(async (peer, connection) => {
    if (connection === 0) return;
    await peer.next();
    await sendEvent(peer, "main", { kind: EventKind.EVENTS_SUBSCRIBED });
    await peer.next();
  });
  using client = await connect(main.path, FOREVER);
  const controller = new AbortController();
  const events = client.subscribe({ signal: controller.signal });
  await events.next();
  const next = events.next();
  controller.abort();
  await assert.rejects(next, (error) => kindOf(error) === "cancelled");
});
