import assert from "node:assert/strict";
import fc from "fast-check";
import { sequences, stateAfter } from "../../../tests/support/config/state.ts";
import { diff } from "../../../config/diff/diff.ts";
import { reloadTarget } from "./reload_target.ts";

Deno.test("reloadTarget() changes nothing when neither file nor state changed", () => {
  fc.assert(fc.property(sequences, (requests) => {
    const file = stateAfter(requests);
    const target = reloadTarget(file.clone(), file, file);
    assert.ok(target.equals(file));
    assert.deepEqual(diff(file, target), []);
  }));
});

Deno.test("reloadTarget() is the new file when nothing was configured beside the old one", () => {
  fc.assert(fc.property(sequences, sequences, (before, after) => {
    const [oldFile, newFile] = [stateAfter(before), stateAfter(after)];
    const target = reloadTarget(oldFile.clone(), oldFile, newFile);
    assert.ok(target.equals(newFile));
  }));
});

Deno.test("reloadTarget() keeps what was configured at run time when the file is empty", () => {
  fc.assert(fc.property(sequences, (requests) => {
    const empty = stateAfter([]);
    const current = stateAfter(requests);
    assert.ok(reloadTarget(current, empty, empty).equals(current));
  }));
});

Deno.test("reloadTarget() holds everything the new file says, whatever is configured", () => {
  fc.assert(fc.property(sequences, sequences, sequences, (before, after, runtime) => {
    const [oldFile, newFile] = [stateAfter(before), stateAfter(after)];
    const target = reloadTarget(stateAfter(runtime), oldFile, newFile);
    for (const request of newFile.dump()) {
      const again = target.clone();
      again.apply(request);
      // What the file says is there already: saying it again adds nothing new.
      assert.ok(again.equals(target), request.request_type?.kind);
    }
  }));
});
