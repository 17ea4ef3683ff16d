import assert from "node:assert/strict";
import { renderAnswer } from "./answer.ts";
import {
  type AnswerLayer,
  AnswerSet,
  type AnswerStatus,
  compileAnswers,
  type LegacyAnswers,
  mergeAnswers,
  NO_ANSWERS,
} from "./answer_set.ts";
import { TemplateError } from "./template.ts";

function layer(answers: Record<string, string>, legacy: LegacyAnswers = {}): AnswerLayer {
  const compiled = compileAnswers(new Map(Object.entries(answers)), legacy);
  assert.ok(!(compiled instanceof TemplateError));
  return compiled;
}

function page(status: number, body: string): string {
  return `HTTP/1.1 ${status} X\nConnection: close\n\n${body}`;
}

function body(set: AnswerSet, status: AnswerStatus, cluster: AnswerLayer | null): string {
  const { bytes } = renderAnswer(set.lookup(status, cluster), {}, { head: false });
  return new TextDecoder().decode(bytes).split("\r\n\r\n").slice(1).join("");
}

Deno.test("AnswerSet.lookup() prefers the cluster, then the listener, then the built-in", () => {
  const set = new AnswerSet(layer({ "503": page(503, "listener"), "404": page(404, "listener") }));
  const cluster = layer({ "503": page(503, "cluster") });
  assert.equal(body(set, 503, cluster), "cluster");
  assert.equal(body(set, 503, null), "listener");
  assert.equal(body(set, 404, cluster), "listener");
  assert.match(body(set, 504, cluster), /<h1>504 Gateway Timeout<\/h1>/);
});

Deno.test("compileAnswers() lets the map win over the legacy fields, which fill the rest", () => {
  const legacy = { answer_503: page(503, "legacy"), answer_404: page(404, "legacy") };
  const set = new AnswerSet(layer({ "503": page(503, "map") }, legacy));
  assert.equal(body(set, 503, null), "map");
  assert.equal(body(set, 404, null), "legacy");
});

Deno.test("compileAnswers() takes every legacy field", () => {
  const statuses = [301, 400, 401, 404, 408, 413, 421, 429, 502, 503, 504, 507] as const;
  const legacy: Record<string, string> = {};
  for (const status of statuses) legacy[`answer_${status}`] = page(status, `legacy ${status}`);
  const set = new AnswerSet(layer({}, legacy));
  for (const status of statuses) assert.equal(body(set, status, null), `legacy ${status}`);
});

Deno.test("compileAnswers() counts an empty text as absent", () => {
  const set = new AnswerSet(layer({ "503": "" }, { answer_503: page(503, "legacy") }));
  assert.equal(body(set, 503, null), "legacy");
  assert.equal(layer({ "404": "" }, { answer_503: "" }).size, 0);
});

Deno.test("compileAnswers() refuses the whole set when one template does not compile", () => {
  const answers = new Map([["503", page(503, "good")], ["404", page(503, "wrong status")]]);
  const error = compileAnswers(answers);
  assert.ok(error instanceof TemplateError);
  assert.equal(error.status, "404");
  assert.match(error.reason, /says "503", "404" is accepted/);
  assert.ok(compileAnswers(new Map(), { answer_503: "nonsense" }) instanceof TemplateError);
});

Deno.test("compileAnswers() does not compile a legacy text that the map replaces", () => {
  layer({ "503": page(503, "map") }, { answer_503: "nonsense" });
});

Deno.test("compileAnswers() refuses a key that is no status", () => {
  for (const code of ["", "abc", "50", "5030", "099", "600", "1e2", " 503"]) {
    const error = compileAnswers(new Map([[code, page(503, "x")]]));
    assert.ok(error instanceof TemplateError, code);
    assert.match(error.reason, /not a status, 200 to 599 is accepted/);
  }
});

Deno.test("mergeAnswers() replaces given entries and keeps the others of both layers", () => {
  const base = layer({ "503": page(503, "old"), "404": page(404, "old") });
  const merged = mergeAnswers(base, layer({ "503": page(503, "new"), "502": page(502, "new") }));
  const set = new AnswerSet(merged);
  assert.deepEqual([503, 404, 502].map((status) => body(set, status as AnswerStatus, null)), [
    "new",
    "old",
    "new",
  ]);
  assert.equal(body(new AnswerSet(base), 503, null), "old");
});

Deno.test("AnswerSet keeps answering with cluster overrides after the listener changed", () => {
  const cluster = layer({ "503": page(503, "cluster") });
  const before = layer({ "503": page(503, "before") });
  const after = new AnswerSet(mergeAnswers(before, layer({ "503": page(503, "after") })));
  assert.equal(body(after, 503, cluster), "cluster");
  assert.equal(body(after, 503, NO_ANSWERS), "after");
});
