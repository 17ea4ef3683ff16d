// What is bound to the addresses of one kind of listener, whether a listener is there or not: a listener that
// is removed and added again, or replaced, finds it as it is, and connections that are open go on with it.

import { formatAddress } from "../../../config/values/address.ts";
import type { SocketAddress } from "../../../config/schema/messages.ts";

/**
 * One `T` for each address. An address keeps the same one for ever, because connections of a listener that
 * is gone may still use it; what it costs is little, and an operator names few addresses.
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
