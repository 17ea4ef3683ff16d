// What the tests use of the package @grpc/grpc-js. Its own declarations bring those of Node.js, which would take the
// place of Deno's in every file that is checked together with this one.

import type { Buffer } from "node:buffer";

export type ChannelOptions = Readonly<Record<string, string | number>>;

export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Buffer) => Buffer;
  readonly requestDeserialize: (value: Buffer) => Buffer;
  readonly responseSerialize: (value: Buffer) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Buffer;
}

export type ServiceDefinition = Readonly<Record<string, MethodDefinition>>;

/** A call at the server: a unary one has its request, the others are streams. */
export interface ServerCall {
  readonly request: Buffer;
  write(message: Buffer): boolean;
  end(): void;
  on(event: "data", listener: (message: Buffer) => void): this;
  on(event: "end" | "cancelled", listener: () => void): this;
}

export type Reply = (
  error: { readonly code: number; readonly details: string } | null,
  message?: Buffer,
) => void;

export class Server {
  constructor(options: ChannelOptions);
  addService(
    service: ServiceDefinition,
    implementation: Readonly<Record<string, (call: ServerCall, reply: Reply) => void>>,
  ): void;
  bindAsync(
    address: string,
    credentials: ServerCredentials,
    done: (error: Error | null, port: number) => void,
  ): void;
  tryShutdown(done: () => void): void;
  forceShutdown(): void;
}

export class ServerCredentials {
  static createInsecure(): ServerCredentials;
}

export interface ChannelCredentials {
  readonly _isSecure: () => boolean;
}

export const credentials: {
  createInsecure(): ChannelCredentials;
  createSsl(roots: Buffer): ChannelCredentials;
};

export type Done = (error: { code: number; details: string } | null, message?: Buffer) => void;

/** A client: its methods besides `close` are those of the service. */
export interface ServiceClient {
  close(): void;
}

export function makeGenericClientConstructor(
  service: ServiceDefinition,
  name: string,
): new (
  address: string,
  credentials: ChannelCredentials,
  options: ChannelOptions,
) => ServiceClient;

export const status: {
  readonly OK: 0;
  readonly CANCELLED: 1;
  readonly DEADLINE_EXCEEDED: 4;
  readonly FAILED_PRECONDITION: 9;
  readonly INTERNAL: 13;
  readonly UNAVAILABLE: 14;
};
