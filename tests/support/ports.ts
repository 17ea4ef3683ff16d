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

const LOOPBACK = { hostname: "127.0.0.1", port: 0 } as const;
