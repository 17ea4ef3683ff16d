import assert from "node:assert/strict";
import { freePort } from "../../../tests/support/ports.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { SpanExporter } from "./span_exporter.ts";

function exporter(port: number) {
  const told = { sent: 0, dropped: 0, problems: [] as string[] };
  const spans = new SpanExporter(`http://127.0.0.1:${port}/`, (batch) => `[${batch.join(",")}]`, {
    sent: (count) => told.sent += count,
    dropped: (count) => told.dropped += count,
    failing: (problem) => void told.problems.push(problem),
  });
  return { spans, told };
}

Deno.test("SpanExporter bounds its queue while the collector takes nothing", async () => {
  const { spans, told } = exporter(freePort());
  for (let i = 0; i < 5_000; i++) spans.push(String(i));
  // Those of the request that is under way do not wait any more.
  assert.equal(told.dropped, 5_000 - 2_048 - 512);
  await waitFor("a report", () => told.problems.length === 1);
  assert.match(told.problems[0] ?? "", /Cannot reach http:\/\/127\.0\.0\.1:\d+\/v1\/traces/);
  spans.close();
  spans.push("late");
  await waitFor("the end of the request under way", () => told.dropped === 5_001);
  assert.equal(told.sent, 0);
});

Deno.test("SpanExporter sends every span once, so many in one request", async () => {
  const received: number[] = [];
  const sizes: number[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const batch = await request.json() as number[];
      sizes.push(batch.length);
      received.push(...batch);
      return new Response(null, { status: 200 });
    },
  );
  const { spans, told } = exporter(server.addr.port);
  for (let i = 0; i < 2_000; i++) spans.push(String(i));
  await spans.flushed();
  assert.deepEqual(received, Array.from({ length: 2_000 }, (_, i) => i));
  assert.deepEqual(sizes, [512, 512, 512, 464]);
  assert.deepEqual([told.sent, told.dropped], [2_000, 0]);
  await server.shutdown();
});
