// The client library for the command socket of a main process.
//
//   using client = await connect("/run/sozu/sozu.sock");
//   const answer = await client.send({ request_type: { kind: "status", value: {} } });
//   for await (const { source, event } of client.subscribe()) console.log(source, event.kind);
//
// Requests and answers are the messages of config/schema/messages.ts.

export { type BackoffPolicy, DEFAULT_BACKOFF } from "./backoff.ts";
export {
  CommandClient,
  connect,
  type ConnectOptions,
  type EventNotice,
  type SendOptions,
  type SubscribeOptions,
} from "./command_client.ts";
export { ClientError, type ClientErrorKind } from "./error.ts";
export type { Dial, Transport } from "./transport.ts";
