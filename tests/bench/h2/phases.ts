// What the HTTP/2 benchmark compares with nginx and HAProxy: kinds of load, the figure that counts, and its bar.

import { BULK_PATH } from "../contenders/nginx_backend.ts";
import type { Phase } from "../figures/phases.ts";

/** A kind of load over HTTP/2. */
export interface H2Phase extends Phase {
  /** Streams at once on each connection. */
  readonly streams: number;
  readonly secure: boolean;
}

const SMALL: Omit<H2Phase, "name" | "title" | "secure"> = {
  path: "/",
  connections: 10,
  streams: 100,
  closing: false,
  figure: "CPU us/request",
  measure: ({ requests }, cpuMicros) => cpuMicros / requests,
  smallerIsBetter: true,
  peers: "better",
  bar: 1.05,
};

const BULK: Omit<H2Phase, "name" | "title" | "secure"> = {
  path: BULK_PATH,
  connections: 4,
  streams: 1,
  closing: false,
  figure: "MB/CPU s",
  measure: ({ bytes }, cpuMicros) => bytes / cpuMicros,
  smallerIsBetter: false,
  peers: "haproxy",
  bar: 0.9,
};

/** The phases that h2load drives, in the order they run. */
export const H2_PHASES: readonly H2Phase[] = [
  {
    ...SMALL,
    name: "small-tls",
    title: "10 TLS connections of 100 streams, small answers",
    secure: true,
  },
  {
    ...SMALL,
    name: "small-clear",
    title: "10 connections of 100 streams with prior knowledge, small answers",
    secure: false,
  },
  { ...BULK, name: "bulk-tls", title: "4 TLS connections, bodies of 64 MiB", secure: true },
  {
    ...BULK,
    name: "bulk-clear",
    title: "4 connections with prior knowledge, bodies of 64 MiB",
    secure: false,
  },
];
