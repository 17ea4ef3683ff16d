// The table of rules against the schema: every field a request can carry has a row that fits its type,
// and no row is about a field that is not there.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import protobuf from "protobufjs";
import { MEMBER_RULES, MESSAGE_RULES } from "./message_rules.ts";
import { arbitraryMessage } from "../../tests/support/config/arbitrary_messages.ts";
import type { Field, MessageType } from "../schema/message_type.ts";
import { Request } from "../schema/messages.ts";
import type { Rule } from "./rule.ts";
import { parseSchema } from "../schema/reflection.ts";
import { ruleOf as ruleOfField } from "./validate.ts";
import { rowOf, type VerbKind } from "../state/verbs.ts";
import { validateVerb } from "./validate_verb.ts";

/** Every message that a request can hold, itself included. */
function reachable(from: MessageType<unknown>, found = new Set<MessageType<unknown>>()) {
  if (found.has(from)) return found;
  found.add(from);
  for (const { type } of from.fields) if (typeof type !== "string") reachable(type, found);
  return found;
}

/** Verbs have their rules in their rows. */
function ruleOf(type: MessageType<unknown>, field: Field): Rule | undefined {
  return type === Request ? rowOf(field.name as VerbKind).rule : ruleOfField(type, field);
}

const TYPES = [...reachable(Request as MessageType<unknown>)];
const TABLE = MESSAGE_RULES as Readonly<Record<string, Readonly<Record<string, Rule>>>>;

Deno.test("every field of every request has a rule; those that are true or false need none", () => {
  const missing = TYPES.flatMap((type) =>
    type.fields
      .filter((field) => typeof field.type === "string" && field.type !== "bool")
      .filter((field) => ruleOf(type, field) === undefined)
      .map(({ name }) => `${type.name}.${name}`)
  );
  assert.deepEqual(missing, []);
  assert.ok(TYPES.length > 40);
});

Deno.test("every rule is about a field of the schema", () => {
  const known = new Map(TYPES.map((type) => [type.name, type.fields.map(({ name }) => name)]));
  const strangers = Object.entries(TABLE).flatMap(([name, rows]) =>
    Object.keys(rows).filter((field) => !known.get(name)?.includes(field))
      .map((field) => `${name}.${field}`)
  );
  assert.deepEqual(strangers, []);
  const members = TYPES.flatMap(({ fields }) => fields).filter(({ label }) => label === "oneof");
  const names = members.map(({ name }) => name);
  assert.deepEqual(Object.keys(MEMBER_RULES).filter((name) => !names.includes(name)), []);
});

Deno.test("every rule fits the type of its field, and knows the names of its enum", async () => {
  const text = await Deno.readTextFile(new URL("../schema/schema.proto", import.meta.url));
  const schema = new Map(parseSchema(text).map((object) => [object.name, object]));
  for (const type of TYPES) {
    const described = schema.get(type.name);
    assert.ok(described instanceof protobuf.Type, type.name);
    for (const field of type.fields) {
      const rule = ruleOf(type, field);
      if (rule === undefined) continue;
      const place = `${type.name}.${field.name}`;
      assert.equal(rule.kind, expectedKind(field.label, field.type), place);
      if (field.type !== "enum") continue;
      const declared: protobuf.ReflectionObject | null | undefined = described.fields[field.name]
        ?.resolvedType;
      assert.ok(declared instanceof protobuf.Enum, place);
      const numbers: number[] = Object.values(declared.values);
      assert.deepEqual([...rule.numbers ?? []].sort(), numbers.sort(), place);
    }
  }
});

function expectedKind(label: string, type: unknown): Rule["kind"] {
  if (label === "map") return "map";
  if (type === "enum") return "enum";
  if (type === "string") return "text";
  if (type === "bytes") return "bytes";
  return typeof type === "string" ? "number" : "message";
}

Deno.test("validateVerb() has an answer for every request that can be read", () => {
  const requests = arbitraryMessage(Request, 5);
  fc.assert(fc.property(requests, ({ request_type }) => {
    if (request_type === null) return;
    const problem = validateVerb(request_type);
    assert.ok(problem === null || problem.message.length < 1000, problem?.message);
  }));
});
