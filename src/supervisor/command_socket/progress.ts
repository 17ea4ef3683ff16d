// Signs of life for a client whose request takes long: clients give up when nothing has come for a
// second or so, and every PROCESSING answer begins that second anew.

import type { Response } from "../../../config/schema/messages.ts";
import { processing } from "./responses.ts";

/** Shorter than the patience of the command line, which is a second unless configured. */
const PERIOD_MS = 400;

/** Does `work`; when that takes long, tells the client what `text` says again and again meanwhile. */
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
