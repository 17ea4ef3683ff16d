import assert from "node:assert/strict";
import fc from "fast-check";
import {
  address,
  certificate,
  httpsListener,
  sequences,
  stateAfter,
  stateWith,
} from "../../../tests/support/config/state.ts";
import {
  COMMON_NAME_ONLY,
  TWO_ALTERNATIVE_NAMES,
} from "../../../tests/support/config/certificates.ts";
import type { ConfigState } from "../../../config/state/state.ts";
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

Deno.test("reloadTarget() takes another chain, key or end of a certificate that is there already", () => {
  const at = address("127.0.0.1:443");
  const files = [[], [COMMON_NAME_ONLY.pem]].map((certificate_chain) =>
    stateWith(
      { kind: "add_https_listener", value: httpsListener({ address: at }) },
      {
        kind: "add_certificate",
        value: {
          address: at,
          certificate: { ...certificate(TWO_ALTERNATIVE_NAMES.pem), certificate_chain },
        },
      },
    )
  ) as [ConfigState, ConfigState];
  const target = reloadTarget(files[0].clone(), files[0], files[1]);
  assert.deepEqual(
    diff(files[0], target).map(({ request_type }) => request_type?.kind),
    ["replace_certificate"],
  );
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
