// The HTTP side of an exposition: the answer to each path. The proxy is queried once for all scrapers that
// come at the same time, and its answer is cached for a moment. Knows no sockets.

import type { Family } from "./family.ts";
import {
  chosenFormat,
  CONTENT_TYPES,
  type ExpositionFormat,
  formatFamilies,
} from "./text_format.ts";

/** How long an answer is cached, in milliseconds: shorter than any scrape interval. */
const FRESH_MS = 500;
/** Requests at the same time; a scraper that asks more often than it is answered must wait. */
const MAX_IN_FLIGHT = 32;

const ALIVE = new Set(["/healthz", "/livez", "/status"]);

/** What an endpoint is made of. */
export interface EndpointParts {
  /** The families at this moment; resolves or rejects within a bounded time. */
  readonly gather: () => Promise<readonly Family[]>;
  /** Why traffic cannot be served right now, or `null`. */
  readonly notReady: () => Promise<string | null>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Formats on offer; both by default. */
  readonly formats?: readonly ExpositionFormat[];
}

/** Families and their renderings. */
interface Gathered {
  readonly families: readonly Family[];
  readonly at: number;
  readonly texts: Map<ExpositionFormat, string>;
}

/** Answers requests. */
export class ExpositionEndpoint {
  readonly #parts: EndpointParts;
  #last: Gathered | null = null;
  #gathering: Promise<Gathered> | null = null;
  #inFlight = 0;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  /** The answer to one request; never rejects. */
  async answer(request: Request): Promise<Response> {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      return plain(503, "Too many requests at the same time", { "retry-after": "1" });
    }
    this.#inFlight++;
    try {
      return await this.#route(request);
    } finally {
      this.#inFlight--;
    }
  }

  #route(request: Request): Promise<Response> | Response {
    const { pathname } = new URL(request.url);
    const known = pathname === "/metrics" || pathname === "/readyz" || ALIVE.has(pathname);
    if (!known) return new Response(null, { status: 404 });
    if (request.method !== "GET" && request.method !== "HEAD") {
      return plain(405, "Only GET and HEAD are answered here", { allow: "GET, HEAD" });
    }
    if (pathname === "/metrics") return this.#metrics(request);
    return pathname === "/readyz" ? this.#readiness() : health(200, "alive");
  }

  async #readiness(): Promise<Response> {
    try {
      const reason = await this.#parts.notReady();
      return reason === null ? health(200, "ready") : health(503, reason);
    } catch (error) {
      return health(503, textOf(error));
    }
  }

  async #metrics(request: Request): Promise<Response> {
    const chosen = chosenFormat(request.headers.get("accept"));
    const format = this.#parts.formats?.includes(chosen) === false ? "text" : chosen;
    try {
      const { families, texts } = await this.#gathered();
      let text = texts.get(format);
      if (text === undefined) {
        text = formatFamilies(families, format);
        texts.set(format, text);
      }
      return new Response(text, { headers: { "content-type": CONTENT_TYPES[format] } });
    } catch (error) {
      return plain(503, textOf(error));
    }
  }

  #gathered(): Promise<Gathered> {
    const { now, gather } = this.#parts;
    const last = this.#last;
    if (last !== null && now() - last.at < FRESH_MS) return Promise.resolve(last);
    return this.#gathering ??= gather()
      .then((families) => this.#last = { families, at: now(), texts: new Map() })
      .finally(() => this.#gathering = null);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

function health(status: number, message: string): Response {
  return Response.json({ message }, { status });
}
