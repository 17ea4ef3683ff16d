import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import { MessageType } from "../../../config/schema/message_type.ts";
import { RequestHttpFrontend, ResponseContent } from "../../../config/schema/messages.ts";
import { contentJson, problemJson } from "./json_output.ts";
import { enumOf } from "./json_spelling.ts";

Deno.test("contentJson knows the names of every enum that an answer may hold", () => {
  const seen = new Set<string>();
  const nameless: string[] = [];
  const walk = (type: MessageType<unknown>) => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    for (const field of type.fields) {
      if (field.type instanceof MessageType) walk(field.type);
      else if (field.type === "enum" && enumOf(type, field) === undefined) {
        nameless.push(`${type.name}.${field.name}`);
      }
    }
  };
  walk(ResponseContent);
  assert.ok(seen.has("Cluster"));
  assert.deepEqual(nameless, []);
});

Deno.test("contentJson spells enums by name and addresses as text", () => {
  const address = parseAddress("[2001:db8::1]:443");
  assert.ok(address !== null);
  const frontend = (position: number) => ({
    ...RequestHttpFrontend.empty(),
    address,
    position,
    redirect: 2,
  });
  const json = contentJson({
    content_type: {
      kind: "frontend_list",
      value: {
        http_frontends: [frontend(2), frontend(77)],
        https_frontends: [],
        tcp_frontends: [],
        udp_frontends: [],
      },
    },
  });
  const [first, second] = JSON.parse(json).FRONTEND_LIST.http_frontends;
  assert.deepEqual(
    [first.address, first.position, first.redirect, first.path.kind, first.redirect_scheme],
    ["[2001:db8::1]:443", "TREE", "UNAUTHORIZED", "PREFIX", null],
  );
  assert.equal(second.position, 77);
});

Deno.test("problemJson is one line that no terminal obeys", () => {
  const line = problemJson("refused", 'a "b"\n\x1b[2J\x9b');
  assert.doesNotMatch(line, /\p{Cc}/u);
  assert.deepEqual(JSON.parse(line), {
    ERROR: { kind: "refused", message: 'a "b"\n\x1b[2J\x9b' },
  });
});
