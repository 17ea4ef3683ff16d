// What the proxy tells a backend about the client connection: X-Forwarded-For, Forwarded (RFC 7239),
// X-Real-IP, X-Forwarded-Port and X-Forwarded-Proto. All of it is known when the connection opens,
// so it is encoded once and a request only copies bytes. Knows nothing of which headers a request
// already has, nor of PROXY protocol: the caller says who the peer is.

import { asciiBytes } from "../../bytes/ascii.ts";
import { addsForwarded, addsXForwarded } from "./forwarding/family.ts";

/** An IP address as text, IPv6 without brackets, and a port. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

/** Facts about one client connection. */
export interface ForwardedFacts {
  /** The client, as the PROXY protocol or the socket tells; null when unknown. */
  readonly peer: Endpoint | null;
  /** Where clients reach this listener from outside. */
  readonly publicAddress: Endpoint;
  readonly protocol: "http" | "https";
}

const NO_LINES = new Uint8Array(0);

/** Upper bound of {@link ForwardedElements.linesOf}: every address at its longest. */
export const MAX_FORWARDED_BYTES = 512;

/**
 * The encoded pieces for one connection. Pieces that need the peer are empty when it is unknown, so
 * that copying them adds nothing. A `...Line` ends in CRLF; a `...Suffix` continues the value of a
 * header that the request already has. Only the joined lines, which nearly every request needs, are
 * kept: a connection that is idle should not hold a dozen buffers.
 */
export class ForwardedElements {
  readonly #ip: string;
  readonly #element: string;
  readonly #port: number;
  readonly #protocol: string;
  #lines: Uint8Array = NO_LINES;
  #linesChoice = -1;

  constructor({ peer, publicAddress, protocol }: ForwardedFacts) {
    this.#ip = peer === null ? "" : bareIp(peer.ip);
    this.#element = peer === null ? "" : forwardedElement(peer, publicAddress, protocol);
    this.#port = publicAddress.port;
    this.#protocol = protocol;
  }

  /** One element of Forwarded. */
  get forwarded(): Uint8Array {
    return asciiBytes(this.#element);
  }

  /** Value of X-Forwarded-Proto. */
  get protocol(): Uint8Array {
    return asciiBytes(this.#protocol);
  }

  get xForwardedForSuffix(): Uint8Array {
    return asciiBytes(this.#known(`, ${this.#ip}`));
  }

  get forwardedSuffix(): Uint8Array {
    return asciiBytes(this.#known(`, ${this.#element}`));
  }

  get xForwardedForLine(): Uint8Array {
    return asciiBytes(this.#forText());
  }

  get forwardedLine(): Uint8Array {
    return asciiBytes(this.#forwardedText());
  }

  get xRealIpLine(): Uint8Array {
    return asciiBytes(this.#realIpText());
  }

  get xForwardedPortLine(): Uint8Array {
    return asciiBytes(this.#portText());
  }

  get xForwardedProtoLine(): Uint8Array {
    return asciiBytes(this.#protoText());
  }

  /**
   * Every line of a {@link ForwardingFamily} in its order, for a request that has none of them. Kept until
   * another choice is asked for: all requests of a connection ask for the same.
   */
  linesOf(family: number, withRealIp: boolean): Uint8Array {
    const choice = family * 2 + (withRealIp ? 1 : 0);
    if (choice !== this.#linesChoice) {
      this.#linesChoice = choice;
      const x = addsXForwarded(family);
      this.#lines = asciiBytes(
        (x ? this.#forText() : "") + (addsForwarded(family) ? this.#forwardedText() : "") +
          (withRealIp ? this.#realIpText() : "") + (x ? this.#portText() + this.#protoText() : ""),
      );
    }
    return this.#lines;
  }

  #known(text: string): string {
    return this.#ip === "" ? "" : text;
  }

  #forText(): string {
    return this.#known(`X-Forwarded-For: ${this.#ip}\r\n`);
  }

  #forwardedText(): string {
    return this.#known(`Forwarded: ${this.#element}\r\n`);
  }

  #realIpText(): string {
    return this.#known(`X-Real-IP: ${this.#ip}\r\n`);
  }

  #portText(): string {
    return `X-Forwarded-Port: ${this.#port}\r\n`;
  }

  #protoText(): string {
    return `X-Forwarded-Proto: ${this.#protocol}\r\n`;
  }
}

/** RFC 7239 section 4: `for` with a port must be quoted, IPv6 needs brackets and quotes. */
function forwardedElement(peer: Endpoint, publicAddress: Endpoint, protocol: string): string {
  const peerIp = bareIp(peer.ip);
  const publicIp = bareIp(publicAddress.ip);
  const peerHost = isIpv6(peerIp) ? `[${peerIp}]` : peerIp;
  const by = isIpv6(publicIp) ? `"[${publicIp}]"` : publicIp;
  return `proto=${protocol};for="${peerHost}:${peer.port}";by=${by}`;
}

function isIpv6(ip: string): boolean {
  return ip.includes(":");
}

/** Drops brackets and the zone of a link-local address, which means nothing to another host. */
function bareIp(ip: string): string {
  const inner = ip.startsWith("[") && ip.endsWith("]") ? ip.slice(1, -1) : ip;
  const zone = inner.indexOf("%");
  return zone === -1 ? inner : inner.slice(0, zone);
}
