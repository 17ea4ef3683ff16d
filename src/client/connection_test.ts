import assert from "node:assert/strict";
import { ResponseStatus } from "../../config/schema/messages.ts";
import { ScriptedMain } from "../../tests/support/cli/scripted_main.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { Connection } from "./connection.ts";
import { ClientError } from "./error.ts";
import { dialUnix } from "./unix_transport.ts";

const MAX_FRAME_BYTES = 1_000;
const FOREVER = { timeoutMs: 0 };
const STATUS = { request_type: { kind: "status", value: {} } } as const;

Deno.test("Connection at rest notices by itself that the peer has hung up", async () => {
  const hangUp = Promise.withResolvers<void>();
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    await peer.answer(ResponseStatus.OK);
    await hangUp.promise;
    peer.hangUp();
  });
  const connection = new Connection(await dialUnix(main.path), MAX_FRAME_BYTES);
  await connection.post(STATUS, FOREVER);
  await connection.receive(FOREVER);
  connection.rest();
  assert.equal(connection.closed, false);
  hangUp.resolve();
  await waitFor("the connection to close", () => connection.closed);
});

Deno.test("Connection.close is the reason with which a pending receive rejects", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
  });
  const connection = new Connection(await dialUnix(main.path), MAX_FRAME_BYTES);
  const receiving = connection.receive(FOREVER);
  const reason = new ClientError("cancelled", "enough");
  connection.close(reason);
  await assert.rejects(receiving, (error) => error === reason);
});

Deno.test("Connection ends when two wait for its answers at once", async () => {
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
  });
  const connection = new Connection(await dialUnix(main.path), MAX_FRAME_BYTES);
  const both = [connection.receive(FOREVER), connection.receive(FOREVER)];
  for (const one of await Promise.allSettled(both)) assert.equal(one.status, "rejected");
  assert.ok(connection.closed);
});
