import { readFileSync } from 'node:fs';
import type { Capability } from '../../lambda/contract/capabilities.ts';
import type { Gateway } from '../gateway.ts';
import { requestAccessToken } from '../identity-provider/access-token.ts';
import { eventually, expectThat, type Teller } from '../story-teller.ts';

/** What the sender asks for when it opens a task. */
export interface Opening {
  readonly processor: string;
  readonly resource: string;
  readonly callbacks?: readonly Capability[];
  readonly heartbeat?: number;
}

export interface OpenedTask {
  readonly taskId: string;
  readonly status: string;
  /** The URL of a callback that was asked for. @throws {StoryError} if there is none */
  url(capability: Capability): string;
}

/** What a callback was answered with. */
export interface Answered {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string; readonly status?: string };
}

type Line = Readonly<Record<string, unknown>>;

/** Everybody in the story, from outside: the sender with its access token, the processor with its URLs, an onlooker. */
export interface World {
  readonly gateway: Gateway;
  readonly tell: Teller;
  readonly accessToken: string;
  /** A request of the sender. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Opens a task for an hour. @throws {StoryError} unless it is opened */
  open(opening: Opening): Promise<OpenedTask>;
  /** A request of a processor, which has nothing but the URL. */
  deliver(url: string, payload: string | Uint8Array, contentType?: string): Promise<Answered>;
  /** Waits for an event on the environment's bus, and gives its detail. */
  published(detailType: string, taskId: string): Promise<Line>;
  /** Waits until a metric has been counted in this story. */
  counted(metric: string): Promise<void>;
}

/** @throws {Error} if the provider gives the sender no access token */
export const createWorld = async (gateway: Gateway, tell: Teller): Promise<World> => {
  const { ready } = gateway;
  const since = { events: linesOf(ready.events.file).length, metrics: linesOf(ready.metrics.file).length };
  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${ready.gateway}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    });
  return {
    gateway,
    tell,
    accessToken,
    ask,
    open: async (opening) => {
      const response = await ask('/v1/tasks', {
        method: 'POST',
        body: JSON.stringify({ expiresIn: 3600, ...opening }),
      });
      const body = parse(await response.text());
      expectThat(response.status === 201, 'the task to be opened with 201', [response.status, body.code]);
      const callbacks = body.callbacks as Readonly<Record<string, { readonly url: string } | undefined>>;
      return {
        taskId: String(body.taskId),
        status: String(body.status),
        url: (capability) => {
          const url = callbacks[capability]?.url;
          expectThat(url !== undefined, `a callback URL for "${capability}"`, Object.keys(callbacks));
          return url;
        },
      };
    },
    deliver: async (url, payload, contentType = 'application/json') => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: typeof payload === 'string' ? payload : Buffer.from(payload),
      });
      return {
        status: response.status,
        replayed: response.headers.get('idempotency-replayed') === 'true',
        body: parse(await response.text()),
      };
    },
    published: (detailType, taskId) =>
      eventually(`the event "${detailType}"`, () =>
        linesOf(ready.events.file)
          .slice(since.events)
          .filter((event) => event['detail-type'] === detailType)
          .map(({ detail }) => detail as Line)
          .find((detail) => detail.taskId === taskId),
      ),
    counted: async (metric) => {
      await eventually(`the metric ${metric}`, () =>
        linesOf(ready.metrics.file)
          .slice(since.metrics)
          .find((line) => line[metric] === 1 && line.Environment === 'local'),
      );
    },
  };
};

const parse = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
};

/** The lines of a file that others still append to. */
const linesOf = (file: string): readonly Line[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};
