// Progress of a request that takes long. Clients time out when no answer comes for about a second; every PROCESSING
// answer restarts that timeout.

import type { Response } from "../../../config/schema/messages.ts";
import { processing } from "./responses.ts";

/** Shorter than the timeout of the command line, which is a second by default. */
const PERIOD_MS = 400;

/** Runs `work`; while it runs, sends `text` to the client every period. */
export async function keepInformed<T>(
  client: { readonly progress: (response: Response) => void },
  text: () => string,
  work: () => Promise<T>,
  periodMs: number = PERIOD_MS,
): Promise<T> {
  const timer = setInterval(() => client.progress(processing(text())), periodMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
