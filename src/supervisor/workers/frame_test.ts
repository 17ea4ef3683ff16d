import assert from "node:assert/strict";
import { encode } from "../../../config/codec/protobuf.ts";
import { Request, WorkerRequest } from "../../../config/schema/messages.ts";
import { encodeFrame } from "../../protocol/control/frame.ts";
import { workerFrameLength, writeWorkerFrame } from "./frame.ts";

Deno.test("writeWorkerFrame() writes the frame of the whole message, at every length of its parts", () => {
  for (const idLength of [0, 1, 20, 127, 128, 300]) {
    for (const nameLength of [0, 1, 120, 126, 127, 128, 16_300, 16_400]) {
      const id = "Status-0-1-2".padEnd(idLength, "x").slice(0, idLength);
      const content: Request = {
        request_type: { kind: "remove_cluster", value: "y".repeat(nameLength) },
      };
      const encoded = encode(Request, content);
      const frame = new Uint8Array(workerFrameLength(id, encoded));
      writeWorkerFrame(frame, id, encoded);
      assert.deepEqual(
        frame,
        encodeFrame(encode(WorkerRequest, { id, content })),
        `${idLength} ${nameLength}`,
      );
    }
  }
});
