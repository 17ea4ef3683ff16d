// The subscribers of events, and the delivery to them. The session of a client that does not keep up ends, and its
// subscription with it.

import { type Event, EventKind } from "../../../config/schema/messages.ts";
import { processing } from "./responses.ts";
import type { Response } from "../../../config/schema/messages.ts";

/** Takes an event; `false` once the subscription has ended. */
export type Subscriber = (event: Response) => boolean;

/** All subscriptions. */
export class EventHub {
  readonly #subscribers = new Set<Subscriber>();
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Adds a subscriber; its first event confirms the subscription. */
  subscribe(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    this.emit("main", { kind: EventKind.EVENTS_SUBSCRIBED });
  }

  /** Delivers an event with the current time; `source` is the id of a worker or `main`. */
  emit(source: string, event: Event): void {
    if (this.#subscribers.size === 0) return;
    const value = { ...event, unix_ms: BigInt(Math.floor(this.#now())) };
    const response = processing(source, { kind: "event", value });
    for (const subscriber of this.#subscribers) {
      if (!subscriber(response)) this.#subscribers.delete(subscriber);
    }
  }
}
