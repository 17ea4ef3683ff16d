// Builds a trailer section (RFC 9113 section 8.1): lines of HTTP/1.1 without the empty one behind them. Fields
// that no trailer section may hold, and those by which the proxy tells backends who the client is, are left
// out silently.

import { asciiBytes, equalBytes } from "../../../bytes/ascii.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import type { MessageHead } from "../../http/message_head.ts";
import { FORBIDDEN_TRAILERS } from "../../http/trailer_kinds.ts";
import { FieldSection, type SectionLimits } from "./field_section.ts";

/** Trailers are never larger than this, whatever heads may be. */
const MAX_TRAILER_LIST_SIZE = 8192;

/** What tells who the client is. */
const SPOOFABLE: number = (1 << HeaderKind.X_REAL_IP) | (1 << HeaderKind.X_FORWARDED_FOR) |
  (1 << HeaderKind.FORWARDED) | (1 << HeaderKind.X_REQUEST_ID) |
  (1 << HeaderKind.X_FORWARDED_PROTO) | (1 << HeaderKind.X_FORWARDED_PORT);
const X_FORWARDED_HOST = asciiBytes("x-forwarded-host");

/** Fields of requests that are acted on before the content (RFC 9110 section 6.5.1), without a kind. */
const FORBIDDEN_IN_REQUESTS: readonly Uint8Array[] = [
  "cache-control",
  "max-forwards",
  "pragma",
  "range",
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "proxy-authorization",
  "content-encoding",
  "content-type",
  "content-range",
].map(asciiBytes);

/** A builder of trailer sections. */
export class TrailerBuilder extends FieldSection {
  /** Fields that were left out because the proxy speaks for the client. */
  spoofable = 0;
  /** Fields that were left out because they are no trailers. */
  forbidden = 0;
  #ofRequest = false;

  /** As {@link FieldSection.begin}; `ofRequest` when they are those of a request. */
  beginTrailers(
    head: MessageHead,
    bytes: Uint8Array,
    at: number,
    limits: SectionLimits,
    ofRequest: boolean,
  ): void {
    this.#ofRequest = ofRequest;
    const { maxHeaderListSize, maxHeaderFields } = limits;
    this.begin(head, bytes, at, {
      maxHeaderListSize: Math.min(maxHeaderListSize, MAX_TRAILER_LIST_SIZE),
      maxHeaderFields,
    });
  }

  /** Ends the section; false when it is malformed. Behind its last line comes the empty one. */
  finish(): boolean {
    return this.end();
  }

  protected override beginSection(): void {
    this.spoofable = this.forbidden = 0;
  }

  protected override pseudoField(): number {
    return -1;
  }

  protected override pseudoValue(): void {}

  protected override checkPseudo(): number {
    return 0;
  }

  protected override writeStart(): void {}

  protected override keeps(kind: number): boolean {
    const { bytes, nameStart, nameEnd } = this;
    const isForwardedHost = kind === HeaderKind.OTHER &&
      equalBytes(bytes, nameStart, nameEnd, X_FORWARDED_HOST, 0, X_FORWARDED_HOST.length);
    if ((SPOOFABLE & (1 << kind)) !== 0 || isForwardedHost) {
      this.spoofable++;
      return false;
    }
    if ((FORBIDDEN_TRAILERS & (1 << kind)) === 0 && !this.#isForbiddenInRequests(kind)) return true;
    this.forbidden++;
    return false;
  }

  #isForbiddenInRequests(kind: number): boolean {
    if (!this.#ofRequest || kind !== HeaderKind.OTHER) return false;
    const { bytes, nameStart, nameEnd } = this;
    return FORBIDDEN_IN_REQUESTS.some((name) =>
      equalBytes(bytes, nameStart, nameEnd, name, 0, name.length)
    );
  }
}
