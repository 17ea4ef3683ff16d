// Listeners that should have a socket and could not be given one: the address was taken when the worker
// began, or the process had no descriptor for it. They are tried again, ever less often, until they are
// open or not wanted any more.

import { FIRST_LISTEN_RETRY_MS, MAX_LISTEN_RETRY_MS } from "../../../config/defaults.ts";
import { formatAddress } from "../../../config/values/address.ts";
import type {
  ActivateListener,
  DeactivateListener,
  UnopenedListener,
} from "../../../config/schema/messages.ts";
import type { Timers } from "../../io/contracts.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import type { PlaneParts } from "../parts.ts";

/** How sockets are opened and closed; both give the reason when they fail. */
export interface SocketOpener {
  open(listener: ActivateListener): Promise<string | null>;
  close(listener: DeactivateListener): Promise<string | null>;
}

interface Entry {
  readonly listener: ActivateListener;
  reason: string;
  delay: number;
  /** Cancels the next try. */
  cancel: () => void;
  /** The try that is under way; resolves with whether the socket is open. */
  trying: Promise<boolean> | null;
}

/** The listeners of one worker that wait for their sockets. */
export class UnopenedListeners {
  /** Called with the new list whenever the list changes. */
  onChange: (listeners: readonly UnopenedListener[]) => void = () => {};
  readonly #sockets: SocketOpener;
  readonly #firstDelayMs: number;
  readonly #entries = new Map<string, Entry>();
  readonly #timers: Timers;
  readonly #log: ModuleLog;
  #stopped = false;

  /** `firstDelayMs` is waited before the first try again; each that fails doubles it. */
  constructor(
    sockets: SocketOpener,
    { timers, loggerOf }: Pick<PlaneParts, "timers" | "loggerOf">,
    firstDelayMs = FIRST_LISTEN_RETRY_MS,
  ) {
    this.#sockets = sockets;
    this.#timers = timers;
    this.#log = loggerOf("worker::listeners");
    this.#firstDelayMs = firstDelayMs;
  }

  /** Whether a listener waits for its socket. */
  has(listener: Pick<ActivateListener, "address" | "proxy">): boolean {
    return this.#entries.has(keyOf(listener));
  }

  /** Takes in a listener that could not be opened for `reason`. */
  keep(listener: ActivateListener, reason: string): void {
    if (this.has(listener)) return;
    const entry: Entry = {
      listener,
      reason,
      delay: this.#firstDelayMs,
      cancel: () => {},
      trying: null,
    };
    this.#entries.set(keyOf(listener), entry);
    this.#plan(entry);
    this.#tell();
  }

  /** A listener is not wanted any more; resolves with whether it waited, its socket closed for good. */
  async drop(listener: DeactivateListener): Promise<boolean> {
    const entry = this.#entries.get(keyOf(listener));
    if (entry === undefined) return false;
    this.#entries.delete(keyOf(listener));
    entry.cancel();
    if (await entry.trying === true) await this.#sockets.close(listener);
    this.#tell();
    return true;
  }

  /** Nothing is tried again; what waits goes on being told of. */
  stop(): void {
    this.#stopped = true;
    for (const { cancel } of this.#entries.values()) cancel();
  }

  #plan(entry: Entry): void {
    if (this.#stopped) return;
    entry.cancel = this.#timers.after(entry.delay, () => {
      entry.trying = this.#try(entry);
    });
    entry.delay = Math.min(MAX_LISTEN_RETRY_MS, 2 * entry.delay);
  }

  async #try(entry: Entry): Promise<boolean> {
    const { listener } = entry;
    const reason = await this.#sockets.open(listener);
    entry.trying = null;
    const isWanted = this.#entries.get(keyOf(listener)) === entry;
    if (!isWanted) return reason === null;
    if (reason === null && this.#stopped) {
      await this.#sockets.close({ ...listener, to_scm: false });
    } else if (reason === null) {
      this.#entries.delete(keyOf(listener));
      this.#log.info("Listening on {address} at last", {
        address: formatAddress(listener.address),
      });
      this.#tell();
      return true;
    } else {
      this.#plan(entry);
      const isNew = reason !== entry.reason;
      entry.reason = reason;
      if (isNew) this.#tell();
    }
    return false;
  }

  #tell(): void {
    this.onChange([...this.#entries.values()].map(({ listener: { address, proxy }, reason }) => ({
      address,
      proxy,
      reason,
    })));
  }
}

function keyOf({ proxy, address }: Pick<ActivateListener, "address" | "proxy">): string {
  return `${proxy} ${formatAddress(address)}`;
}
