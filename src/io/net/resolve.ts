// Host names to IP addresses, as the system resolves them (/etc/hosts included).

import { lookup } from "node:dns/promises";

/** A resolver that never answers must not keep a start or a reload waiting for ever. */
const TIMEOUT_MS = 10_000;

/** Names that are resolved at the same time. */
const AT_ONCE = 16;

/** What a name resolved to: IP addresses as text, or why there is none. */
export type Resolved = readonly string[] | { readonly problem: string };

/** Resolves one name. Never rejects. */
export async function resolveHost(name: string): Promise<Resolved> {
  const late = Promise.withResolvers<Resolved>();
  const timer = setTimeout(
    () => late.resolve({ problem: `no answer within ${TIMEOUT_MS / 1000} s` }),
    TIMEOUT_MS,
  );
  try {
    const found = lookup(name, { all: true }).then((all) => all.map(({ address }) => address));
    return await Promise.race([found, late.promise]);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves each of the names with `resolve`. */
export async function resolveAll(
  names: Iterable<string>,
  resolve: (name: string) => Promise<Resolved> = resolveHost,
): Promise<Map<string, Resolved>> {
  const resolved = new Map<string, Resolved>();
  const left = [...names];
  const work = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      resolved.set(name, await resolve(name));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return resolved;
}
