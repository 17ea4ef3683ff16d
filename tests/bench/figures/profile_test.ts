import assert from "node:assert/strict";
import { formatProfile, readProfile } from "./profile.ts";

const LOG = `v8-version,15,0,245
shared-library,/usr/bin/deno,0x1000,0x2000,0
code-creation,JS,10,5,0x5000,256,hot file:///a/b/c.ts:1:13,0x1,~
code-creation,Builtin,3,5,0x7000,16,Add
tick,0x5010,1,0,0x0,0
tick,0x1010,2,0,0x0,5,0x5020
tick,0x1010,3,0,0x0,1,+0x4010
tick,0x9999,4,0,0x0,5
code-move,0x5000,0x8000
tick,0x8001,5,0,0x0,0
`;

Deno.test("readProfile() finds code by address, also after it moved", () => {
  const { ticks, self } = readProfile(LOG);
  assert.equal(ticks, 5);
  assert.deepEqual(Object.fromEntries(self), {
    "hot c.ts:1:13": 2,
    "[deno]": 1,
    "(garbage collection)": 1,
    "(elsewhere)": 1,
  });
});

Deno.test("readProfile() charges native time to the calling function", () => {
  assert.deepEqual(Object.fromEntries(readProfile(LOG).nativeBy), {
    "hot c.ts:1:13": 2,
    "(event loop)": 1,
  });
});

Deno.test("formatProfile() shows shares, largest first", () => {
  const lines = formatProfile(readProfile(LOG)).split("\n");
  assert.equal(lines[0], "5 samples");
  assert.match(lines[3] as string, /^hot c\.ts:1:13 +40\.0 %$/);
});
