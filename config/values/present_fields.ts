// Optional fields of command messages and settings: a field that is not set is left out of the object,
// it is not set to undefined.

/** An object whose possibly undefined fields have become optional ones. */
export type PresentFields<T> =
  & { [K in keyof T as undefined extends T[K] ? never : K]: T[K] }
  & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Copies the fields that have a value. */
export function presentFields<T extends object>(fields: T): PresentFields<T> {
  const present: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) present[name] = value;
  }
  return present as PresentFields<T>;
}
