// A relay that cuts the first TLS record of every client into many small ones, as RFC 8446 section 5.1
// allows, and sends each byte of them by itself: what a proxy that reads ClientHellos may meet.

import { connectRaw } from "../http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../http/scripted_origin.ts";
import { records } from "./client_hello.ts";
import type { Wire } from "../session/wire.ts";

/** Longest silence of either side. */
const PATIENCE_MS = 20_000;

/** Starts a relay to a loopback port; the records it makes hold `size` bytes of the message each. */
export function splittingRelay(port: number, size: number): ScriptedOrigin {
  return scriptedOrigin(async (client) => {
    using proxy = await connectRaw(port);
    const header = await client.readExactly(5);
    const message = await client.readExactly((header[3] as number) * 256 + (header[4] as number));
    for (const byte of records(message, size)) await proxy.write(Uint8Array.of(byte));
    await Promise.race([pass(client, proxy), pass(proxy, client)]);
  });
}

async function pass(from: Wire, to: Wire): Promise<void> {
  for (;;) {
    const bytes = await from.readSome(PATIENCE_MS);
    if (bytes.length === 0) return;
    await to.write(bytes);
  }
}
