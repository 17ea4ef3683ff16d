// Development-time generator: reads schema.proto with protobufjs's parser and prints messages.ts
// (interfaces, open enums, run-time descriptors). `deno task schema` runs it; a test compares its
// output with the committed file. Not part of the running proxy.

import protobuf from "protobufjs";
import { parseSchema } from "./reflection.ts";

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  bool: "boolean",
  bytes: "Uint8Array",
  fixed32: "number",
  int32: "number",
  int64: "bigint",
  string: "string",
  uint32: "number",
  uint64: "bigint",
};

/** Line width that `deno.json` sets for the formatter. */
const LINE_WIDTH = 100;

const HEADER = `// GENERATED from config/schema/schema.proto by \`deno task schema\`. Do not edit.
//
// One interface and one run-time descriptor for every message, one constant for every enum. Enums
// are open: a number that the constant does not list is kept. An absent optional field is a missing
// key, a oneof is one property holding \`null\` or \`{kind, value}\`, 64-bit integers are bigint.

import { mapOf, member, MessageType, optional, repeated, required } from "./message_type.ts";
`;

/** Returns the text of messages.ts for the text of schema.proto, laid out as `deno fmt` wants it. */
export function generateMessages(schema: string): string {
  const parts = [HEADER];
  for (const object of parseSchema(schema)) {
    if (object instanceof protobuf.Enum) parts.push(printEnum(object));
    else parts.push(printInterface(object), printDescriptor(object));
  }
  return parts.join("\n");
}

function docOf(object: { comment: string | null }): string {
  return object.comment === null ? "" : `/** ${object.comment} */\n`;
}

function printEnum(object: protobuf.Enum): string {
  const values = Object.entries(object.values).map(([name, number]) => `  ${name}: ${number},\n`);
  return `${docOf(object)}export const ${object.name} = {\n${values.join("")}} as const;\n` +
    `export type ${object.name} = number;\n`;
}

function printInterface(type: protobuf.Type): string {
  const lines: string[] = [];
  const groups = new Set<protobuf.OneOf>();
  for (const field of type.fieldsArray) {
    const group = field.partOf;
    if (group === null) lines.push(printProperty(field));
    else if (!groups.has(group)) {
      groups.add(group);
      const members = group.fieldsArray.map((each) =>
        `\n    | { kind: "${each.name}"; value: ${valueType(each)} }`
      );
      lines.push(`  ${group.name}:\n    | null${members.join("")};\n`);
    }
  }
  if (lines.length === 0) {
    return `${docOf(type)}export type ${type.name} = Record<string, never>;\n`;
  }
  return `${docOf(type)}export interface ${type.name} {\n${lines.join("")}}\n`;
}

function printProperty(field: protobuf.Field): string {
  const type = valueType(field);
  if (field instanceof protobuf.MapField) return `  ${field.name}: Map<string, ${type}>;\n`;
  if (field.repeated) return `  ${field.name}: ${type}[];\n`;
  return `  ${field.name}${field.required ? "" : "?"}: ${type};\n`;
}

function valueType(field: protobuf.Field): string {
  return SCALAR_TYPES[field.type] ?? field.type;
}

function printDescriptor(type: protobuf.Type): string {
  const fields = type.fieldsArray.map((field) => `    ${printField(field)},\n`);
  const list = fields.length === 0 ? "[]" : `[\n${fields.join("")}  ]`;
  const left = `export const ${type.name}: MessageType<${type.name}> =`;
  const right = `new MessageType(\n  "${type.name}",\n  () => ${list},\n);\n`;
  if (`${left} new MessageType(`.length <= LINE_WIDTH) return `${left} ${right}`;
  return `${left}\n  ${right.trimEnd().replaceAll("\n", "\n  ")}\n`;
}

function printField(field: protobuf.Field): string {
  const resolved = field.resolvedType;
  const type = resolved instanceof protobuf.Enum
    ? `"enum"`
    : resolved !== null
    ? resolved.name
    : `"${field.type}"`;
  const head = `"${field.name}", ${field.id}, ${type}`;
  if (field.partOf !== null) return printMember(`"${field.partOf.name}", ${head}`);
  if (field instanceof protobuf.MapField) return `mapOf(${head})`;
  if (field.repeated) return `repeated(${head})`;
  const declared = printDefault(field);
  return `${field.required ? "required" : "optional"}(${head}${declared})`;
}

/** On a line of its own each, where one line would be too long. */
function printMember(parameters: string): string {
  const line = `member(${parameters})`;
  if (line.length + "    ,".length <= LINE_WIDTH) return line;
  const lines = parameters.split(", ").map((each) => `      ${each},\n`);
  return `member(\n${lines.join("")}    )`;
}

function printDefault(field: protobuf.Field): string {
  const declared: unknown = field.options?.["default"];
  if (declared === undefined) return "";
  if (field.resolvedType instanceof protobuf.Enum) {
    return `, ${field.resolvedType.values[String(declared)]}`;
  }
  if (typeof declared === "string") return `, ${JSON.stringify(declared)}`;
  return SCALAR_TYPES[field.type] === "bigint" ? `, ${declared}n` : `, ${declared}`;
}

if (import.meta.main) {
  const schema = await Deno.readTextFile(new URL("schema.proto", import.meta.url));
  await Deno.writeTextFile(new URL("messages.ts", import.meta.url), generateMessages(schema));
}
