// What the HTTP benchmark measures: kinds of load, the figure that counts in each, and its bar.

import { BULK_PATH } from "../contenders/nginx_backend.ts";
import type { LoadResult } from "../load/wrk.ts";

/** One proxy's figures in one round of a phase. */
export interface Sample extends LoadResult {
  /** CPU time of all the proxy's processes during the load, microseconds. */
  readonly cpuMicros: number;
  /** The same of its busiest process alone: the worker. */
  readonly workerCpuMicros: number;
}

/** Whom a phase's bar compares ours with. */
export type Peers = "better" | "haproxy" | "nginx";

/** One kind of load. */
export interface Phase {
  readonly name: string;
  readonly title: string;
  readonly path: string;
  readonly connections: number;
  readonly closing: boolean;
  /** Name of the figure that counts. */
  readonly figure: string;
  /** The figure of one sample. */
  measure(sample: Sample, cpuMicros: number): number;
  /** Whether a smaller figure is the better one. */
  readonly smallerIsBetter: boolean;
  readonly peers: Peers;
  /** Bound of our figure divided by the peer's; `null` where there is none. */
  readonly bar: number | null;
}

const cpuPerRequest = (sample: Sample, cpuMicros: number) => cpuMicros / sample.requests;
const megabytesPerCpuSecond = (sample: Sample, cpuMicros: number) => sample.bytes / cpuMicros;

/** The phases, in the order they run. */
export const PHASES: readonly Phase[] = [
  {
    name: "keep-alive",
    title: "64 keep-alive connections, small answers",
    path: "/",
    connections: 64,
    closing: false,
    figure: "CPU us/request",
    measure: cpuPerRequest,
    smallerIsBetter: true,
    peers: "better",
    bar: 1.20,
  },
  {
    name: "bulk",
    title: "4 connections, bodies of 64 MiB",
    path: BULK_PATH,
    connections: 4,
    closing: false,
    figure: "MB/CPU s",
    measure: megabytesPerCpuSecond,
    smallerIsBetter: false,
    peers: "haproxy",
    bar: 1.0,
  },
  {
    name: "new-connections",
    title: "one connection per request",
    path: "/",
    connections: 32,
    closing: true,
    figure: "CPU us/request",
    measure: cpuPerRequest,
    smallerIsBetter: true,
    peers: "nginx",
    bar: 1.6,
  },
];
