import { randomUUID } from 'node:crypto';
import { hash as bcrypt, compare } from 'bcryptjs';
import type { Registry } from '../../lambda/contract/registry.ts';
import { createDynamoDBHandshakeStore } from '../../lambda/functions/handshake/dynamodb-handshake-store.ts';
import { createHandshakeEndpoint } from '../../lambda/functions/handshake/endpoint.ts';
import { guardedPost } from '../../lambda/functions/handshake/guarded-post.ts';
import { createOwnCalls, type OwnCalls } from '../../lambda/functions/handshake/own-calls.ts';
import { createCallerVerifier, type VerifyCaller } from '../../lambda/functions/handshake/verify-caller.ts';
import { serve } from '../../lambda/shared/http/serve.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import { type DocumentServer, openDocumentServer } from './document-server.ts';
import type { TestStore } from './engine.ts';
import { NOW, ORIGIN } from './tokens.ts';

export interface HandshakeFixture {
  ask(event: EventOverrides): Promise<Delivered>;
  readonly verifyCaller: VerifyCaller;
  readonly ownCalls: OwnCalls;
  readonly lines: Record<string, unknown>[];
  originsOf(processor: string): readonly string[];
  /** Sets the clock, in seconds since 1970. */
  at(seconds: number): void;
}

/** The handshake's function as its handler composes it, on a real engine, calling this machine alone. */
export const aHandshakeFunction = (store: TestStore, registry: Registry): HandshakeFixture => {
  let now = NOW;
  const clock = () => now * 1000;
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', 'handshake', (line) => lines.push(JSON.parse(line)), clock);
  const records = createDynamoDBHandshakeStore(store.client, store.lookupsTable, clock);
  const ownCalls = createOwnCalls({ origin: ORIGIN, store: records, randomSecret: randomUUID, now: clock });
  const verifyCaller = createCallerVerifier({
    store: records,
    post: (url, body) => guardedPost(url, body, { egress: 'loopback' }),
  });
  const originsOf = (id: string) => {
    const proof = registry[id]?.proof;
    return proof?.kind === 'webhook' ? proof.origins : [];
  };
  const origins = Object.keys(registry).flatMap(originsOf);
  const handle = createHandshakeEndpoint({ origin: ORIGIN, ownCalls, verifyCaller, origins });
  const handler = serve({ owner: 'handshake', origin: ORIGIN, logger, handle });
  return {
    ask: async (event) => read(await handler(anAlbEvent(event), { awsRequestId: randomUUID() })),
    verifyCaller,
    ownCalls,
    lines,
    originsOf,
    at: (seconds) => {
      now = seconds;
    },
  };
};

/** A caller of the protocol with its own address, as in the reference code. */
export interface TestCaller {
  readonly origin: string;
  readonly confirmUrl: string;
  /** Requests that it got. */
  readonly server: DocumentServer;
  /** Makes a secret for a call to this URL. */
  hashFor(url: string, secret?: string, cost?: number): Promise<string>;
  close(): Promise<void>;
}

export const openCaller = async (): Promise<TestCaller> => {
  const calls = new Map<string, { readonly secret: string; readonly url: string }>();
  const server = await openDocumentServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { hash, url } = JSON.parse(text) as { hash: string; url: string };
      const call = calls.get(hash);
      calls.delete(hash);
      if (call?.url === url) response.writeHead(200, { 'content-type': 'text/html' }).end(call.secret);
      else response.writeHead(401, { 'content-type': 'application/json' }).end('{"allowed":false}');
    });
  });
  return {
    origin: server.url,
    confirmUrl: `${server.url}/webhook`,
    server,
    hashFor: async (url, secret = randomUUID(), cost = 4) => {
      const hash = await bcrypt(secret, cost);
      calls.set(hash, { secret, url });
      return hash;
    },
    close: server.close,
  };
};

/** True if a secret matches a hash. */
export const fits = (secret: string, hash: string): Promise<boolean> => compare(secret, hash);
