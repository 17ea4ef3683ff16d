// What belongs to the addresses of one kind of listener, such as frontends. It stays when a listener is removed,
// replaced or added again, and open connections go on using it.

import { formatAddress } from "../../../config/values/address.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";

/**
 * One `T` for each address. It is never removed, because connections of a listener that was removed may still
 * use it. It is small, and a configuration has few addresses.
 */
export class Bindings<T> {
  readonly #create: () => T;
  readonly #byAddress = new Map<string, T>();

  constructor(create: () => T) {
    this.#create = create;
  }

  /** What is bound to an address; made when it is first asked for. */
  at(address: SocketAddress): T {
    const key = formatAddress(address);
    let bound = this.#byAddress.get(key);
    if (bound === undefined) this.#byAddress.set(key, bound = this.#create());
    return bound;
  }

  /** Every address that was ever asked for, as text, with what is bound to it. */
  entries(): ReadonlyMap<string, T> {
    return this.#byAddress;
  }
}
