import assert from "node:assert/strict";
import protobuf from "protobufjs";
import { generateMessages } from "./generate.ts";
import { OWN_FIELDS_FROM } from "./message_type.ts";
import { parseSchema } from "./reflection.ts";

const here = (name: string) => Deno.readTextFile(new URL(name, import.meta.url));

/** One row for every message, enum, field, value and reserved number, in the order of the schema. */
function describeSchema(text: string): string[] {
  return parseSchema(text).flatMap((object) => {
    if (object instanceof protobuf.Enum) return describeEnum(object);
    const reserved = (object.reserved ?? []).flatMap((entry) =>
      describeReserved(object.name, entry)
    );
    const fields = object.fieldsArray.map((field) => describeField(object.name, field));
    return [row("message", object.name), ...reserved, ...fields];
  });
}

function row(kind: string, container: string, ...cells: (string | number)[]): string {
  return [kind, container, ...cells, ...Array<string>(6 - cells.length).fill("-")].join("\t");
}

function describeEnum(object: protobuf.Enum): string[] {
  const values = Object.entries(object.values);
  return [
    row("enum", object.name),
    ...values.map(([name, number]) => row("value", object.name, name, number)),
  ];
}

function describeReserved(container: string, entry: number[] | string): string[] {
  if (typeof entry === "string") return [row("reserved", container, entry)];
  const [first = 0, last = 0] = entry;
  const numbers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return numbers.map((number) => row("reserved", container, "-", number));
}

function describeField(container: string, field: protobuf.Field): string {
  const isMap = field instanceof protobuf.MapField;
  const type = isMap ? `map<${field.keyType},${field.type}>` : field.type;
  const plainLabel = field.repeated ? "repeated" : field.required ? "required" : "optional";
  const label = field.partOf !== null ? "-" : isMap ? "map" : plainLabel;
  const declared: unknown = field.options?.["default"];
  const text = declared === undefined
    ? "-"
    : field.type === "string"
    ? JSON.stringify(declared)
    : String(declared);
  return row(
    "field",
    container,
    field.name,
    field.id,
    type,
    label,
    text,
    field.partOf?.name ?? "-",
  );
}

Deno.test("schema.proto has every message, number, type, label and default that is pinned", async () => {
  const pinned = (await here("pin.tsv")).trimEnd().split("\n").slice(2);
  assert.deepEqual(describeSchema(await here("schema.proto")), pinned);
});

Deno.test("messages.ts is what schema.proto generates", async () => {
  assert.equal(await here("messages.ts"), generateMessages(await here("schema.proto")));
});

Deno.test("fields of our own are optional and far from the numbers of sozu 2.3.3", async () => {
  const types = parseSchema(await here("schema.proto"))
    .filter((object) => object instanceof protobuf.Type);
  const own = types.flatMap((type) => type.fieldsArray).filter(({ id }) => id >= OWN_FIELDS_FROM);
  assert.ok(own.length > 0 && own.every(({ required }) => !required));
  const others = types.flatMap((type) => type.fieldsArray).filter((field) => !own.includes(field));
  assert.ok(others.every(({ id }) => id < OWN_FIELDS_FROM / 2));
});
