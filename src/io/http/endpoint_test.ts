import assert from "node:assert/strict";
import {
  connectRaw,
  readResponse,
  request,
  sayUntilClosed,
} from "../../../tests/support/http/raw_client.ts";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { connectSecure, getSecure } from "../../../tests/support/tls/tls_client.ts";
import { waitFor, within } from "../../../tests/support/wait.ts";
import type { Wire } from "../../../tests/support/session/wire.ts";
import { type HttpEndpointOptions, serveHttp } from "./endpoint.ts";

const { certificate, key } = certificateFor(["localhost"]);
const TLS = { cert: certificate, key };
const CA = [certificate];
/** What an attacker has sent when it stops: nothing, and the beginning of a handshake. */
const BEGINNINGS = [Uint8Array.of(), Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196)];

function serve(options: Partial<HttpEndpointOptions> = {}) {
  const answer = (request: Request) =>
    Promise.resolve(new Response(`page ${new URL(request.url).pathname}`));
  return serveHttp({ hostname: "127.0.0.1", port: 0, tls: TLS, answer, ...options });
}

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** Clients that send the beginning of a handshake and no more. */
async function silentClients(port: number, count: number): Promise<Wire[]> {
  const wires: Wire[] = [];
  for (let i = 0; i < count; i++) {
    const wire = await connectRaw(port);
    await wire.write(BEGINNINGS[i % BEGINNINGS.length] as Uint8Array).catch(() => {});
    wires.push(wire);
  }
  return wires;
}

Deno.test("serveHttp answers over TLS whatever name is asked for, and without", async () => {
  const server = await serve();
  try {
    assert.equal((await getSecure(server.port, "localhost", CA, { path: "/a" })).text, "page /a");
    assert.equal((await getSecure(server.port, "127.0.0.1", CA)).status, 200);
    await sayUntilClosed(server.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await getSecure(server.port, "localhost", CA)).text, "page /");
  } finally {
    await server.close();
  }
});

Deno.test("serveHttp answers plain requests once a connection, and HEAD without a body", async () => {
  const server = await serve({ tls: null });
  try {
    using wire = await connectRaw(server.port);
    await wire.write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const answer = await readResponse(wire);
    assert.deepEqual([answer.status, answer.text], [200, "page /a"]);
    assert.equal(answer.header("connection"), "close");
    assert.equal((await wire.readToEnd()).length, 0);
    const head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    assert.equal((await request(server.port, head, { method: "HEAD" })).status, 200);
    assert.match(
      await sayUntilClosed(server.port, "GET http:// HTTP/1.1\r\nHost: x\r\n\r\n"),
      / 400 /,
    );
    assert.match(await sayUntilClosed(server.port, "what?\r\n\r\n"), / 400 /);
  } finally {
    await server.close();
  }
});

Deno.test("a thousand clients that begin and say no more keep few descriptors, and no scraper out", async () => {
  const limits = { most: 50, lifetimeMs: 60_000 };
  const server = await serve({ limits });
  const before = descriptors();
  const wires = await silentClients(server.port, 1_000);
  try {
    for (let i = 0; i < 5; i++) {
      const page = getSecure(server.port, "localhost", CA);
      assert.equal((await within("the page", 5_000, page)).status, 200);
    }
    await waitFor(
      "the places to be as many as there may be",
      () => descriptors() - before <= wires.length + limits.most + 5,
    );
  } finally {
    for (const wire of wires) wire.close();
    await server.close();
  }
  await waitFor("every descriptor to be free", () => descriptors() < before);
});

Deno.test("a client that never comes to an end is closed when its time is over", async () => {
  const server = await serve({ limits: { most: 50, lifetimeMs: 200 } });
  const before = descriptors();
  try {
    const wires = await silentClients(server.port, 20);
    // One is through with its handshake and asks for nothing, one asks for half of something.
    wires.push(await connectSecure(server.port, "localhost", CA));
    wires.push(await connectSecure(server.port, "localhost", CA));
    await wires.at(-1)?.write("GET / HTTP/1.1\r\nHo");
    for (const wire of wires) await wire.readToEnd();
    await waitFor(
      "the descriptors to be free",
      () => descriptors() - before <= wires.length,
    );
    for (const wire of wires) wire.close();
    assert.equal((await getSecure(server.port, "localhost", CA)).status, 200);
  } finally {
    await server.close();
  }
});

Deno.test("close() lets what is being answered finish and cuts the rest", async () => {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Response>();
  const answer = () => {
    asked.resolve();
    return answered.promise;
  };
  const server = await serve({ answer });
  using silent = await connectRaw(server.port);
  const page = getSecure(server.port, "localhost", CA);
  await asked.promise;
  const closed = server.close();
  await silent.readToEnd();
  answered.resolve(new Response("late"));
  assert.equal((await page).text, "late");
  await within("the server to be closed", 900, closed);
  await assert.rejects(connectRaw(server.port), Deno.errors.ConnectionRefused);
});

Deno.test("serveHttp rejects with the reason: a taken address, a key of another certificate", async () => {
  const server = await serve();
  await assert.rejects(serve({ port: server.port }), /EADDRINUSE|in use/);
  await server.close();
  const other = certificateFor(["other"]);
  await assert.rejects(serve({ tls: { cert: certificate, key: other.key } }), (error: Error) => {
    assert.match(error.message, /does not belong to the certificate/);
    return true;
  });
});
