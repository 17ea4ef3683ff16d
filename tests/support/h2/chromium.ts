// A browser without a window: loads a page and tells what became of it.

import { findProgram } from "../../bench/load/tools.ts";
import { runProgram } from "../tls/openssl.ts";
import { HOST } from "./front.ts";

/** Path of the program; null when it is not installed. */
export const CHROMIUM: string | null = findProgram("chromium");

/** Keeps the browser at home: it talks to loopback only. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--ignore-certificate-errors",
  `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND`,
  "--timeout=20000",
  "--virtual-time-budget=20000",
];

/** The document at a path of a front once its scripts have run. */
export async function dumpDocument(chromium: string, port: number, path: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sozu-chromium-" });
  try {
    const address = `https://${HOST}:${port}${path}`;
    const args = [...FLAGS, `--user-data-dir=${folder}`, "--dump-dom", address];
    return (await runProgram(chromium, args, "", 60_000)).text;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
