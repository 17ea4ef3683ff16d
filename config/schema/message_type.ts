// Run-time descriptors of the messages in schema.proto: names, numbers, kinds and defaults of their
// fields. The codecs (protobuf, JSON) and the generic operations on messages are tables over these;
// nothing here reads or writes a format. A oneof is one property named after its group, holding `null`
// or `{kind, value}`.

/** Types of single values; `enum` is an open 32-bit integer. */
export type ScalarKind =
  | "bool"
  | "bytes"
  | "enum"
  | "fixed32"
  | "int32"
  | "int64"
  | "string"
  | "uint32"
  | "uint64";

/** A scalar as it is held in a message; 64-bit integers are bigint. */
export type Scalar = boolean | number | bigint | string | Uint8Array;

/** A message seen as a bag of properties, for the table-driven code. */
export type Properties = Record<string, unknown> & { [UNKNOWN_FIELDS]?: Uint8Array };

/**
 * Under this key a message has the fields, as they came, that this program does not know. Who reads a message, changes
 * it and sends it back does not lose what a later version has put there. Copying by spreading keeps it.
 */
export const UNKNOWN_FIELDS = Symbol("fields of a later version");

/** The value of a oneof group that is set. */
export interface OneofValue {
  readonly kind: string;
  readonly value: unknown;
}

export type FieldLabel = "required" | "optional" | "repeated" | "map" | "oneof";

/** One field, one map (string keys) or one member of a oneof. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: FieldLabel;
  /** Type of the value, of each element, or of each map value. */
  readonly type: ScalarKind | MessageType<unknown>;
  /** Declared default, else the zero of the kind; `null` where the type is a message. */
  readonly defaultValue: Scalar | null;
  /** Property of the message that holds the value: the name, or the group of a oneof. */
  readonly property: string;
  /** Name in upper case: the key of a oneof member in JSON. */
  readonly variant: string;
  /** Protobuf wire type of one value, whatever the label. */
  readonly wireType: number;
}

/** Fields with this number and above are unknown to sozu 2.1, which steps over them. */
export const OWN_FIELDS_FROM = 200;

/** Wire types of the protobuf encoding. */
export const WireType = { VARINT: 0, FIXED64: 1, LENGTH_DELIMITED: 2, FIXED32: 5 } as const;

/** The zero of a scalar kind; a fresh object for bytes. */
export function zeroOf(kind: ScalarKind): Scalar {
  switch (kind) {
    case "bool":
      return false;
    case "bytes":
      return new Uint8Array(0);
    case "string":
      return "";
    case "int64":
    case "uint64":
      return 0n;
    default:
      return 0;
  }
}

/** Describes messages of type `T`. */
export class MessageType<T> {
  readonly name: string;
  readonly #describe: () => readonly Field[];
  #fields: readonly Field[] | null = null;
  #byNumber: readonly (Field | undefined)[] | null = null;
  #inWireOrder: readonly Field[] | null = null;
  #started: readonly Field[] | null = null;
  #completed: readonly Field[] | null = null;

  /** `describe` is called once, on first use, so that types may refer to each other. */
  constructor(name: string, describe: () => readonly Field[]) {
    this.name = name;
    this.#describe = describe;
  }

  /** Every field in the order of the schema. */
  get fields(): readonly Field[] {
    return this.#fields ??= this.#describe();
  }

  /** Fields by number, with holes: the numbers of the schema are small. */
  get byNumber(): readonly (Field | undefined)[] {
    return this.#byNumber ??= Array.from(
      { length: Math.max(0, ...this.fields.map(({ number }) => number)) + 1 },
      (_, number) => this.fields.find((field) => field.number === number),
    );
  }

  /** Fields by rising number, the order in which they are written. */
  get inWireOrder(): readonly Field[] {
    return this.#inWireOrder ??= [...this.fields].sort((a, b) => a.number - b.number);
  }

  /** A message with every required field at its default and nothing else set. */
  empty(): T {
    const message: Properties = {};
    this.startMessage(message);
    this.completeMessage(message);
    return message as T;
  }

  /** Gives `message` its defaults, except that required messages stay unset for a reader to fill. */
  startMessage(message: Properties): void {
    this.#started ??= this.fields.filter(({ label }) => label !== "optional");
    for (const field of this.#started) message[field.property] = startOf(field);
  }

  /** Gives every required message that is still unset its empty value. */
  completeMessage(message: Properties): void {
    this.#completed ??= this.fields.filter(({ label, type }) =>
      label === "required" && typeof type !== "string"
    );
    for (const { property, type } of this.#completed) {
      message[property] ??= (type as MessageType<unknown>).empty();
    }
  }
}

function startOf({ label, type, defaultValue }: Field): unknown {
  if (label === "repeated") return [];
  if (label === "map") return new Map();
  if (label === "oneof") return null;
  if (typeof type !== "string") return undefined;
  return type === "bytes" ? new Uint8Array(0) : defaultValue;
}

function wireTypeOf(type: ScalarKind | MessageType<unknown>): number {
  if (typeof type !== "string" || type === "string" || type === "bytes") {
    return WireType.LENGTH_DELIMITED;
  }
  return type === "fixed32" ? WireType.FIXED32 : WireType.VARINT;
}

/** Describes a required field. */
export function required(
  name: string,
  number: number,
  type: ScalarKind | MessageType<unknown>,
  defaultValue?: Scalar,
): Field {
  return describe(name, number, "required", type, name, defaultValue);
}

/** Describes an optional field. */
export function optional(
  name: string,
  number: number,
  type: ScalarKind | MessageType<unknown>,
  defaultValue?: Scalar,
): Field {
  return describe(name, number, "optional", type, name, defaultValue);
}

/** Describes a repeated field. */
export function repeated(
  name: string,
  number: number,
  type: ScalarKind | MessageType<unknown>,
): Field {
  return describe(name, number, "repeated", type, name, undefined);
}

/** Describes a map from strings to `type`. */
export function mapOf(
  name: string,
  number: number,
  type: ScalarKind | MessageType<unknown>,
): Field {
  return describe(name, number, "map", type, name, undefined);
}

/** Describes a member of the oneof `group`. */
export function member(
  group: string,
  name: string,
  number: number,
  type: ScalarKind | MessageType<unknown>,
): Field {
  return describe(name, number, "oneof", type, group, undefined);
}

function describe(
  name: string,
  number: number,
  label: FieldLabel,
  type: ScalarKind | MessageType<unknown>,
  property: string,
  declaredDefault: Scalar | undefined,
): Field {
  const zero = typeof type === "string" ? zeroOf(type) : null;
  return {
    name,
    number,
    label,
    type,
    property,
    defaultValue: declaredDefault ?? zero,
    variant: name.toUpperCase(),
    wireType: wireTypeOf(type),
  };
}
