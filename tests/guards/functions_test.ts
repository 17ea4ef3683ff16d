import assert from "node:assert/strict";
import { findFunctions } from "./functions.ts";

/** Functions as `name@line+lines`. */
function shapes(source: string): string[] {
  return findFunctions(source).map(({ name, line, lines }) => `${name}@${line}+${lines}`);
}

Deno.test("findFunctions() finds declarations, methods, accessors and arrows", () => {
  const source = `export async function first(a: number): Promise<void> {
  if (a) {
    for (const x of []) { x; }
  }
}
class C {
  constructor(readonly x: number) {
    this.y = x;
  }
  get #y() { return 1; }
  static async *all<T>(of: T[]): AsyncGenerator<T> {
  }
}
const arrow = (a: number): string => {
  return "{";
};`;
  assert.deepEqual(shapes(source), [
    "first@1+5",
    "constructor@7+3",
    "#y@10+1",
    ">@11+2",
    "=>@14+3",
  ]);
});

Deno.test("findFunctions() sees through return types with braces", () => {
  const types = [
    "{ ok: true } | { ok: false; why: string }",
    "Promise<{ a: number }>",
    "Map<string, () => void>",
    "value is { kind: 'x' }",
    "readonly (string | null)[]",
    "asserts x is Y",
    "'a' | 'b'",
    "() => number",
  ];
  for (const type of types) {
    assert.deepEqual(shapes(`function f(a = { b: 1 }): ${type} {\n  x();\n}`), ["f@1+3"], type);
  }
});

Deno.test("findFunctions() takes nothing else for a function", () => {
  const source = `interface I { method(a: number): { b: string }; other(): void }
const x = a ? f(b) : { c: 1 };
switch (f(x)) { case g(x): { break; } }
while (f()) { g(); }
for await (const y of z()) { }
try { } catch (error) { }
abstract class A { abstract m(): string; field = call(); }
const text = \`function no() { \${ f() } \`;
f({ a: 1 });
`;
  assert.deepEqual(shapes(source), []);
});

Deno.test("findFunctions() counts the lines of a function within a function for both", () => {
  assert.deepEqual(shapes("function f() {\n  g(() => {\n    x;\n  });\n}"), ["f@1+5", "=>@2+3"]);
});
