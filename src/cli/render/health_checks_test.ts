import assert from "node:assert/strict";
import { HealthCheckMode, type ResponseContent } from "../../../config/schema/messages.ts";
import { asAscii } from "../../../tests/support/cli/ascii_table.ts";
import { renderContent } from "./answer.ts";

type Part = NonNullable<ResponseContent["content_type"]>;

Deno.test("renderHealthChecks() has the settings of each mode, and no value of a header", () => {
  const check = {
    uri: "/h",
    interval: 10,
    timeout: 5,
    healthy_threshold: 3,
    unhealthy_threshold: 2,
    expected_status: 0,
    mode: 0,
    accepted_statuses: [],
    headers: [],
  };
  const other = {
    ...check,
    mode: HealthCheckMode.HEALTH_CHECK_MODE_TCP,
    port: 81,
    expected_status: 0,
  };
  const listed = {
    ...check,
    accepted_statuses: [{ start: 200, end: 299 }, { start: 301, end: 302 }, {
      start: 404,
      end: 404,
    }],
    headers: [{ name: "X-Key", fingerprint: "" }, { name: "X-Two", fingerprint: "f" }],
  };
  const unknown = { ...check, mode: 7 as HealthCheckMode, expected_status: 204 };
  const map = new Map([["web", check], ["db", other], ["api", listed], ["odd", unknown]]);
  const part: Part = { kind: "health_checks_list", value: { map } };
  const list = asAscii(renderContent({ content_type: part }, { columns: null, verbose: false }));
  assert.deepEqual(
    list.split("\n").filter((line) => line.startsWith("|")).map((line) =>
      line.slice(1, -1).split("|").map((cell) => cell.trim())
    ),
    [
      [
        ...["cluster", "mode", "port", "uri", "interval", "timeout", "healthy threshold"],
        ...["unhealthy threshold", "accepted statuses", "headers"],
      ],
      ["api", "http", "data", "/h", "10s", "5s", "3", "2", "2xx,301-302,404", "X-Key:"],
      ["", "", "", "", "", "", "", "", "", "X-Two: f"],
      ["db", "tcp", "81", "-", "10s", "5s", "3", "2", "-", "-"],
      ["odd", "unknown", "data", "/h", "10s", "5s", "3", "2", "204", "-"],
      ["web", "http", "data", "/h", "10s", "5s", "3", "2", "2xx", "-"],
    ],
  );
  const none: Part = { kind: "health_checks_list", value: { map: new Map() } };
  const view = { columns: null, verbose: false };
  assert.match(renderContent({ content_type: none }, view), /^No health check/);
});
