// The backends of a cluster by address. Several at one address are one server, of which one backend stands for
// all of them where load is spread.

import type { Backend } from "../backend.ts";
import { AddressShare } from "./address_share.ts";

/** Backends at each address, in order of addition. */
export class AddressTable {
  readonly #byAddress = new Map<string, Backend[]>();
  #count = 0;

  /** A backend is new: it joins the others at its address. */
  join(backend: Backend): void {
    this.#count++;
    const others = this.#byAddress.get(backend.address.text);
    const first = others?.[0];
    if (others === undefined || first === undefined) {
      this.#byAddress.set(backend.address.text, [backend]);
      return;
    }
    backend.joinShare(first.share);
    others.push(backend);
  }

  /** A backend is removed: what it still has counts for itself alone. */
  leave(backend: Backend): void {
    const others = this.#byAddress.get(backend.address.text) ?? [];
    const at = others.indexOf(backend);
    if (at < 0) return;
    this.#count--;
    others.splice(at, 1);
    if (others.length === 0) this.#byAddress.delete(backend.address.text);
    backend.joinShare(new AddressShare());
    backend.share.candidateIndex = -1;
  }

  /** One backend of each address among `backends`: the heaviest, where the first of them stands. */
  onePerAddress(backends: readonly Backend[]): readonly Backend[] {
    if (this.#byAddress.size === this.#count) return backends.slice();
    return [...Map.groupBy(backends, ({ share }) => share).values()].map(heaviestOf);
  }
}

/** The first of the heaviest. */
export function heaviestOf(backends: readonly Backend[]): Backend {
  return backends.reduce((best, backend) => backend.weight > best.weight ? backend : best);
}
