import assert from "node:assert/strict";
import type { Accepted, Endpoint } from "../../io/contracts.ts";
import { SelfProbe } from "../../io/listening/probe.ts";
import { ListenerSteering } from "../../io/listening/steering.ts";
import { TcpListener } from "../../io/net/tcp.ts";
import type { SessionStarter } from "../../session/session.ts";
import { freePort } from "../../../tests/support/ports.ts";
import { socketAddress } from "../../../tests/support/session/proxy.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { runtimeParts } from "../runtime_parts.ts";
import { ListeningSocket, type SocketParts } from "./socket.ts";

const ignore = Deno.build.os !== "linux";

const NO_STARTER = {} as SessionStarter;

/** Opens a socket whose connections are kept. */
async function openSocket(
  port: number,
  admitted: Accepted[],
  parts: SocketParts = runtimeParts(),
): Promise<ListeningSocket> {
  const socket = new ListeningSocket(socketAddress(`127.0.0.1:${port}`), "HTTP", parts);
  const refusal = await socket.open((endpoint) => TcpListener.open(endpoint), NO_STARTER, {
    admit: (accepted) => void admitted.push(accepted),
    pause: () => Promise.resolve(),
  });
  assert.equal(refusal, null);
  return socket;
}

Deno.test({
  name: "ListeningSocket accepts what waits in its queue before it closes",
  ignore,
  async fn() {
    const port = freePort();
    const admitted: Accepted[] = [];
    const socket = await openSocket(port, admitted);
    // All of them are established before the accept loop has had a single turn.
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
    );
    assert.equal(await socket.close(), null);
    assert.equal(admitted.length, 50);
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port }), "it is closed by then");
    assert.equal(await socket.close(), `The HTTP listener at 127.0.0.1:${port} is not active`);
    for (const { stream } of admitted) stream.close();
    for (const client of clients) client.close();
  },
});

Deno.test({
  name: "ListeningSocket proves that it accepts, and the probe becomes no session",
  ignore,
  async fn() {
    const port = freePort();
    const admitted: Accepted[] = [];
    const socket = await openSocket(port, admitted);
    const others = Array.from({ length: 5 }, () => Deno.connect({ hostname: "127.0.0.1", port }));
    assert.equal(await socket.probe(), null);
    const clients = await Promise.all(others);
    await waitFor("the connections of others", () => admitted.length === 5);
    await socket.close();
    assert.equal(admitted.length, 5);
    for (const { stream } of admitted) stream.close();
    for (const client of clients) client.close();
    assert.match(await socket.probe() ?? "", /not active/);
  },
});

Deno.test({
  name: "ListeningSocket says when a connection to its address comes out elsewhere",
  ignore,
  async fn() {
    const port = freePort();
    const admitted: Accepted[] = [];
    const parts = runtimeParts();
    const probe = (endpoint: Endpoint) => new SelfProbe(endpoint, 400);
    const sockets = { ...parts.sockets, probe };
    const socket = await openSocket(port, admitted, { ...parts, sockets });
    const other = Deno.listen({ hostname: "127.0.0.1", port, reusePort: true });
    const steering = ListenerSteering.open();
    assert.ok(steering instanceof ListenerSteering);
    const own = await socket.own();
    assert.ok(typeof own !== "string");
    assert.equal(steering.steer(own.fd, [1]), null);
    assert.match(await socket.probe() ?? "", /not accepted here/);
    other.close();
    steering.close();
    socket.abandon();
    assert.match(await socket.own() as string, /not active/);
    assert.equal(admitted.length, 0);
  },
});
