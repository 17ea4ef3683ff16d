// A gRPC service and its client, by the library that people use: messages are bytes, and the service echoes them in
// each of the four shapes a call may have.

// @ts-types="./grpc_js.d.ts"
import {
  type ChannelOptions,
  credentials,
  type Done,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceClient,
  status,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";

export { status };

const asIs = (bytes: Buffer) => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

const SERVICE = {
  unary: method("Unary", false, false),
  collect: method("Collect", true, false),
  repeat: method("Repeat", false, true),
  chat: method("Chat", true, true),
  fail: method("Fail", false, false),
  sleep: method("Sleep", false, false),
};

/** Messages of any size pass. */
const UNLIMITED: ChannelOptions = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

/** How often each message of a request comes back from `repeat`. */
export const REPEATS = 20;

/** A running service. */
export interface EchoServer {
  readonly port: number;
  /** Calls of `sleep` that were cancelled. */
  readonly cancelled: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the service, in clear. */
export async function startEcho(): Promise<EchoServer> {
  let cancelled = 0;
  const server = new Server(UNLIMITED);
  server.addService(SERVICE, {
    unary: (call, reply) => reply(null, call.request),
    collect(call, reply) {
      const parts: Buffer[] = [];
      call.on("data", (part) => parts.push(part));
      call.on("end", () => reply(null, Buffer.concat(parts)));
    },
    repeat(call) {
      for (let i = 0; i < REPEATS; i++) call.write(call.request);
      call.end();
    },
    chat(call) {
      call.on("data", (message) => call.write(message));
      call.on("end", () => call.end());
    },
    fail: (_, reply) => reply({ code: status.FAILED_PRECONDITION, details: "as told: ü" }),
    sleep(call) {
      call.on("cancelled", () => cancelled++);
    },
  });
  const bound = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) bound.resolve(port);
    else bound.reject(error);
  });
  return {
    port: await bound.promise,
    get cancelled() {
      return cancelled;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.forceShutdown();
        server.tryShutdown(() => resolve());
      }),
  };
}

/** What a call ended with: a message, or the status that is not OK. */
export type Outcome = { readonly message: Uint8Array } | {
  readonly code: number;
  readonly details: string;
};

/** Where a client connects to. */
export interface EchoPlace {
  readonly port: number;
  /** PEM of the certificate to trust; in clear without. */
  readonly ca?: string;
  /** The name the service is asked by. */
  readonly host: string;
}

interface Writing {
  write(message: Buffer): boolean;
  end(): void;
}
interface Reading extends AsyncIterable<Buffer> {
  cancel(): void;
}
type Options = { deadline?: number };

/** The methods that the library makes of the service. */
interface EchoMethods {
  unary(message: Buffer, options: Options, done: Done): { cancel(): void };
  fail(message: Buffer, options: Options, done: Done): { cancel(): void };
  sleep(message: Buffer, options: Options, done: Done): { cancel(): void };
  collect(done: Done): Writing;
  repeat(message: Buffer): Reading;
  chat(): Writing & Reading;
}

/** A client of the service. */
export class EchoClient {
  readonly #client: ServiceClient & EchoMethods;

  constructor({ port, ca, host }: EchoPlace) {
    const Constructor = makeGenericClientConstructor(SERVICE, "Echo");
    const secured = ca === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(Buffer.from(ca));
    const options = {
      ...UNLIMITED,
      "grpc.default_authority": host,
      ...(ca === undefined ? {} : { "grpc.ssl_target_name_override": host }),
      "grpc.use_local_subchannel_pool": 1,
    };
    this.#client = new Constructor(`127.0.0.1:${port}`, secured, options) as unknown as
      & ServiceClient
      & EchoMethods;
  }

  /** One message each way. `deadlineMs` from now; `cancel` is called back with what cancels the call. */
  call(
    name: "unary" | "fail" | "sleep",
    message: Uint8Array,
    deadlineMs?: number,
    cancel: (now: () => void) => void = () => {},
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      const call = this.#client[name](Buffer.from(message), options, outcome(resolve));
      cancel(() => call.cancel());
    });
  }

  /** Many messages there, one back. */
  collect(messages: readonly Uint8Array[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const call = this.#client.collect(outcome(resolve));
      for (const message of messages) call.write(Buffer.from(message));
      call.end();
    });
  }

  /** One message there, many back. */
  async repeat(message: Uint8Array): Promise<Uint8Array[]> {
    const messages: Uint8Array[] = [];
    for await (const each of this.#client.repeat(Buffer.from(message))) messages.push(each);
    return messages;
  }

  /** Each message is sent when the one before has come back, at the pace of `next`. */
  async chat(messages: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
    const call = this.#client.chat();
    const replies = call[Symbol.asyncIterator]();
    const received: Uint8Array[] = [];
    for await (const message of messages) {
      call.write(Buffer.from(message));
      const { value, done } = await replies.next();
      if (done === true) throw new Error("the call has ended early");
      received.push(value);
    }
    call.end();
    const last = await replies.next();
    if (last.done !== true) throw new Error("a message too many");
    return received;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function outcome(resolve: (outcome: Outcome) => void): Done {
  return (error, message) =>
    resolve(
      error === null
        ? { message: message ?? new Uint8Array(0) }
        : { code: error.code, details: error.details },
    );
}
