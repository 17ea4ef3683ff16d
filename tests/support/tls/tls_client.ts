// TLS clients for tests: one that tells what a handshake settled, and one whose stream is read and
// written like a plain connection.

import { X509Certificate } from "node:crypto";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type RawResponse, readResponse } from "../http/raw_client.ts";
import { fromLatin1, Wire } from "../session/wire.ts";

/** What a client learned from a handshake. */
export interface HandshakeResult {
  /** SHA-256 of the certificate shown, lower-case hexadecimal. */
  readonly fingerprint: string;
  readonly commonName: string;
  /** The certificate shown, PEM. */
  readonly pem: string;
  readonly chainLength: number;
  readonly protocol: string | null;
  readonly alpn: string | null;
  readonly reused: boolean;
}

/** Long enough for a busy machine. */
const DEADLINE_MS = 10_000;

/** Shakes hands for `serverName`, without one when it is "", and leaves. Rejects when it fails. */
export async function shakeHands(
  port: number,
  serverName: string,
  options: ConnectionOptions = {},
): Promise<HandshakeResult> {
  const socket = await openTls(port, serverName, options);
  try {
    const certificate = socket.getPeerCertificate(true);
    let chainLength = 1;
    for (let at = certificate; at.issuerCertificate && at.issuerCertificate !== at;) {
      at = at.issuerCertificate;
      chainLength++;
    }
    return {
      fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      commonName: String(certificate.subject.CN),
      pem: new X509Certificate(certificate.raw).toString(),
      chainLength,
      protocol: socket.getProtocol(),
      alpn: socket.alpnProtocol || null,
      reused: socket.isSessionReused(),
    };
  } finally {
    socket.destroy();
  }
}

function openTls(port: number, serverName: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const name = serverName === "" ? {} : { servername: serverName };
  const socket = connect({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
    ...name,
    ...options,
  }, () => resolve(socket));
  const timer = setTimeout(() => socket.destroy(new Error("the handshake hangs")), DEADLINE_MS);
  socket.once("error", reject);
  socket.once("close", () => {
    clearTimeout(timer);
    reject(new Error("closed during the handshake"));
  });
  promise.finally(() => clearTimeout(timer)).catch(() => {});
  return promise;
}

/**
 * A TLS connection as a wire; the certificate must be one of `ca`, whatever name it is for. `beforehand`
 * is sent in clear.
 */
export async function connectSecure(
  port: number,
  serverName: string,
  ca: readonly string[],
  alpnProtocols: string[] = ["http/1.1"],
  beforehand = "",
): Promise<Wire> {
  const plain = await Deno.connect({ hostname: "127.0.0.1", port });
  plain.setNoDelay(true);
  try {
    await plain.write(fromLatin1(beforehand));
    const secured = await Deno.startTls(plain, {
      hostname: serverName,
      caCerts: [...ca],
      alpnProtocols,
      unsafelyDisableHostnameVerification: true,
    });
    await secured.handshake();
    return new Wire(secured);
  } catch (error) {
    plain.close();
    throw error;
  }
}

/** Sends a GET for `path` of `host` over a new connection for `serverName` and reads the response. */
export async function getSecure(
  port: number,
  serverName: string,
  ca: readonly string[],
  { host = serverName, path = "/" }: { readonly host?: string; readonly path?: string } = {},
): Promise<RawResponse> {
  using wire = await connectSecure(port, serverName, ca);
  await wire.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return await readResponse(wire, { deadlineMs: DEADLINE_MS });
}
