// What a worker tells its main process without being asked: which program it runs, before anything
// else, that it is alive, for as long as it is, which listeners it could not open, and what it has measured,
// when it leaves. All are ordinary answers under ids of their own.

/** Id of the first message of a worker; its text is the build it runs. */
export const HELLO_ID = "HELLO";

/** Id of the messages that only say that the worker's event loop turns. */
export const ALIVE_ID = "ALIVE";

/** Id of the last message of a worker: everything it has measured. */
export const LAST_MEASUREMENTS_ID = "LAST-MEASUREMENTS";

/** Id of the messages that tell for which active listeners a worker has no socket, all of them. */
export const UNOPENED_ID = "UNOPENED-LISTENERS";

/**
 * Longest answer of a worker, frame and all, in bytes. Far more than a client is told at once: main adds up
 * what all workers have measured of tens of thousands of clusters, whoever asks for it.
 */
export const MAX_ANSWER_BYTES = 48 * 1024 * 1024;

/** Between two signs of life, in milliseconds. */
export const BEAT_MS = 500;
