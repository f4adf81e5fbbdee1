import type { Capability } from '../lambda/contract/capabilities.ts';
import { request, shown } from './request.ts';
import { eventually, expectThat, type Teller } from './teller.ts';

/** What the sender asks for when it opens a task. */
export interface Opening {
  readonly processor: string;
  readonly resource: string;
  readonly callbacks?: readonly Capability[];
  readonly heartbeat?: number;
}

/** How a processor calls back, as the sender hands it on. */
export interface Callback {
  readonly url: string;
  /** Where the URL does not carry it. */
  readonly token?: string;
}

export interface OpenedTask {
  readonly taskId: string;
  readonly status: string;
  /** A callback that was asked for. @throws {StoryError} if there is none */
  callback(capability: Capability): Callback;
}

/** What a callback was answered with. */
export interface Answered {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string; readonly status?: string };
}

export type Line = Readonly<Record<string, unknown>>;

/** Somebody who sees what goes on inside. */
export interface Onlooker {
  /** Waits for an event on the environment's bus, and gives its detail. */
  published(detailType: string, taskId: string): Promise<Line>;
  /** Waits until a metric has been counted in this story. */
  counted(metric: string): Promise<void>;
  /** Waits until an alarm is raised, and gives its whole name. */
  raised(alarm: string): Promise<string>;
  /** How many requests have reached a function. */
  forwarded(): number;
}

/** Where the story is told. */
export interface Setting {
  /** The gateway's. */
  readonly origin: string;
  /** Of a sender, with both scopes. */
  readonly accessToken: string;
  /** Whether the OpenID provider was asked for it, or it was given. */
  readonly accessTokenFrom: 'provider' | 'caller';
  /** A processor that shows no proof, and a content type that it sends. */
  readonly processor: string;
  readonly contentType: string;
  /** One that its large results have. */
  readonly documentType: string;
  /** A processor with short URLs, where there is one. */
  readonly shortProcessor?: string;
  /** Whether a replay is part of the story: it raises an alarm, which may wake somebody. */
  readonly replay: boolean;
  /** Only where somebody can look inside. */
  readonly onlooker?: Onlooker;
  readonly tell: Teller;
}

/** Everybody in the story, from outside: the sender with its access token, the processor with its URLs. */
export interface World extends Setting {
  /** Any request. @throws {StoryError} naming the URL and why there is no answer */
  call(url: string, init?: RequestInit): Promise<Response>;
  /** What was asked for last, as it may be shown. */
  lastRequest(): string | undefined;
  /** A request of the sender. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Opens a task for an hour. @throws {StoryError} unless it is opened */
  open(opening: Opening): Promise<OpenedTask>;
  /** A request of a processor, which has nothing but its callback. */
  deliver(callback: Callback, payload: string | Uint8Array, contentType?: string): Promise<Answered>;
  /** Waits until the sender is shown a task in this status. */
  becomes(taskId: string, status: string): Promise<void>;
  /** Closes every task that was opened here and is still pending, and discards what came late. */
  cleanUp(): Promise<void>;
}

export const createWorld = (setting: Setting): World => {
  const { accessToken, contentType, origin } = setting;
  const opened: string[] = [];
  let last: string | undefined;
  const call = (url: string, init: RequestInit = {}): Promise<Response> => {
    last = `${init.method ?? 'GET'} ${shown(url)}`;
    return request(url, init);
  };
  const ask = (path: string, init: RequestInit = {}) =>
    call(`${origin}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    });
  const quarantineOf = async (taskId: string): Promise<readonly { readonly id: string }[]> =>
    ((await parsed(await ask(`/v1/tasks/${taskId}/quarantine`))).quarantine ?? []) as { id: string }[];
  return {
    ...setting,
    call,
    lastRequest: () => last,
    ask,
    open: async (opening) => {
      const response = await ask('/v1/tasks', {
        method: 'POST',
        body: JSON.stringify({ expiresIn: 3600, ...opening }),
      });
      const body = await parsed(response);
      expectThat(response.status === 201, 'the task to be opened with 201', [response.status, body.code]);
      const callbacks = body.callbacks as Readonly<Record<string, Callback | undefined>>;
      opened.push(String(body.taskId));
      return {
        taskId: String(body.taskId),
        status: String(body.status),
        callback: (capability) => {
          const callback = callbacks[capability];
          expectThat(callback !== undefined, `a callback for "${capability}"`, Object.keys(callbacks));
          return callback;
        },
      };
    },
    deliver: async ({ token, url }, payload, type = contentType) => {
      const response = await call(url, {
        method: 'POST',
        headers: { 'content-type': type, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
        body: typeof payload === 'string' ? payload : Buffer.from(payload),
      });
      return {
        status: response.status,
        replayed: response.headers.get('idempotency-replayed') === 'true',
        body: await parsed(response),
      };
    },
    becomes: async (taskId, status) => {
      await eventually(`the task to be ${status}`, async () =>
        (await parsed(await ask(`/v1/tasks/${taskId}`))).status === status ? true : undefined,
      );
    },
    cleanUp: async () => {
      for (const taskId of opened) {
        await ask(`/v1/tasks/${taskId}`, { method: 'DELETE' });
        for (const { id } of await quarantineOf(taskId)) {
          await ask(`/v1/tasks/${taskId}/quarantine/${id}`, { method: 'DELETE' });
        }
      }
    },
  };
};

const parsed = async (response: Response): Promise<Record<string, unknown>> => {
  try {
    return JSON.parse(await response.text()) as Record<string, unknown>;
  } catch {
    return {};
  }
};
