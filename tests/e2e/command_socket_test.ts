import assert from "node:assert/strict";
import { ListenerType, ResponseStatus } from "../../config/schema/messages.ts";
import { cluster } from "../support/config/state.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { SozuProcess, type TestClient, waitFor } from "../support/process/sozu_process.ts";

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** Answers up to the end of the connection. */
async function rest(client: TestClient): Promise<number[]> {
  const statuses: number[] = [];
  for (let one = await client.receive(); one; one = await client.receive()) {
    statuses.push(one.status);
  }
  return statuses;
}

Deno.test("the command socket", async (t) => {
  await using sozu = await SozuProcess.start("max_command_buffer_size = 100000");

  await t.step("answers pipelined requests of one write, all and in order", async () => {
    using client = await sozu.connect();
    await client.send(
      { kind: "add_cluster", value: cluster("one") },
      { kind: "add_cluster", value: cluster("two") },
      { kind: "remove_cluster", value: "missing" },
      { kind: "query_cluster_by_id", value: "two" },
      { kind: "remove_cluster", value: "one" },
      { kind: "list_workers", value: {} },
    );
    const kinds: (string | undefined)[] = [];
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const response = await client.terminal();
      statuses.push(response.status);
      kinds.push(response.content?.content_type?.kind);
    }
    const { OK, FAILURE } = ResponseStatus;
    assert.deepEqual(statuses, [OK, OK, FAILURE, OK, OK, OK]);
    assert.deepEqual(kinds.filter(Boolean), ["worker_responses", "workers"]);
  });

  await t.step("shows a client its own change in the next question", async () => {
    using client = await sozu.connect();
    await client.send(
      { kind: "add_cluster", value: cluster("seen") },
      { kind: "query_cluster_by_id", value: "seen" },
      { kind: "remove_cluster", value: "seen" },
    );
    await client.terminal();
    const type = (await client.terminal()).content?.content_type;
    assert.equal(type?.kind, "worker_responses");
    assert.deepEqual([...type.value.map.keys()].sort(), ["0", "1", "main"]);
    for (const { content_type } of type.value.map.values()) {
      assert.equal(content_type?.kind, "clusters");
      assert.equal(content_type.value.vec.length, 1);
    }
    await client.terminal();
  });

  await t.step("executes thousands of pipelined changes in order", async () => {
    using client = await sozu.connect();
    const count = 3000;
    await client.request({ kind: "add_cluster", value: cluster("many") });
    const sending = client.send(
      ...Array.from({ length: count }, (_, i) => ({
        kind: "add_backend" as const,
        value: {
          cluster_id: "many",
          backend_id: `b-${i}`,
          address: { ip: { inner: { kind: "v4" as const, value: 0x7f000001 } }, port: 1 + i },
        },
      })),
    );
    for (let i = 0; i < count; i++) {
      assert.equal((await client.terminal()).status, ResponseStatus.OK);
    }
    await sending;
  });

  await t.step("answers a client that closed its sending side", async () => {
    using client = await sozu.connect();
    await client.send({ kind: "status", value: {} });
    await client.closeWrite();
    assert.equal((await client.terminal()).status, ResponseStatus.OK);
    assert.equal(await client.receive(), null);
  });

  await t.step("follows the stream again after a length of 5", async () => {
    using client = await sozu.connect();
    await client.write(u64(5n));
    assert.equal((await client.request({ kind: "status", value: {} })).status, ResponseStatus.OK);
  });

  await t.step("answers a frame over the limit with a failure and closes that client", async () => {
    using other = await sozu.connect();
    using client = await sozu.connect();
    await client.write(u64(100_001n));
    const refusal = await client.terminal();
    assert.equal(refusal.status, ResponseStatus.FAILURE);
    assert.match(refusal.message, /100001.*100000/);
    assert.equal(await client.receive(), null);
    assert.equal((await other.request({ kind: "status", value: {} })).status, ResponseStatus.OK);
  });

  await t.step("answers an undecodable frame with a failure and closes that client", async () => {
    using client = await sozu.connect();
    const payload = new Uint8Array(20).fill(0xff);
    await client.write(new Uint8Array([...u64(28n), ...payload]));
    assert.equal((await client.terminal()).status, ResponseStatus.FAILURE);
    assert.equal(await client.receive(), null);
  });

  await t.step("survives noise", async () => {
    for (let round = 0; round < 20; round++) {
      using client = await sozu.connect();
      const noise = crypto.getRandomValues(new Uint8Array(200));
      // What begins so is JSON, and answered in JSON.
      if (noise[0] === "{".charCodeAt(0)) noise[0] = 0;
      await client.write(noise).catch(() => {});
      await client.closeWrite().catch(() => {});
      assert.ok((await rest(client)).length <= 25);
    }
    for (let round = 0; round < 5; round++) {
      using client = await Deno.connect({ transport: "unix", path: sozu.socketPath });
      const noise = crypto.getRandomValues(new Uint8Array(200));
      noise[0] = "{".charCodeAt(0);
      await client.write(noise).catch(() => {});
      await client.closeWrite().catch(() => {});
      const answer = await new Response(client.readable).text();
      assert.ok(answer.length < 10_000, answer);
    }
    await sozu.expectOk({ kind: "status", value: {} });
  });

  await t.step("answers requests that are internal or not available with a failure", async () => {
    using client = await sozu.connect();
    await client.write(u64(8n)); // a request that names no verb
    const listener = { proxy: ListenerType.HTTP, address: socketAddress("127.0.0.1:80") };
    assert.equal((await client.terminal()).status, ResponseStatus.FAILURE);
    const requests: Parameters<TestClient["request"]>[0][] = [
      { kind: "launch_worker", value: "x" },
      { kind: "return_listen_sockets", value: {} },
      { kind: "upgrade_worker", value: 77 },
      { kind: "steer_listener", value: { ...listener, targets: [] } },
      { kind: "query_listener_socket", value: listener },
      { kind: "probe_listener", value: listener },
      { kind: "close_listener_socket", value: listener },
      { kind: "wind_down", value: {} },
    ];
    for (const request of requests) {
      const response = await client.request(request);
      assert.equal(response.status, ResponseStatus.FAILURE, request.kind);
      assert.notEqual(response.message, "");
    }
  });

  await t.step("speaks JSON lines with a client that begins with a brace", async () => {
    const connection = await Deno.connect({ transport: "unix", path: sozu.socketPath });
    const text = (request: unknown) => new TextEncoder().encode(`${JSON.stringify(request)}\n`);
    await connection.write(text({ request_type: { STATUS: {} } }));
    await connection.write(new TextEncoder().encode("{not json\n"));
    await connection.write(text({ request_type: { LIST_WORKERS: {} } }));
    await connection.closeWrite();
    let output = "";
    const decoder = new TextDecoder();
    for await (const chunk of connection.readable) {
      output += decoder.decode(chunk, { stream: true });
    }
    const answers = output.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(answers.map(({ status }) => status), [1, 0, 2, 0]);
    assert.equal(answers[3].content.content_type.WORKERS.vec.length, 2);
  });

  await t.step("delivers events of other clients to a subscriber", async () => {
    using subscriber = await sozu.connect();
    await subscriber.send({ kind: "subscribe_events", value: {} });
    const first = await subscriber.receive();
    assert.equal(first?.content?.content_type?.kind, "event");
    await sozu.expectOk({ kind: "add_cluster", value: cluster("watched") });
    const event = (await subscriber.receive())?.content?.content_type;
    assert.equal(event?.kind, "event");
    assert.equal(event.value.cluster_id, "watched");
  });

  await t.step("refuses clients beyond its bound and takes more when some leave", async () => {
    const clients: TestClient[] = [];
    try {
      for (let i = 0; i < 512; i++) clients.push(await sozu.connect());
      using refused = await sozu.connect();
      assert.equal(await refused.receive(), null);
    } finally {
      clients.forEach((client) => client.close());
    }
    await waitFor("room for a client", async () => {
      using client = await sozu.connect();
      await client.send({ kind: "list_workers", value: {} }).catch(() => {});
      return await client.receive() !== null;
    });
  });
});
