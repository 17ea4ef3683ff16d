// What one request of a chaos run is to do. The client chooses it by its random numbers and tells the
// backend in a header, so that both know what the other may do, and what it must not.

import { ForeignByte } from "./chaos_stamp.ts";
import type { Pick } from "./mutate.ts";

/** How the backend treats a request. */
export const KINDS = [
  /** Takes the body and answers. */
  "answer",
  /** Answers before it has the body, and goes on reading. */
  "early",
  /** Answers before it has the body, and closes. */
  "rude",
  /** Closes in the middle of its answer. */
  "cut",
  /** Closes in the middle of the request. */
  "drop",
  /** Is asked for an upgrade and answers 101, sometimes before it has the body. */
  "switch",
  /** Is asked for an upgrade and declines. */
  "decline",
  /** Is asked for an upgrade and answers 101 with another one. */
  "other",
  /** Is not asked and answers 101. */
  "unasked",
  /** Accepts a CONNECT. */
  "tunnel",
  /** Refuses a CONNECT. */
  "deny",
] as const;
export type Kind = typeof KINDS[number];

/** Length, chunks, or the end of the connection. */
export type Framing = "length" | "chunks" | "close";

/** One request and its answer. */
export interface Plan {
  readonly kind: Kind;
  /** Seven hexadecimal digits, of this request alone. */
  readonly nonce: string;
  /** Bytes of the request body. */
  readonly up: number;
  readonly upFraming: Exclude<Framing, "close">;
  /** Bytes of the response body, or of the tunnel to the client. */
  readonly down: number;
  readonly downFraming: Framing;
  /** Bytes of the tunnel to the backend. */
  readonly through: number;
  /** A 103 comes before the answer. */
  readonly interim: boolean;
  /** An upgrade is answered before the body is read. */
  readonly hasty: boolean;
  /** The backend closes its connection after the answer, without having said so. */
  readonly leaves: boolean;
}

/** What is chosen more often: where the protocol changes, two loops could meet on one connection. */
const LIKELY: readonly Kind[] = [...KINDS, "answer", "switch", "switch", "switch", "tunnel"];

const SIZES = [1, 15, 400, 1_600, 1_600, 6_000, 20_000, 100_000] as const;

/** A plan for a request with `nonce`. */
export function choosePlan(nonce: string, pick: Pick): Plan {
  const kind = LIKELY[pick(LIKELY.length)] as Kind;
  const size = () => pick(4) === 0 ? 0 : 1 + pick(SIZES[pick(SIZES.length)] ?? 1);
  const connects = kind === "tunnel" || kind === "deny";
  return {
    kind,
    nonce,
    up: connects ? 0 : size(),
    upFraming: pick(2) === 0 ? "length" : "chunks",
    down: size(),
    downFraming: (["length", "chunks", "close"] as const)[pick(3)] ?? "length",
    through: size(),
    interim: pick(5) === 0,
    hasty: pick(2) === 0,
    leaves: pick(8) === 0,
  };
}

/** True when the connection is no longer HTTP after this request, or may not be. */
export function mayLeaveHttp({ kind }: Plan): boolean {
  return ["switch", "other", "unasked", "tunnel", "deny"].includes(kind);
}

/** The head of the request. */
export function requestHead(plan: Plan): string {
  const { kind, nonce, up, upFraming } = plan;
  const connects = kind === "tunnel" || kind === "deny";
  const lines = connects
    ? ["CONNECT app.test:443 HTTP/1.1", "Host: app.test:443"]
    : [`${up > 0 ? "POST" : "GET"} /${nonce} HTTP/1.1`, "Host: app.test"];
  lines.push(`X-Nonce: ${nonce}`, `Cookie: secret=${nonce}`, `X-Plan: ${JSON.stringify(plan)}`);
  if (kind === "switch" || kind === "decline" || kind === "other") {
    lines.push("Connection: Upgrade", `Upgrade: other, echo/${nonce}`);
  }
  if (up > 0) {
    lines.push(upFraming === "length" ? `Content-Length: ${up}` : "Transfer-Encoding: chunked");
  }
  return lines.join("\r\n") + "\r\n\r\n";
}

const FORWARDED: ReadonlySet<string> = new Set([
  "host",
  "x-nonce",
  "cookie",
  "x-plan",
  "connection",
  "upgrade",
  "content-length",
  "transfer-encoding",
  "forwarded",
  "sozu-id",
  "x-request-id",
]);

/** Reads a request head as the backend received it; throws when any of it belongs to another request. */
export function planIn(head: string): Plan {
  const [start = "", ...lines] = head.slice(0, -4).split("\r\n");
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(": ");
    const name = line.slice(0, colon).toLowerCase();
    const known = FORWARDED.has(name) || name.startsWith("x-forwarded-");
    if (colon < 0 || !known || fields.has(name)) {
      throw new ForeignByte(`Field ${JSON.stringify(line)}`);
    }
    fields.set(name, line.slice(colon + 2));
  }
  const nonce = fields.get("x-nonce") ?? "";
  const plan = readPlan(fields.get("x-plan") ?? "");
  const target = start.startsWith("CONNECT ") ? "app.test:443" : `/${nonce}`;
  const agrees = plan.nonce === nonce && fields.get("cookie") === `secret=${nonce}` &&
    new RegExp(`^[A-Z]+ ${target} HTTP/1\\.1$`).test(start);
  if (!agrees) throw new ForeignByte(`Head ${JSON.stringify(head)}`);
  return plan;
}

function readPlan(text: string): Plan {
  try {
    return JSON.parse(text);
  } catch {
    throw new ForeignByte(`Plan ${JSON.stringify(text)}`);
  }
}
