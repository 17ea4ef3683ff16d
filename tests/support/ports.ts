// Free loopback ports for tests and benchmarks. The kernel chooses; nothing here keeps a port
// reserved, so bind it soon. Prefer port 0 wherever the server can report what it got.

/** `count` different loopback TCP ports that were free a moment ago. */
export function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen(LOOPBACK));
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** One loopback TCP port that was free a moment ago. */
export function freePort(): number {
  return freePorts(1)[0] as number;
}

/** Whether somebody accepts connections at a loopback port. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

const LOOPBACK = { hostname: "127.0.0.1", port: 0 } as const;
