// A certificate with its chain and private key, checked and ready for handshakes. Error messages never repeat
// any part of a key.

import type { KeyObject, X509Certificate } from "node:crypto";
import type { SecureContext, SecureVersion } from "node:tls";
import { nodeCrypto, nodeTls } from "../node_library.ts";
import { readKeyBlock, readPemBlocks } from "../x509/pem.ts";
import { servingProblem } from "./trial.ts";

/** Longest text of a certificate, chain or key; a large chain has some tens of kilobytes. */
const TEXT_LIMIT = 1_000_000;

/** The texts of one certificate as configured. */
export interface CredentialTexts {
  readonly certificate: string;
  readonly certificate_chain: readonly string[];
  readonly key: string;
}

/** The versions a listener offers; at least one. */
export interface VersionRange {
  readonly min: SecureVersion;
  readonly max: SecureVersion;
}

const BOTH_VERSIONS = "both";

/** A certificate that was checked. */
export class TlsCredentials {
  /** The notAfter time in seconds since 1970 (RFC 5280 §4.1.2.5). */
  readonly notAfter: number;
  readonly #chain: string;
  readonly #key: string;
  /** The last context, and the versions it is for. */
  #context: SecureContext | null = null;
  #versions = "";

  private constructor(chain: string, key: string, notAfter: number) {
    this.#chain = chain;
    this.#key = key;
    this.notAfter = notAfter;
  }

  /** Reads and checks the texts; a string is the reason why they are refused. */
  static create(texts: CredentialTexts): TlsCredentials | string {
    const leaf = readLeaf(texts.certificate);
    if (typeof leaf === "string") return leaf;
    // Certificates that follow in the same text belong to the chain.
    const chain = readChain([texts.certificate, ...texts.certificate_chain], leaf);
    if (typeof chain === "string") return chain;
    const key = readKey(texts.key);
    if (typeof key === "string") return key;
    if (!leaf.checkPrivateKey(key)) {
      return "invalid private key: it does not belong to the certificate";
    }
    const pem = [leaf, ...chain].map((certificate) => certificate.toString()).join("");
    const keyPem = String(key.export({ type: "pkcs8", format: "pem" }));
    const problem = problemOf(pem, keyPem);
    if (problem !== null) return `the certificate cannot be served: ${problem}`;
    return new TlsCredentials(pem, keyPem, leaf.validToDate.getTime() / 1000);
  }

  /** Whether both serve the same chain with the same key. */
  equals(other: TlsCredentials): boolean {
    return this.#chain === other.#chain && this.#key === other.#key;
  }

  /** The certificate and its chain as they are sent, PEM. */
  get chain(): string {
    return this.#chain;
  }

  /**
   * The context for handshakes. It is made at the first handshake, because most of many certificates are used
   * rarely, and again when the versions change.
   */
  context({ min, max }: VersionRange): SecureContext {
    const versions = min === max ? min : BOTH_VERSIONS;
    if (this.#context !== null && this.#versions === versions) return this.#context;
    this.#versions = versions;
    return this.#context = contextOf(this.#chain, this.#key, { min, max });
  }

  /** Binds a socket of Deno that serves this certificate alone. */
  listenWith<T>(listen: (texts: { cert: string; key: string }) => T): T {
    return listen({ cert: this.#chain, key: this.#key });
  }
}

function contextOf(cert: string, key: string, { min, max }: VersionRange): SecureContext {
  return nodeTls().createSecureContext({ cert, key, minVersion: min, maxVersion: max });
}

/** Why the TLS library refuses a certificate and its key; `null` when it accepts them. */
function problemOf(chain: string, key: string): string | null {
  try {
    return servingProblem(contextOf(chain, key, { min: "TLSv1.2", max: "TLSv1.3" }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readLeaf(pem: string): X509Certificate | string {
  const [block] = pem.length > TEXT_LIMIT ? [] : readPemBlocks(pem, "CERTIFICATE");
  if (block === undefined) {
    return "error parsing pem formated certificate from bytes: it holds no certificate block";
  }
  return readCertificate(block);
}

function readCertificate(block: string): X509Certificate | string {
  try {
    return new (nodeCrypto().X509Certificate)(block);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `error parsing x509 cert from bytes: ${reason}`;
  }
}

/** The chain without the leaf, each certificate once, in order. */
function readChain(
  entries: readonly string[],
  leaf: X509Certificate,
): X509Certificate[] | string {
  const chain: X509Certificate[] = [];
  const sent = new Set([leaf.fingerprint256]);
  for (const entry of entries) {
    if (entry.trim() === "") continue;
    const blocks = entry.length > TEXT_LIMIT ? [] : readPemBlocks(entry, "CERTIFICATE");
    if (blocks.length === 0) {
      return "error parsing pem formated certificate from bytes: the chain holds something else";
    }
    for (const block of blocks) {
      const certificate = readCertificate(block);
      if (typeof certificate === "string") return certificate;
      if (sent.has(certificate.fingerprint256)) continue;
      sent.add(certificate.fingerprint256);
      chain.push(certificate);
    }
  }
  return chain;
}

/** Shortest RSA key the TLS library accepts, in bits. */
const MIN_RSA_BITS = 2048;
const USABLE_KEYS =
  `accepted are RSA of ${MIN_RSA_BITS} bits and more, ECDSA P-256 and P-384, and Ed25519`;
const USABLE_CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "P-256", "P-384"]);

/** PKCS#8, PKCS#1 and SEC1. The library's error could repeat parts of the key, so it is not used. */
function readKey(text: string): KeyObject | string {
  if (text.length > TEXT_LIMIT) return `invalid private key: it is longer than ${TEXT_LIMIT}`;
  const block = readKeyBlock(text);
  if (typeof block !== "string") return block.problem;
  let key: KeyObject;
  try {
    key = nodeCrypto().createPrivateKey(block);
  } catch {
    return `invalid private key: it cannot be read; ${USABLE_KEYS}`;
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength ?? MIN_RSA_BITS;
  if (type === "rsa" && bits < MIN_RSA_BITS) {
    return `invalid private key: RSA of ${bits} bits; ${USABLE_KEYS}`;
  }
  const usable = type === "rsa" || type === "ed25519" ||
    (type === "ec" && USABLE_CURVES.has(details?.namedCurve ?? ""));
  return usable ? key : `invalid private key: its kind cannot be used; ${USABLE_KEYS}`;
}
