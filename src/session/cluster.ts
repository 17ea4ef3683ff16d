// A cluster as the data plane sees it: an id, backends to choose from, and the answers of its own.
// Created when the first request or backend names it, so that the order of commands does not matter.

import { type AnswerLayer, NO_ANSWERS } from "../answers/answer_set.ts";
import type { BackendSet } from "../balancing/backend_set.ts";

/** One cluster of a worker. */
export class Cluster {
  readonly id: string;
  readonly backends: BackendSet;
  /** Templates that win over those of the listener. */
  answers: AnswerLayer = NO_ANSWERS;

  constructor(id: string, backends: BackendSet) {
    this.id = id;
    this.backends = backends;
  }
}
