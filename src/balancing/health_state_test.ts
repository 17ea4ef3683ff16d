import { equal } from "node:assert/strict";
import { HealthState } from "./health_state.ts";

const thresholds = { healthy: 3, unhealthy: 3 };

function recordAll(state: HealthState, results: string): string {
  return [...results].map((result) => {
    const transition = state.record(result === "+", thresholds);
    return transition === null ? "." : transition === "became_healthy" ? "H" : "U";
  }).join("");
}

Deno.test("HealthState changes after as many equal results as the thresholds say", () => {
  const state = new HealthState();
  equal(state.healthy, true);
  equal(recordAll(state, "---+++"), "..U..H");
  equal(state.healthy, true);
});

Deno.test("HealthState counts consecutive results only", () => {
  equal(recordAll(new HealthState(), "--+--+--+---"), "...........U");
  equal(recordAll(new HealthState(), "---++-++-+++"), "..U........H");
});

Deno.test("HealthState tells a transition once", () => {
  equal(recordAll(new HealthState(), "------++++++"), "..U.....H...");
});

Deno.test("HealthState.reset() makes it healthy and forgets what was counted", () => {
  const state = new HealthState();
  recordAll(state, "---");
  state.reset();
  equal(state.healthy, true);
  equal(recordAll(state, "--"), "..");
});
