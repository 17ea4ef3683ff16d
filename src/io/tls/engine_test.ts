// The engine in memory: a client of the Node.js library at the other end of a pipe that the test holds in
// its hands, so that every message can be looked at, cut and damaged.

import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import {
  extension,
  helloMessage,
  records,
  vector,
} from "../../../tests/support/tls/client_hello.ts";
import { concat } from "../../../tests/support/http/raw_client.ts";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { fromLatin1, latin1 } from "../../../tests/support/session/wire.ts";
import {
  MAX_CIPHERTEXT_BYTES,
  MAX_PLAINTEXT_BYTES,
  nativeTls,
  type NativeTlsClass,
  TlsEngine,
} from "./engine.ts";
import { TlsCredentials } from "./credentials.ts";

const native = nativeTls() as NativeTlsClass;
const ignore = nativeTls() === null;

/** The alert for it, fatal (RFC 8446, section 6). */
const ACCESS_DENIED = [21, 3, 3, 0, 2, 2, 49];
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;

function context(version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3") {
  const made = TlsCredentials.create(certificateFor(["a.test"]));
  if (typeof made === "string") throw new Error(made);
  return made.context({ min: version, max: version });
}

/** A client and the two directions between it and an engine. */
class Client {
  readonly socket: TLSSocket;
  /** Bytes from the client that are not read yet. */
  readonly sent: Uint8Array[] = [];
  /** What the client has read. */
  text = "";
  ended = false;
  /** Why the client has given up. */
  error = "";
  readonly #pipe: Duplex;

  constructor(options: ConnectionOptions = {}) {
    this.#pipe = new Duplex({
      read() {},
      write: (piece: Uint8Array, _encoding, done) => {
        this.sent.push(new Uint8Array(piece));
        done();
      },
    });
    this.socket = connect({
      socket: this.#pipe,
      servername: "a.test",
      rejectUnauthorized: false,
      ...options,
    });
    this.socket.on("error", (error: Error) => this.error = String(error));
    this.socket.on("data", (piece: Uint8Array) => this.text += latin1(piece));
    this.socket.on("end", () => this.ended = true);
  }

  /** Takes what the client sends next, at least one piece. */
  async take(): Promise<Uint8Array> {
    await waitFor("the client to say something", () => this.sent.length > 0);
    return concat(this.sent.splice(0));
  }

  hear(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pipe.push(bytes);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
    this.#pipe.destroy();
  }
}

/** Shakes hands; the engine is open afterwards. */
async function shakeHands(client: Client, engine: TlsEngine): Promise<void> {
  while (!engine.established) {
    engine.receive(await client.take());
    if (engine.phase === "choosing") engine.accept(context(), []);
    client.hear(engine.drain());
  }
}

Deno.test("the engine is where this runtime is expected to have it", () => {
  assert.notEqual(nativeTls(), null);
});

Deno.test({
  name: "a handshake goes through its phases, then plaintext goes both ways",
  ignore,
  async fn() {
    using client = new Client({ ALPNProtocols: ["b", "a"] });
    const engine = new TlsEngine(native);
    assert.equal(engine.phase, "hello");
    const hello = await client.take();
    for (const byte of hello) engine.receive(Uint8Array.of(byte));
    assert.deepEqual([engine.phase, engine.serverName], ["choosing", "a.test"]);
    engine.accept(context(), ["c", "a", "b"]);
    assert.equal(engine.phase, "shaking");
    client.hear(engine.drain());
    engine.receive(await client.take());
    assert.deepEqual([engine.phase, engine.established], ["open", true]);
    assert.deepEqual(engine.facts(), {
      version: "TLSv1.3",
      cipher: "TLS13_AES_256_GCM_SHA384",
      alpn: "a",
      resumed: false,
    });
    client.socket.write("a question");
    engine.receive(await client.take());
    assert.equal(latin1(engine.plaintext()), "a question");
    engine.encrypt(fromLatin1("an answer"));
    client.hear(engine.drain());
    await waitFor("the answer", () => client.text === "an answer");
    assert.equal(engine.drain().length, 0);
    engine.close();
  },
});

Deno.test({
  name: "what is sent at most and received at most passes whole",
  ignore,
  async fn() {
    using client = new Client();
    const engine = new TlsEngine(native);
    await shakeHands(client, engine);
    const most = "x".repeat(MAX_PLAINTEXT_BYTES);
    engine.encrypt(fromLatin1(most));
    client.hear(engine.drain());
    await waitFor("all of it", () => client.text === most);
    assert.equal(engine.drain().length, 0);
    const all = Array.from({ length: 200_000 }, (_, i) => i % 256);
    client.socket.write(Uint8Array.from(all));
    const back: number[] = [];
    let kept: Uint8Array = new Uint8Array(0);
    while (back.length < all.length) {
      const joined = concat([kept, await client.take()]);
      // Records end in the middle of pieces.
      let at = 0;
      for (; at + MAX_CIPHERTEXT_BYTES <= joined.length; at += MAX_CIPHERTEXT_BYTES) {
        engine.receive(joined.subarray(at, at + MAX_CIPHERTEXT_BYTES));
        back.push(...engine.plaintext());
      }
      kept = joined.slice(at);
      if (client.sent.length > 0) continue;
      engine.receive(kept);
      back.push(...engine.plaintext());
      kept = new Uint8Array(0);
    }
    assert.deepEqual(back, all);
    engine.close();
  },
});

/** A ClientHello in one record, with `count` bytes of padding (RFC 7685) at its end, in records of `size`. */
function padded(hello: Uint8Array, count: number, size: number): Uint8Array {
  const body = hello.subarray(RECORD_HEADER + MESSAGE_HEADER);
  let at = 2 + 32;
  at += 1 + (body[at] ?? 0);
  at += 2 + ((body[at] ?? 0) << 8 | (body[at + 1] ?? 0));
  at += 1 + (body[at] ?? 0);
  const extensions = concat([body.subarray(at + 2), extension(21, new Uint8Array(count))]);
  const message = vector(3, concat([body.subarray(0, at), vector(2, extensions)]));
  return records(concat([Uint8Array.of(1), message]), size);
}

Deno.test({
  name: "a ClientHello of any length is understood at once, however it is cut",
  ignore,
  async fn() {
    using client = new Client();
    const hello = await client.take();
    for (const count of [0, 4_000, 9_000, 40_000]) {
      for (const size of [16_384, 1_000]) {
        const engine = new TlsEngine(native);
        engine.receive(padded(hello, count, size));
        assert.equal(engine.phase, "choosing", `${count}, records of ${size}: ${engine.error}`);
        assert.equal(engine.serverName, "a.test");
        engine.close();
      }
    }
  },
});

Deno.test({
  name: "without a certificate, and without a protocol in common, the client is told why",
  ignore,
  async fn() {
    using client = new Client({ ALPNProtocols: ["x"] });
    const hello = await client.take();
    const cases = [
      [null, [], /no suitable signature algorithm/],
      [context(), ["a"], /any known protocol/],
      [context(), ["a", "b"], /any known protocol/],
    ] as const;
    for (const [certificate, protocols, reason] of cases) {
      const engine = new TlsEngine(native);
      engine.receive(hello);
      engine.accept(certificate, protocols);
      assert.equal(engine.phase, "failed");
      assert.match(String(engine.error), reason);
      assert.ok(engine.plaintextLength === 0);
      const told = engine.drain();
      if (certificate === null) assert.deepEqual([...told], ACCESS_DENIED);
      else assert.ok(told.length > 0);
      engine.close();
      assert.equal(engine.drain().length, 0);
    }
    const engine = new TlsEngine(native);
    engine.receive(hello);
    engine.accept(context(), ["a"]);
    client.hear(engine.drain());
    await waitFor("the client to give up", () => client.error !== "");
    assert.match(client.error, /no_?application_?protocol/i);
    engine.close();
  },
});

Deno.test({
  name: "what is no ClientHello fails with the library's words",
  ignore,
  fn() {
    for (
      const [bytes, reason] of [
        [fromLatin1("GET / HTTP/1.1\r\n\r\n"), /corrupt message/],
        [records(helloMessage({ tail: Uint8Array.of(1, 2, 3) })), /corrupt message/],
        [Uint8Array.of(23, 3, 3, 0, 1, 0), /unexpected message|corrupt message/],
      ] as const
    ) {
      const engine = new TlsEngine(native);
      engine.receive(bytes);
      assert.equal(engine.phase, "failed");
      assert.match(String(engine.error), reason);
      engine.close();
    }
  },
});

Deno.test({
  name: "a damaged record fails the connection with an alert",
  ignore,
  async fn() {
    using client = new Client();
    const engine = new TlsEngine(native);
    await shakeHands(client, engine);
    client.hear(engine.drain());
    client.socket.write("a question");
    const record = await client.take();
    record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
    engine.receive(record);
    assert.equal(engine.phase, "failed");
    assert.match(String(engine.error), /decrypt/);
    assert.equal(engine.plaintextLength, 0);
    assert.ok(engine.drain().length > 0);
    engine.close();
  },
});

Deno.test({
  name: "each side ends on its own",
  ignore,
  async fn() {
    using client = new Client({ allowHalfOpen: true } as ConnectionOptions);
    const engine = new TlsEngine(native);
    await shakeHands(client, engine);
    engine.encrypt(fromLatin1("the last word"));
    engine.end();
    client.hear(engine.drain());
    await waitFor("the end", () => client.ended);
    assert.equal(client.text, "the last word");
    assert.equal(engine.phase, "open");
    client.socket.end("but one");
    while ((engine.phase as string) !== "ended") {
      engine.receive(await client.take());
      if (engine.plaintextLength > 0) assert.equal(latin1(engine.plaintext()), "but one");
    }
    engine.close();
  },
});

Deno.test({
  name: "a client that is not what its certificate context allows is refused",
  ignore,
  async fn() {
    using client = new Client({ maxVersion: "TLSv1.2" });
    const engine = new TlsEngine(native);
    engine.receive(await client.take());
    engine.accept(context("TLSv1.3"), []);
    assert.equal(engine.phase, "failed");
    assert.match(String(engine.error), /peer is incompatible/);
    assert.equal(engine.drain()[0], 21);
    engine.close();
    engine.close();
    assert.equal(engine.phase, "closed");
  },
});
