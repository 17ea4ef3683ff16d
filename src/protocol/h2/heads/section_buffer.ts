// Where a field section is built: pseudo-fields in a scratch of our own, since the start line is written of all
// of them; fields behind that line in the buffer of the message; in a larger one when that is too small; and
// what comes once the section is lost in the scratch again.

import { copyBytes } from "../../../bytes/ascii.ts";
import { MessageHead } from "../../http/message_head.ts";
import { HEADER_TABLE_BYTES } from "../frames/settings.ts";
import { HeadProblem } from "./head_problem.ts";

/** Room behind everything that is written: two line ends and a little. */
const TAIL = 8;
/** Room that a field from a table may need at once. */
const TABLE_ROOM = HEADER_TABLE_BYTES + 64;
const SCRATCH_BYTES = 2 * TABLE_ROOM;
const NO_BYTES = new Uint8Array(0);

/** The bytes of the section at hand. */
export abstract class SectionBuffer {
  /** What is written into, where, and where writing must stop. */
  bytes: Uint8Array = NO_BYTES;
  position = 0;
  limit = 0;
  /** Why the section was refused. */
  problem: HeadProblem = HeadProblem.NONE;
  protected head: MessageHead = new MessageHead(NO_BYTES);
  /** Behind the last field that was taken, in {@link bytes}. */
  protected taken = 0;
  /** Holds the values of pseudo-fields, and all that comes once the section is lost. */
  protected scratch = new Uint8Array(SCRATCH_BYTES);
  /** No pseudo-field can come any more. */
  protected inFields = false;
  /** Nothing that comes is kept. */
  lost = false;
  /** The size of the list that is accepted. */
  protected maxSize = 0;
  /** Behind the pseudo-fields in {@link scratch}. */
  #kept = 0;
  /** Sections for which the buffer of the message is too small grow here. */
  #spill: Uint8Array = NO_BYTES;
  #target: Uint8Array = NO_BYTES;
  #start = 0;

  /** Starts a section that is to lie in `bytes` from `at`. */
  protected reset(head: MessageHead, bytes: Uint8Array, at: number, maxSize: number): void {
    head.reset(bytes, at);
    this.head = head;
    this.problem = HeadProblem.NONE;
    this.maxSize = maxSize;
    this.#target = bytes;
    this.#start = at;
    this.#kept = 0;
    this.inFields = this.lost = false;
    this.#use(this.scratch, 0);
  }

  /** Notes the first problem. */
  protected fail(problem: HeadProblem): void {
    if (this.problem === HeadProblem.NONE) this.problem = problem;
  }

  /** Appends bytes to the section, before its first field. */
  protected write(source: Uint8Array, start: number, end: number): void {
    this.taken = copyBytes(source, start, end, this.bytes, this.taken);
  }

  /** What follows goes to the buffer of the message, `needed` bytes at first. */
  protected enterTarget(needed: number): void {
    this.#kept = this.taken;
    this.inFields = true;
    this.#use(this.#target, this.#start);
    if (this.limit - this.#start < needed + TABLE_ROOM) this.grow();
  }

  /** The section is complete: it goes back to its buffer, or gets one of its own when it has outgrown that. */
  protected settle(): void {
    const { head } = this;
    if (this.bytes === this.#target) return;
    if (head.end > this.#target.length) {
      head.bytes = this.bytes.slice(0, head.end);
      return;
    }
    copyBytes(this.bytes, this.#start, head.end, this.#target, this.#start);
    head.bytes = this.#target;
  }

  /** More room where there can be some; false when the section is larger than it may be. */
  protected grow(): boolean {
    const wanted = this.#start + this.maxSize + SCRATCH_BYTES;
    if (!this.inFields) {
      if (this.scratch.length >= wanted) return false;
      this.#enlargeScratch(wanted);
      this.bytes = this.scratch;
      this.limit = this.scratch.length - TAIL;
      return true;
    }
    if (this.bytes !== this.#target) return false;
    if (this.#spill.length < wanted) this.#spill = new Uint8Array(wanted);
    this.#spill.set(this.bytes.subarray(0, this.taken));
    this.#use(this.#spill, this.taken);
    this.head.bytes = this.#spill;
    return true;
  }

  #enlargeScratch(size: number): void {
    const larger = new Uint8Array(size);
    larger.set(this.scratch);
    this.scratch = larger;
  }

  protected scratchFor(size: number): Uint8Array {
    if (this.scratch.length < size) this.#enlargeScratch(size);
    return this.scratch;
  }

  /** Nothing of the section counts any more; it is decoded behind the pseudo-fields that were taken. */
  protected lose(): void {
    this.fail(HeadProblem.HEADER_LIST_SIZE);
    if (!this.lost) {
      this.lost = true;
      if (!this.inFields) this.#kept = this.taken;
      if (this.scratch.length - this.#kept < TABLE_ROOM + TAIL) {
        this.#enlargeScratch(this.#kept + SCRATCH_BYTES);
      }
    }
    this.#use(this.scratch, this.#kept);
  }

  #use(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.limit = bytes.length - TAIL;
    this.position = this.taken = at;
  }
}
