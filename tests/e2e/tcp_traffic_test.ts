import assert from "node:assert/strict";
import { freePort } from "../support/ports.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { connectRaw, sayUntilClosed } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { waitFor, within } from "../support/wait.ts";
import { latin1, type Wire } from "../support/session/wire.ts";

/** A backend that says everything back, with its name before it. */
function echo(name = ""): ScriptedOrigin {
  return scriptedOrigin(async (wire) => {
    for (;;) {
      const bytes = await wire.readSome(60_000);
      if (bytes.length === 0) return;
      await wire.write(name + latin1(bytes));
    }
  });
}

async function ask(wire: Wire, question: string, answer = question): Promise<void> {
  await wire.write(question);
  assert.equal(latin1(await wire.readExactly(answer.length)), answer);
}

Deno.test("TCP clients each get their own bytes back, several times", async () => {
  await using origin = echo();
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  const wires = await Promise.all([1, 2, 3].map(() => connectRaw(proxy.port)));
  for (const text of ["hello", "pouet", "a", "b", "c"]) {
    await Promise.all(wires.map((wire, i) => ask(wire, `${text} of ${i}`)));
  }
  for (const wire of wires) wire.close();
  await waitFor("the sessions to end", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("tcp.requests"), 3);
  assert.equal(proxy.count("session.internal_errors"), 0);
  await waitFor("the backend connections to end", () => origin.open === 0);
});

Deno.test("TCP backends may speak first", async () => {
  await using origin = scriptedOrigin((wire) => wire.write("220 ready\r\n"));
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  assert.equal(await wire.readThrough("\r\n"), "220 ready\r\n");
});

Deno.test("TCP passes large payloads both ways at once, every byte in order", async () => {
  const size = 4 * 1024 * 1024;
  const pattern = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
  let received = new Uint8Array(0);
  await using origin = scriptedOrigin(async (wire) => {
    const sending = wire.write(pattern);
    received = new Uint8Array(await wire.readExactly(size, 30_000));
    await sending;
  });
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  const sending = wire.write(pattern);
  const got = await wire.readExactly(size, 30_000);
  await sending;
  assert.deepEqual(got, pattern);
  await waitFor("the backend to have everything", () => received.length === size);
  assert.deepEqual(received, pattern);
  await waitFor("the account", () => proxy.count("bytes_in") === size);
  assert.equal(proxy.count("bytes_out"), size);
});

Deno.test("TCP passes the end of the client on and delivers what the backend says after it", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    const question = latin1(await wire.readToEnd());
    await wire.write(`${question} was all`);
  });
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("this");
  await wire.closeWrite();
  assert.equal(latin1(await wire.readToEnd()), "this was all");
});

Deno.test("TCP passes the end of the backend on and delivers what the client says after it", async () => {
  let noted = "";
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("all of it");
    await wire.closeWrite();
    noted = latin1(await wire.readToEnd());
  });
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  assert.equal(latin1(await wire.readToEnd()), "all of it");
  await wire.write("thanks");
  await wire.closeWrite();
  await waitFor("the backend to hear", () => noted === "thanks");
});

Deno.test("TCP clients of four backends are spread and served at the same time", async () => {
  const origins = ["a", "b", "c", "d"].map((name) => echo(`${name}:`));
  const backends = origins.map(({ address }) => address);
  await using proxy = await startTcpProxy({ backends });
  await Promise.all(origins.map(async () => {
    using wire = await connectRaw(proxy.port);
    await wire.write("ping");
    assert.match(latin1(await wire.readExactly(6)), /^[abcd]:ping$/);
  }));
  assert.deepEqual(origins.map(({ accepted }) => accepted), [1, 1, 1, 1]);
  for (const origin of origins) await origin.stop();
});

Deno.test("TCP tries the other backends when one refuses", async () => {
  await using origin = echo();
  const dead = `127.0.0.1:${freePort()}`;
  await using proxy = await startTcpProxy({ backends: [dead, origin.address] });
  for (let i = 0; i < 4; i++) {
    using wire = await connectRaw(proxy.port);
    await ask(wire, "ping");
  }
  assert.ok(proxy.count("backend.connections.error") >= 1);
});

Deno.test("TCP closes a client for which no backend can be reached and goes on", async () => {
  const port = freePort();
  await using proxy = await startTcpProxy({ backends: [`127.0.0.1:${port}`] });
  assert.equal(await sayUntilClosed(proxy.port, "anyone?"), "");
  await using origin = echo();
  await proxy.addBackend("db", origin.address);
  using wire = await connectRaw(proxy.port);
  await ask(wire, "ping");
});

Deno.test("TCP without a frontend, and after its removal, closes without a byte", async () => {
  await using origin = echo();
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using before = await connectRaw(proxy.port);
  await ask(before, "before");
  await proxy.removeFrontend("db");
  assert.equal(await sayUntilClosed(proxy.port, "hello"), "");
  assert.equal(origin.accepted, 1);
  await ask(before, "connections that are open stay");
});

Deno.test("a TCP listener goes from cluster to cluster, and connections stay with theirs", async () => {
  await using one = echo("1");
  await using two = echo("2");
  await using proxy = await startTcpProxy({ backends: [one.address] });
  await proxy.addCluster("other");
  await proxy.addBackend("other", two.address);
  using before = await connectRaw(proxy.port);
  await before.write("x");
  assert.equal(latin1(await before.readExactly(2)), "1x");
  await assert.rejects(proxy.removeFrontend("other"), /Cluster "other" has no TCP frontend there/);
  await proxy.removeFrontend("db");
  assert.equal(await sayUntilClosed(proxy.port, "anybody?"), "");
  await proxy.addFrontend("other");
  const served = async () => {
    using wire = await connectRaw(proxy.port);
    await wire.write("x");
    return latin1(await wire.readExactly(2));
  };
  assert.equal(await served(), "2x");
  await before.write("x");
  assert.equal(latin1(await before.readExactly(2)), "1x");
});

Deno.test("a second TCP connection of one address over the limit ends without a byte", async () => {
  await using origin = echo();
  await using proxy = await startTcpProxy({
    backends: [origin.address],
    cluster: { max_connections_per_ip: 1n },
  });
  {
    using first = await connectRaw(proxy.port);
    await ask(first, "first");
    using second = await connectRaw(proxy.port);
    await second.write("second");
    const started = performance.now();
    assert.equal((await second.readToEnd()).length, 0);
    assert.ok(performance.now() - started < 900, "at once, and by an end of stream");
    assert.equal(origin.accepted, 1);
    assert.equal(proxy.count("connections.rejected_per_cluster_ip"), 1);
  }
  await waitFor("the slot to be free", () => proxy.count("client.connections") === 0);
  using third = await connectRaw(proxy.port);
  await ask(third, "third");
});

Deno.test("TCP sessions end when both sides are silent, as an update of the listener says", async () => {
  await using origin = echo();
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using old = await connectRaw(proxy.port);
  await ask(old, "before the update");
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  await proxy.apply({ kind: "update_tcp_listener", value: { address, back_timeout: 1 } });
  using wire = await connectRaw(proxy.port);
  await ask(wire, "after it");
  assert.equal((await wire.readToEnd(8_000)).length, 0);
  assert.equal(proxy.count("http.timeouts"), 1);
  await ask(old, "sessions keep the timeouts they began with");
});

Deno.test("softStop leaves TCP tunnels alone until hardStop, and takes no new ones", async () => {
  await using origin = echo();
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await ask(wire, "ping");
  const stopped = proxy.plane.softStop();
  await waitFor("the listener to close", async () => {
    try {
      (await connectRaw(proxy.port)).close();
      return false;
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
  await ask(wire, "pong");
  proxy.plane.hardStop();
  await within("the worker to be empty", 1_000, stopped);
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("TCP keeps a client address on its backend where the policy has a key", async () => {
  const origins = ["a", "b", "c", "d"].map((name) => echo(`${name}:`));
  for (const load_balancing of [4, 5]) {
    await using proxy = await startTcpProxy({
      backends: origins.map(({ address }) => address),
      cluster: { load_balancing },
    });
    const names = new Set<string>();
    for (let i = 0; i < 6; i++) {
      using wire = await connectRaw(proxy.port);
      await wire.write("x");
      names.add(latin1(await wire.readExactly(3)));
    }
    assert.equal(names.size, 1);
  }
  for (const origin of origins) await origin.stop();
});
