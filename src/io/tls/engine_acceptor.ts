// TLS with the engine (engine.ts) over the sockets of Deno: the certificate of each handshake is chosen by the
// server name of the client, and the facts of the handshake are known.

import { BufferPool } from "../../bytes/buffer_pool.ts";
import { CollectorWeight } from "./collector_weight.ts";
import type { ClientAuthPolicy } from "../client_auth/policy.ts";
import type { Refusal } from "../client_auth/verdict.ts";
import type { Accepted, ByteStream, ConnectionSource, Endpoint, Sharing } from "../contracts.ts";
import { EngineTlsStream } from "./engine_stream.ts";
import {
  noCertificateFor,
  normalServerName,
  type SniTlsAcceptor,
  type SniTlsSettings,
} from "./sni_settings.ts";
import { TcpListener } from "../net/tcp.ts";
import { fatalAlert, FIRST_BYTES, firstMessageAlert } from "./alert.ts";
import { type NativeTlsClass, TlsEngine } from "./engine.ts";
import { writeAll } from "../net/write_all.ts";

/** Enough for the messages of most clients; longer ones are read in pieces. */
const READ_BYTES = 2 * 1024;

/** See {@link SniTlsAcceptor}. */
export class EngineTlsAcceptor implements SniTlsAcceptor {
  settings: SniTlsSettings;
  readonly usesPlainSockets = true;
  readonly #native: NativeTlsClass;
  /** Buffers of the handshakes in progress; the listener bounds their number. */
  readonly #buffers = new BufferPool(READ_BYTES, Infinity);
  /** An engine holds about 9 KiB outside of the heap until it is collected. */
  readonly #weight = new CollectorWeight();

  constructor(native: NativeTlsClass, settings: SniTlsSettings) {
    this.#native = native;
    this.settings = settings;
  }

  listen(address: Endpoint, sharing?: Sharing): Promise<ConnectionSource> {
    try {
      return Promise.resolve(TcpListener.open(address, sharing));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async handshake(accepted: Accepted): Promise<Accepted> {
    const engine = new TlsEngine(this.#native);
    this.#weight.add();
    const buffer = this.#buffers.take() ?? new Uint8Array(READ_BYTES);
    try {
      return await this.#shakeHands(accepted, engine, buffer);
    } catch (error) {
      engine.close();
      throw error;
    } finally {
      this.#buffers.give(buffer);
    }
  }

  async #shakeHands(accepted: Accepted, engine: TlsEngine, buffer: Uint8Array): Promise<Accepted> {
    const { stream } = accepted;
    let serverName = "";
    let certificateNames: readonly string[] | null = null;
    let isRefused = false;
    let first: Uint8Array | null = null;
    // The one that the handshake begins with: a change of the listener is for later ones.
    let clientAuth: ClientAuthPolicy | null = null;
    while (!engine.established) {
      const count = engine.phase === "ended" ? 0 : await stream.read(buffer);
      if (count === 0) throw new Error("The peer closed during the handshake");
      first ??= buffer.slice(0, Math.min(count, FIRST_BYTES));
      engine.receive(buffer.subarray(0, count));
      if (engine.phase === "choosing") {
        const { alpn, choose } = this.settings;
        serverName = normalServerName(engine.serverName);
        const chosen = choose(serverName);
        certificateNames = chosen?.names ?? null;
        isRefused = chosen === null;
        clientAuth = this.settings.clientAuth ?? null;
        const context = chosen?.context ?? null;
        engine.accept(context === null ? null : clientAuth?.contextFor(context) ?? context, alpn);
      }
      if (engine.phase === "shaking") await writeAll(stream, engine.drain());
      if (engine.phase === "failed") {
        await giveUp(stream, engine, first);
        throw isRefused ? new Error(noCertificateFor(serverName)) : engine.error;
      }
    }
    const client = clientAuth === null ? null : clientAuth.judge(engine.client());
    if (client !== null && "alert" in client) {
      await turnAway(stream, engine, client);
      throw new Error(client.message);
    }
    const kept = engine.plaintextLength > 0 ? engine.plaintext().slice() : null;
    const facts = engine.facts();
    // In TLS 1.3 only session tickets are left to send; they go with the first answer.
    if (facts.version !== "TLSv1.3") await writeAll(stream, engine.drain());
    const name = serverName === "" ? null : serverName;
    const about = clientAuth === null ? {} : { client };
    const tls = { ...facts, serverName: name, certificateNames, ...about };
    return { ...accepted, stream: new EngineTlsStream(stream, engine, kept), tls };
  }
}

/** Sends the alert to the client that sent `first`. */
async function giveUp(stream: ByteStream, engine: TlsEngine, first: Uint8Array): Promise<void> {
  const own = engine.drain();
  const alert = own.length > 0 || engine.sawHello
    ? own
    : firstMessageAlert(first, engine.error?.message ?? "");
  if (alert.length > 0) await writeAll(stream, alert).catch(() => {});
}

/**
 * Ends a handshake whose client is refused. What the engine would send now is dropped, session tickets among it. In
 * TLS 1.2 the client still reads plain alerts; in TLS 1.3, and when a session is resumed, the server speaks encrypted
 * already, and the client sees the end of the connection.
 */
async function turnAway(
  stream: ByteStream,
  engine: TlsEngine,
  { alert }: Refusal,
): Promise<void> {
  const { version, resumed } = engine.facts();
  if (version !== "TLSv1.2" || resumed) return;
  await writeAll(stream, fatalAlert(alert)).catch(() => {});
}
