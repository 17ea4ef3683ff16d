// The metric detail in force: the configured one, raised for a time by clients that hold a lease. Pure: the time
// is a parameter. Error messages never repeat the id a client chose.

/** Details, each including the one before, with the numbers of the schema. */
export const Detail = { PROCESS: 0, FRONTEND: 1, CLUSTER: 2, BACKEND: 3 } as const;

/** Longest id, in bytes, and most leases at a time (sozu 2.1). */
const MAX_CLIENT_BYTES = 64;
const MAX_LEASES = 64;
/** Life of a lease, in seconds. */
const DEFAULT_TTL_SECONDS = 60;
const MAX_TTL_SECONDS = 300;

const SECOND_MS = 1000;

/** What a client asks for. */
export interface LeaseRequest {
  readonly clientId: string;
  readonly detail: number | null;
  /** 0 and `null` are the default. */
  readonly ttlSeconds: number | null;
  readonly clear: boolean;
  /** The client, as main knows it; `null` for unknown. */
  readonly pid: number | null;
  readonly session: string | null;
}

/** A change by a request or by time. */
export interface DetailChange {
  readonly previous: number;
  readonly effective: number;
}

interface Lease {
  readonly detail: number;
  readonly expiresAtMs: number;
  readonly pid: number | null;
  readonly session: string | null;
}

/** The leases and the detail in force. */
export class DetailLeases {
  readonly configured: number;
  readonly #leases = new Map<string, Lease>();
  #effective: number;

  constructor(configured: number) {
    this.configured = configured;
    this.#effective = configured;
  }

  /** The highest of the configured detail and those of the leases. */
  get effective(): number {
    return this.#effective;
  }

  get count(): number {
    return this.#leases.size;
  }

  /** Takes, renews or releases a lease; the text is the reason when it is refused. */
  apply(request: LeaseRequest, nowMs: number): DetailChange | string {
    const problem = malformed(request);
    if (problem !== null) return problem;
    const known = this.#leases.get(request.clientId);
    if (known !== undefined && !mayChange(known, request)) {
      return "The lease belongs to another session";
    }
    if (request.clear) this.#leases.delete(request.clientId);
    else if (known === undefined && this.#leases.size >= MAX_LEASES) {
      return `There are ${MAX_LEASES} leases already, no other is given`;
    } else {
      const ttl = request.ttlSeconds || DEFAULT_TTL_SECONDS;
      this.#leases.set(request.clientId, {
        detail: request.detail as number,
        expiresAtMs: nowMs + ttl * SECOND_MS,
        pid: request.pid,
        session: request.session,
      });
    }
    return this.#update();
  }

  /** Ends the leases that have expired. */
  expire(nowMs: number): DetailChange {
    for (const [id, { expiresAtMs }] of this.#leases) {
      if (expiresAtMs <= nowMs) this.#leases.delete(id);
    }
    return this.#update();
  }

  #update(): DetailChange {
    const previous = this.#effective;
    let effective = this.configured;
    for (const { detail } of this.#leases.values()) effective = Math.max(effective, detail);
    this.#effective = effective;
    return { previous, effective };
  }
}

function malformed({ clientId, detail, ttlSeconds, clear }: LeaseRequest): string | null {
  if (new TextEncoder().encode(clientId).length > MAX_CLIENT_BYTES) {
    return `Field client_id is too long, accepted: up to ${MAX_CLIENT_BYTES} bytes`;
  }
  if ((ttlSeconds ?? 0) > MAX_TTL_SECONDS) {
    return `Field ttl_seconds is ${ttlSeconds}, accepted: up to ${MAX_TTL_SECONDS} seconds`;
  }
  if (clear) return null;
  if (detail === null) return "Field detail is missing, and clear is not set";
  const known = Number.isInteger(detail) && detail >= Detail.PROCESS && detail <= Detail.BACKEND;
  return known ? null : `Field detail is ${detail}, accepted: 0 to ${Detail.BACKEND}`;
}

/** Only the owner may change a lease whose owner is known by pid and session. */
function mayChange(lease: Lease, { pid, session }: LeaseRequest): boolean {
  if (lease.pid === null || lease.session === null) return true;
  return lease.pid === pid && lease.session === session;
}
