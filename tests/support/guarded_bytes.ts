// Bytes that notice when somebody reads outside of the range that was handed out. A parser that looks
// one byte too far usually gets away with it, because buffers are larger than messages.

/** A view of `bytes` on which reading an index outside of `[start, end())` throws. */
export function guardedBytes(bytes: Uint8Array, start: number, end: () => number): Uint8Array {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === "string" && /^-?\d+$/.test(key)) {
        const index = Number(key);
        if (index < start || index >= end()) {
          throw new RangeError(`Read at ${index}, outside of ${start} to ${end()}`);
        }
        return target[index];
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
