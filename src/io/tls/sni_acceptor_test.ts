// Both ways of choosing certificates by name, on real sockets and with the runtime's own client: by the
// engine, and by the library's sockets, which serve where the engine is not found.

import assert from "node:assert/strict";
import { helloMessage, records } from "../../../tests/support/tls/client_hello.ts";
import { freePort } from "../../../tests/support/ports.ts";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../../../tests/support/tls/tls_client.ts";
import { waitFor, within } from "../../../tests/support/wait.ts";
import { fromLatin1, latin1, type Wire } from "../../../tests/support/session/wire.ts";
import type { Accepted, ConnectionSource } from "../contracts.ts";
import { EngineTlsAcceptor } from "./engine_acceptor.ts";
import { NodeTlsAcceptor } from "./node_acceptor.ts";
import type { SniTlsAcceptor, SniTlsSettings } from "./sni_settings.ts";
import { nativeTls, type NativeTlsClass } from "./engine.ts";
import { TlsCredentials, type VersionRange } from "./credentials.ts";

const WAYS: readonly (readonly [string, (settings: SniTlsSettings) => SniTlsAcceptor])[] = [
  ["engine", (settings) => new EngineTlsAcceptor(nativeTls() as NativeTlsClass, settings)],
  ["sockets", (settings) => new NodeTlsAcceptor(settings)],
];

const LOOPBACK = "127.0.0.1";
const DEADLINE_MS = 5_000;
const [A, B] = [certificateFor(["a.test"]), certificateFor(["b.test"])];
const CA = [A.certificate, B.certificate];
const BOTH: VersionRange = { min: "TLSv1.2", max: "TLSv1.3" };
const ONLY_1_2: VersionRange = { min: "TLSv1.2", max: "TLSv1.2" };

/** Shows A for a.test and B for b.test. */
function settingsFor(versions: VersionRange = BOTH): SniTlsSettings {
  const contexts = new Map([["a.test", A], ["b.test", B]].map(([name, texts]) => {
    const made = TlsCredentials.create(texts as typeof A);
    if (typeof made === "string") throw new Error(made);
    return [name as string, made.context(versions)];
  }));
  return {
    alpn: ["http/1.1"],
    choose(serverName) {
      const context = contexts.get(serverName);
      return context === undefined ? null : { context, names: [serverName] };
    },
  };
}

/** An acceptor that listens; what is accepted waits in `accepted`. */
class Server {
  readonly port = freePort();
  readonly acceptor: SniTlsAcceptor;
  readonly accepted: Accepted[] = [];
  #source: ConnectionSource | null = null;

  constructor(acceptor: SniTlsAcceptor) {
    this.acceptor = acceptor;
  }

  async listen(): Promise<this> {
    this.#source = await this.acceptor.listen({ ip: LOOPBACK, port: this.port });
    void this.#source.acceptLoop(
      (accepted) => this.accepted.push(accepted),
      () => Promise.resolve(),
    );
    return this;
  }

  /** The next connection, before its handshake. */
  async next(): Promise<Accepted> {
    await waitFor("a connection", () => this.accepted.length > 0);
    return this.accepted.shift() as Accepted;
  }

  /** Both ends of a connection, the handshake done. */
  async pair(serverName = "a.test"): Promise<[Accepted, Wire]> {
    const connecting = connectSecure(this.port, serverName, CA);
    const secured = await this.acceptor.handshake(await this.next());
    return [secured, await within("the client's handshake", DEADLINE_MS, connecting)];
  }

  [Symbol.dispose](): void {
    this.#source?.close();
    for (const { stream } of this.accepted) stream.close();
  }
}

async function readAll({ stream }: Accepted, size = 16 * 1024): Promise<string> {
  const buffer = new Uint8Array(size);
  let text = "";
  for (let count; (count = await stream.read(buffer)) > 0;) {
    text += latin1(buffer.subarray(0, count));
  }
  return text;
}

async function writeAll({ stream }: Accepted, text: string): Promise<void> {
  const bytes = fromLatin1(text);
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

for (const [way, make] of WAYS) {
  const ignore = way === "engine" && nativeTls() === null;
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${way}: ${name}`, ignore, fn });

  test("the first protocol of the list that the client has is negotiated", async () => {
    const cases = [
      [["h2", "http/1.1"], ["http/1.1", "h2"], "h2"],
      [["http/1.1", "h2"], ["h2", "http/1.1"], "http/1.1"],
      [["h2", "http/1.1"], ["http/1.1"], "http/1.1"],
      [["http/1.1", "h2"], ["x/1", "h2"], "h2"],
      [["h2", "http/1.1"], [], null],
    ] as const;
    using server = await new Server(make(settingsFor())).listen();
    for (const [alpn, offered, negotiated] of cases) {
      server.acceptor.settings = { ...settingsFor(), alpn };
      const connecting = connectSecure(server.port, "a.test", CA, [...offered]);
      const near = await server.acceptor.handshake(await server.next());
      using _far = await within("the client's handshake", DEADLINE_MS, connecting);
      assert.equal(near.tls?.alpn, negotiated, `${alpn} of ${offered}`);
      near.stream.close();
    }
  });

  test("what a handshake settled is known, and bytes go both ways until both ends", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const [near, far] = await server.pair();
    using _far = far;
    assert.deepEqual(near.tls, {
      serverName: "a.test",
      version: "TLSv1.3",
      cipher: near.tls?.cipher,
      alpn: "http/1.1",
      resumed: false,
      certificateNames: ["a.test"],
    });
    assert.match(String(near.tls?.cipher), /^TLS13_/);
    assert.equal(near.peer.ip, LOOPBACK);
    await far.write("a question");
    await far.closeWrite();
    assert.equal(await readAll(near, 3), "a question");
    await writeAll(near, "an answer");
    await near.stream.closeWrite();
    assert.equal(latin1(await far.readToEnd()), "an answer");
    near.stream.close();
  });

  test("TLS 1.2 is finished at once, without an answer", async () => {
    using server = await new Server(make(settingsFor(ONLY_1_2))).listen();
    const [near, far] = await server.pair("b.test");
    using _far = far;
    const { version, certificateNames } = near.tls ?? {};
    assert.deepEqual([version, certificateNames], ["TLSv1.2", ["b.test"]]);
    near.stream.close();
    assert.equal(latin1(await far.readToEnd()), "");
  });

  test("large answers and questions arrive whole", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const [near, far] = await server.pair();
    using _far = far;
    const text = "0123456789".repeat(100_000);
    const [question] = await Promise.all([
      readAll(near, 64 * 1024),
      far.write(text).then(() => far.closeWrite()),
    ]);
    assert.ok(question === text);
    const [answer] = await Promise.all([
      far.readToEnd(),
      writeAll(near, text).then(() => near.stream.close()),
    ]);
    assert.ok(latin1(answer) === text);
  });

  test("who does not read is not sent without end, and goes on where it stopped", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const [near, far] = await server.pair();
    using _far = far;
    const piece = new Uint8Array(64 * 1024);
    let written = 0;
    let blocked = false;
    const writing = (async () => {
      while (written < 64 * 1024 * 1024) {
        blocked = true;
        written += await near.stream.write(piece);
        blocked = false;
      }
    })().catch(() => {});
    let seen = -1;
    await waitFor("the writer to stand still", async () => {
      seen = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return blocked && written === seen;
    });
    assert.ok(written < 32 * 1024 * 1024, `${written} bytes`);
    await far.readExactly(written, 20_000);
    await waitFor("the writer to go on", () => written > seen);
    near.stream.close();
    await writing;
  });

  test("new settings count from the next handshake on", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const [first, farFirst] = await server.pair();
    using _first = farFirst;
    const { choose } = settingsFor();
    server.acceptor.settings = { alpn: [], choose: () => choose("b.test") };
    const [second, farSecond] = await server.pair();
    using _second = farSecond;
    const { alpn, certificateNames } = second.tls ?? {};
    assert.deepEqual([alpn, certificateNames], [null, ["b.test"]]);
    await farFirst.write("still here");
    assert.equal(await first.stream.read(new Uint8Array(64)), 10);
    first.stream.close();
    second.stream.close();
  });

  test("without a certificate the handshake fails on both sides", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const refused = assert.rejects(shakeHands(server.port, "c.test"));
    const accepted = await server.next();
    await assert.rejects(
      server.acceptor.handshake(accepted),
      /no certificate for the host|signature algorithm|No SecureContext/,
    );
    accepted.stream.close();
    await refused;
  });

  test("who leaves in the middle of a handshake ends it, and so do we", async () => {
    using server = await new Server(make(settingsFor())).listen();
    for (const bytes of ["", "\x16\x03\x01\x02"]) {
      const gone = await Deno.connect({ hostname: LOOPBACK, port: server.port });
      if (bytes !== "") await gone.write(fromLatin1(bytes));
      gone.close();
      const left = await server.next();
      await assert.rejects(server.acceptor.handshake(left), /peer closed|reset|hang up/i);
      left.stream.close();
    }
    using silent = await Deno.connect({ hostname: LOOPBACK, port: server.port });
    const accepted = await server.next();
    const shaking = assert.rejects(server.acceptor.handshake(accepted), ENDED);
    accepted.stream.close();
    await shaking;
    assert.equal(await silent.read(new Uint8Array(1)), null);
  });

  test("close says goodbye, ends what waits, and may be called again", async () => {
    using server = await new Server(make(settingsFor())).listen();
    const [near, far] = await server.pair();
    using _far = far;
    const reading = assert.rejects(near.stream.read(new Uint8Array(8)), ENDED);
    near.stream.close();
    near.stream.close();
    await reading;
    // Without the goodbye the client's library calls it an error.
    assert.equal(await far.conn.read(new Uint8Array(8)), null);
    await assert.rejects(near.stream.read(new Uint8Array(8)));
    await assert.rejects(near.stream.write(new Uint8Array(8)));
    await assert.rejects(near.stream.closeWrite());
  });
}

const ENDED = /closed|bad resource|interrupted/i;

/** What a client is told that says `hello` and nothing more. */
async function answerTo(server: Server, hello: Uint8Array): Promise<[number[], string]> {
  const client = await Deno.connect({ hostname: LOOPBACK, port: server.port });
  const accepted = await server.next();
  const failing = server.acceptor.handshake(accepted).then(
    () => "",
    (error: Error) => error.message,
  ).finally(() => accepted.stream.close());
  const told = readToEnd(client);
  await client.write(hello);
  const problem = await within("the end of the handshake", DEADLINE_MS, failing);
  return [await within("the client's end", DEADLINE_MS, told), problem];
}

async function readToEnd(client: Deno.TcpConn): Promise<number[]> {
  using _client = client;
  const bytes: number[] = [];
  const buffer = new Uint8Array(64);
  for (let count; (count = await client.read(buffer)) !== null;) {
    bytes.push(...buffer.subarray(0, count));
  }
  return bytes;
}

Deno.test({
  name: "engine: a handshake that fails in its first message is answered with its alert",
  ignore: nativeTls() === null,
  async fn() {
    const [, make] = WAYS[0] as typeof WAYS[number];
    using server = await new Server(make(settingsFor())).listen();
    const oldHello = records(helloMessage({ version: [3, 2] }));
    const [alert] = await answerTo(server, oldHello);
    assert.deepEqual(alert, [21, 3, 1, 0, 2, 2, 70]);
    const garbage = Uint8Array.of(22, 3, 1, 0, 5, 1, 0, 0, 1, 0);
    assert.deepEqual((await answerTo(server, garbage))[0], [21, 3, 1, 0, 2, 2, 50]);
    const plain = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
    assert.deepEqual((await answerTo(server, plain))[0], []);
  },
});
