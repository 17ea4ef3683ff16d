// What the templates of our own answers may say about a request, gathered only when one is rendered.

import type { AnswerVariables } from "../answers/variables.ts";
import { asciiText } from "../bytes/ascii.ts";
import { Problem } from "../protocol/h1/problem.ts";
import { ULID_LENGTH } from "../protocol/http/ulid.ts";
import type { Exchange } from "./exchange.ts";

/** Values for the answer to the request of `exchange`; what is unknown stays empty. */
export function answerVariables(exchange: Exchange): AnswerVariables {
  return {
    ROUTE: exchange.reader.problem === Problem.NONE ? route(exchange) : "",
    REQUEST_ID: asciiText(exchange.requestId, 0, ULID_LENGTH),
    CLUSTER_ID: exchange.cluster?.id ?? "",
    BACKEND_ID: exchange.upstream?.backend.id ?? "",
  };
}

/** `METHOD authority/path`. */
function route(exchange: Exchange): string {
  const head = exchange.reader.head;
  const { bytes } = head;
  return asciiText(bytes, head.methodStart, head.methodEnd) + " " +
    asciiText(bytes, head.authorityStart, head.authorityEnd) +
    asciiText(bytes, head.pathStart, head.pathEnd);
}
