// A client of a TCP listener: says something, and checks that it hears the same.

import { CutError, MessageReader, stampedText, writeText } from "./messages.ts";
import type { ClientWorld } from "./client.ts";
import type { Connected } from "./network.ts";

/** Longest life of a client, in milliseconds. */
const LIFE_MS = 60_000;

/** Plays one client to its end. */
export async function runTcpClient(world: ClientWorld, { client }: Connected): Promise<void> {
  const { clock, random, trace, ledger } = world;
  const nonce = ledger.nextNonce();
  const length = random.pick([0, 5, 3_000, 3_000, 50_000, 300_000]);
  const cancels = [clock.after(LIFE_MS, () => client.close())];
  if (random.chance(0.25)) {
    const leave = () => random.chance(0.5) ? client.reset() : client.close();
    cancels.push(clock.after(random.next() * 200, leave));
  }
  const reader = new MessageReader(client, random.pick([100, 16_384]));
  let at = 0;
  const take = (text: string) => {
    if (text !== stampedText(nonce, at, at + text.length)) {
      trace.violation(`${client.name}: what ${nonce} hears is wrong after ${at}`);
    }
    at += text.length;
  };
  try {
    const writing = (async () => {
      await writeText(client, stampedText(nonce, 0, length));
      await client.closeWrite();
    })();
    writing.catch(() => {});
    await reader.body({ kind: "close", length: 0 }, take);
    trace.note(`${client.name} has heard ${at} of ${length} bytes`);
    if (at > length) trace.violation(`${client.name} has heard more than it said`);
  } catch (error) {
    if (error instanceof CutError) trace.note(`${client.name}: ${error.message}`);
  } finally {
    for (const cancel of cancels) cancel();
    client.close();
  }
}
