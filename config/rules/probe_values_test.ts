import assert from "node:assert/strict";
import { HealthCheckConfig } from "../schema/messages.ts";
import {
  MAX_PROBE_BLOCK_BYTES,
  MAX_PROBE_HEADER_BYTES,
  probeValuesProblem,
} from "./probe_values.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The field and the refusal of values of headers; `null` when there is none. */
function problem(values: [name: string, value: Uint8Array][], names?: string[], uri = "/") {
  const headers = (names ?? values.map(([name]) => name)).map((name) => ({
    name,
    fingerprint: "",
  }));
  return probeValuesProblem({
    config: { ...HealthCheckConfig.empty(), uri, headers },
    values: values.map(([name, value]) => ({ name, value })),
  });
}

Deno.test("probeValuesProblem() takes one value for each header, in their order", () => {
  assert.equal(problem([]), null);
  assert.equal(
    problem([["a", bytes("1")], ["b", bytes("Bearer \u00e9\tx")], ["c", bytes("")]]),
    null,
  );
  assert.equal(problem([["a", bytes("1")]], [])?.field, "values");
  assert.equal(problem([], ["a"])?.field, "values");
  const swapped = problem([["b", bytes("1")], ["a", bytes("2")]], ["a", "b"]);
  assert.equal(swapped?.field, "values[0].name");
  assert.equal(problem([["A", bytes("1")]], ["a"])?.field, "values[0].name");
});

Deno.test("probeValuesProblem() refuses what could end a line, and tells no value", () => {
  const texts = [
    "s3cret\r",
    "s3\ncret",
    "s3cret\0",
    "s3\x7fcret",
    " s3cret",
    "s3cret ",
    "\ts3cret",
  ];
  const values = [...texts.map(bytes), Uint8Array.of(0x73, 0xff), Uint8Array.of(0x73, 0xc3)];
  for (const value of values) {
    const { field, message = "" } = problem([["a", value]]) ?? {};
    assert.equal(field, "values[0].value");
    assert.ok(!message.includes("cret") && !message.includes("115"), message);
  }
});

Deno.test("probeValuesProblem() bounds what all headers take, in lines and in one frame", () => {
  const most = MAX_PROBE_HEADER_BYTES - 5;
  const half = new Uint8Array(most).fill(0x61);
  assert.equal(problem([["a", half]]), null);
  assert.equal(problem([["a", new Uint8Array(most + 1).fill(0x61)]])?.field, "values");
  assert.match(
    problem([["a", half]], undefined, `/${"u".repeat(MAX_PROBE_BLOCK_BYTES)}`)?.message ?? "",
    /frame/,
  );
  assert.equal(problem([], [], `/${"u".repeat(MAX_PROBE_BLOCK_BYTES)}`), null);
});
