// One backend of a cluster: who it is, how it is doing and how busy it is. It keeps its own counters and
// tells whoever orders backends by load when they change; who may be picked is decided by BackendSet.

import { DEFAULT_BACKEND_WEIGHT } from "../../config/defaults.ts";
import type { Series } from "../observe/metrics/series.ts";
import { isCookieValue } from "../protocol/http/field_syntax.ts";
import { AddressShare } from "./addresses/address_share.ts";
import { addressBytes } from "./flow_hash.ts";
import { HealthState } from "./health_state.ts";
import { PeakEwma } from "./peak_ewma.ts";
import { RetryPolicy } from "./retry.ts";

/** What "heavy" means for LEAST_LOADED and POWER_OF_TWO. Numbers of the wire contract. */
export const LoadMetric = { CONNECTIONS: 0, REQUESTS: 1, CONNECTION_TIME: 2 } as const;

/** NORMAL takes connections; CLOSING was removed and finishes those it has; CLOSED has none left. */
export type BackendStatus = "normal" | "closing" | "closed";

/** A backend's address, as text for messages and keys, and split for dialling. */
export interface BackendAddress {
  /** `127.0.0.1:80` or `[::1]:80`. */
  readonly text: string;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What can be configured about a backend. */
export interface BackendConfig {
  readonly id: string;
  readonly address: BackendAddress;
  /** `null`: the id is what the sticky cookie carries. */
  readonly stickyId: string | null;
  /** `null`: {@linkcode DEFAULT_BACKEND_WEIGHT}. */
  readonly weight: number | null;
  /** Used only when no other backend can be. */
  readonly backup: boolean;
  /** The unix socket that is dialled instead of the address; absent or `null` for none. */
  readonly unixPath?: string | null;
}

/** Is told when the load of a candidate changed. */
export interface LoadObserver {
  loadChanged(backend: Backend): void;
}

/** Reads `1.2.3.4:80` or `[::1]:80`; `null` when it is neither. */
export function parseBackendAddress(text: string): BackendAddress | null {
  const colon = text.lastIndexOf(":");
  const digits = text.slice(colon + 1);
  if (colon < 1 || !/^[0-9]{1,5}$/.test(digits) || Number(digits) > 65535) return null;
  const host = text.slice(0, colon);
  const bracketed = host.startsWith("[") && host.endsWith("]");
  if (bracketed !== host.includes(":") || host === "[]") return null;
  return { text, host: bracketed ? host.slice(1, -1) : host, port: Number(digits) };
}

/** Ids may hold what ends a cookie, or is none of its characters: then they are percent-encoded. */
function cookieValueOf(id: string): string {
  return isCookieValue(id) ? id : encodeURIComponent(id.toWellFormed());
}

export class Backend {
  readonly id: string;
  readonly address: BackendAddress;
  /** What is hashed of the address. */
  readonly addressBytes: Uint8Array;
  readonly retry = new RetryPolicy();
  readonly health = new HealthState();
  status: BackendStatus = "normal";
  /** What is measured of it, once somebody has; kept by whoever measures. */
  series: Series | null = null;
  /** Who orders the candidates by load, if anyone does. Kept by the set. */
  loadObserver: LoadObserver | null = null;

  #stickyId: string | null;
  /** The id as a cookie can carry it. */
  readonly #cookieId: string;
  #weight: number;
  #backup: boolean;
  #unixPath: string | null;
  #activeConnections = 0;
  #activeRequests = 0;
  readonly #connectionTime: PeakEwma;
  #share = new AddressShare();

  constructor(config: BackendConfig, nowMs: number) {
    this.id = config.id;
    this.address = config.address;
    this.addressBytes = addressBytes(config.address.host, config.address.port) ??
      new TextEncoder().encode(config.address.text);
    this.#stickyId = config.stickyId;
    this.#cookieId = cookieValueOf(config.id);
    this.#weight = config.weight ?? DEFAULT_BACKEND_WEIGHT;
    this.#backup = config.backup;
    this.#unixPath = config.unixPath ?? null;
    this.#connectionTime = new PeakEwma(nowMs);
  }

  /** The configured sticky id. */
  get stickyId(): string | null {
    return this.#stickyId;
  }

  /** The value the sticky cookie carries for this backend. */
  get stickyValue(): string {
    return this.#stickyId ?? this.#cookieId;
  }

  get weight(): number {
    return this.#weight;
  }

  /** Its weight where none may be left out: at least 1. */
  get positiveWeight(): number {
    return Math.max(1, this.#weight);
  }

  /** What it has in common with the other backends at its address. */
  get share(): AddressShare {
    return this.#share;
  }

  get backup(): boolean {
    return this.#backup;
  }

  /** The unix socket that is dialled instead of its address, which stays what it is known by; `null` for none. */
  get unixPath(): string | null {
    return this.#unixPath;
  }

  /** Connections begun and not yet closed. */
  get activeConnections(): number {
    return this.#activeConnections;
  }

  /** HTTP exchanges in progress. */
  get activeRequests(): number {
    return this.#activeRequests;
  }

  /** Would this backend be of use, were its wait over? A wait does not make it unavailable. */
  get available(): boolean {
    return this.status === "normal" && this.health.healthy && !this.retry.down;
  }

  /** May a connection be opened now: healthy, not removed, not waiting? */
  canOpen(nowMs: number): boolean {
    return this.status === "normal" && this.health.healthy && this.retry.mayTry(nowMs);
  }

  /** Takes over what a repeated add says; counters, back-off and health stay. */
  update(config: BackendConfig): void {
    this.#stickyId = config.stickyId;
    this.#weight = config.weight ?? DEFAULT_BACKEND_WEIGHT;
    this.#backup = config.backup;
    this.#unixPath = config.unixPath ?? null;
  }

  /** Joins the others at its address: from now on its load counts there. */
  joinShare(share: AddressShare): void {
    this.#share.activeConnections -= this.#activeConnections;
    this.#share.activeRequests -= this.#activeRequests;
    share.activeConnections += this.#activeConnections;
    share.activeRequests += this.#activeRequests;
    this.#share = share;
  }

  /** A connection to it is begun. */
  connectionOpened(): void {
    this.#activeConnections++;
    this.#share.activeConnections++;
    this.loadObserver?.loadChanged(this);
  }

  /** A connection to it ended, or could not be made. Use {@linkcode BackendSet.connectionClosed}. */
  connectionClosed(): void {
    if (this.#activeConnections > 0) {
      this.#activeConnections--;
      this.#share.activeConnections--;
    }
    this.loadObserver?.loadChanged(this);
  }

  /** An HTTP exchange with it begins. */
  requestStarted(): void {
    this.#activeRequests++;
    this.#share.activeRequests++;
    this.loadObserver?.loadChanged(this);
  }

  /** An HTTP exchange with it ended. */
  requestEnded(): void {
    if (this.#activeRequests > 0) {
      this.#activeRequests--;
      this.#share.activeRequests--;
    }
    this.loadObserver?.loadChanged(this);
  }

  /** A connection to it was established after `durationMs`. */
  observeConnectionTime(durationMs: number, nowMs: number): void {
    this.#connectionTime.observe(durationMs, nowMs);
    this.loadObserver?.loadChanged(this);
  }

  /**
   * Its load in the unit of the metric: a count over all backends at its address, or nanoseconds of its own for
   * CONNECTION_TIME.
   */
  load(metric: number, nowMs: number): number {
    if (metric !== LoadMetric.CONNECTION_TIME) return this.loadRank(metric);
    return (this.#activeConnections + 1) * this.#connectionTime.read(nowMs) * 1e6;
  }

  /**
   * A number that, divided by {@link rankWeight}, orders backends as `load` per weight does, whatever the time
   * is. A time is told as a logarithm, its weight included.
   */
  loadRank(metric: number): number {
    if (metric === LoadMetric.REQUESTS) return this.#share.activeRequests;
    if (metric !== LoadMetric.CONNECTION_TIME) return this.#share.activeConnections;
    return Math.log((this.#activeConnections + 1) / this.positiveWeight) +
      this.#connectionTime.rank;
  }

  /** What {@link loadRank} is divided by to compare it; at least 1. */
  rankWeight(metric: number): number {
    return metric === LoadMetric.CONNECTION_TIME ? 1 : this.positiveWeight;
  }
}
