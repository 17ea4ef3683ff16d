// What the benchmarks compare: proxies that differ in make and agree in everything else. Same
// backend, one worker, keep-alive on both sides, the same header edits, no access log.

import type { ServerCommand } from "../../support/process/server_process.ts";

/** The host every request asks for. */
export const HOST = "www.example.test";

/** PEM files of a certificate. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  /** Both in one file. */
  readonly combined: string;
}

/** Where a proxy listens, what is behind it and where its files go. */
export interface ProxyPlace {
  /** Loopback port to listen on. */
  readonly port: number;
  /** Loopback port of the backend. */
  readonly backendPort: number;
  /** Serve TLS with this certificate; plain HTTP unless given. */
  readonly tls?: TlsFiles;
  /** Serve HTTP/2: by ALPN over TLS, with prior knowledge in clear. */
  readonly h2?: boolean;
  /** Writes a file and returns its path. */
  write(name: string, text: string): string;
  /** Path for a file the proxy makes itself. */
  path(name: string): string;
}

/** One make of proxy. */
export interface Contender {
  readonly name: string;
  /** The command that runs it in the foreground; may write files first. */
  command(place: ProxyPlace): Omit<ServerCommand, "logPath">;
}

/**
 * Request headers of an ordinary browser, besides Host: 8 of them, about 600 bytes.
 */
export const BROWSER_HEADERS: readonly (readonly [string, string])[] = [
  [
    "User-Agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  ],
  [
    "Accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  ],
  ["Accept-Language", "en-GB,en;q=0.9,fr;q=0.8,de;q=0.7"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Referer", "https://www.example.test/catalogue/category/index.html?page=2&sort=price"],
  ["Cookie", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; consent=yes; _ga=GA1.2.1.2"],
  ["Cache-Control", "max-age=0"],
  ["Upgrade-Insecure-Requests", "1"],
];
