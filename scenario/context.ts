import type { Capability } from '../lambda/contract/capabilities.ts';
import { eventually, expectThat, type Reporter } from './reporter.ts';
import { request, shown } from './request.ts';

/** A request of the sender to open a task. */
export interface Opening {
  readonly processor: string;
  readonly resource: string;
  readonly callbacks?: readonly Capability[];
  readonly heartbeat?: number;
  /** What the gateway sends to the processor. */
  readonly input?: object;
}

/** URL and token that the sender gives to the processor. */
export interface Callback {
  readonly url: string;
  /** Absent if it is part of the URL. */
  readonly token?: string;
}

export interface OpenedTask {
  readonly taskId: string;
  readonly status: string;
  /** Capabilities for which the sender got a callback. */
  readonly capabilities: readonly string[];
  /** The callback for a capability. @throws {ScenarioError} if the answer has no such callback */
  callback(capability: Capability): Callback;
}

/** The gateway's answer to a callback. */
export interface Answered {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: Readonly<Record<string, unknown>> & { readonly code?: string; readonly status?: string };
}

export type Line = Readonly<Record<string, unknown>>;

/** Access to events, metrics and alarms of the gateway. Only a gateway on this machine has it. */
export interface Probe {
  /** Waits for an event on the environment's bus and returns its detail. */
  published(detailType: string, taskId: string): Promise<Line>;
  /** Waits until a metric has been counted in this scenario. */
  counted(metric: string): Promise<void>;
  /** Waits until an alarm is raised and returns its full name. */
  raised(alarm: string): Promise<string>;
  /** Number of requests that reached a function. */
  forwarded(): number;
}

/** The gateway of a scenario, and the processors that it uses. */
export interface ScenarioSettings {
  /** Origin of the gateway. */
  readonly origin: string;
  /** Access token of a sender, with both scopes. */
  readonly accessToken: string;
  /** Source of the access token: requested from the OpenID provider, or passed by the caller. */
  readonly accessTokenFrom: 'provider' | 'caller';
  /** A processor without a proof, and a content type that it sends. */
  readonly processor: string;
  readonly contentType: string;
  /** Content type of its large results. */
  readonly documentType: string;
  /** A processor with short URLs, if the environment has one. */
  readonly shortProcessor?: string;
  /** A processor that gets its work from the gateway, where one answers with the result that `scenario/dispatch.ts` expects. */
  readonly dispatchProcessor?: string;
  /** True if the scenario includes a replay, which raises an alarm and may page the operators. */
  readonly replay: boolean;
  /** Only for a gateway on this machine. */
  readonly probe?: Probe;
  readonly report: Reporter;
}

/** Requests of both sides of a scenario: the sender with its access token, the processor with its URLs. */
export interface ScenarioContext extends ScenarioSettings {
  /** Makes any request. @throws {ScenarioError} with the URL and the reason why there is no answer */
  call(url: string, init?: RequestInit): Promise<Response>;
  /** The last request, safe to print. */
  lastRequest(): string | undefined;
  /** Makes a request of the sender. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Opens a task for an hour. @throws {ScenarioError} unless it is opened */
  open(opening: Opening): Promise<OpenedTask>;
  /** Makes a request of a processor, which has nothing but its callback. */
  deliver(callback: Callback, payload: string | Uint8Array, contentType?: string): Promise<Answered>;
  /** Waits until the sender API shows a task with this status. */
  becomes(taskId: string, status: string): Promise<void>;
  /** Cancels every pending task of the scenario and discards its late deliveries. */
  cleanUp(): Promise<void>;
}

export const createScenarioContext = (settings: ScenarioSettings): ScenarioContext => {
  const { accessToken, contentType, origin } = settings;
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
    ...settings,
    call,
    lastRequest: () => last,
    ask,
    open: async (opening) => {
      const response = await ask('/v1/tasks', {
        method: 'POST',
        // Without an input the scenario itself is the processor, so it needs the URLs.
        body: JSON.stringify({ expiresIn: 3600, ...(opening.input === undefined && { dispatch: false }), ...opening }),
      });
      const body = await parsed(response);
      expectThat(response.status === 201, 'the task to be opened with 201', [response.status, body.code]);
      const callbacks = body.callbacks as Readonly<Record<string, Callback | undefined>>;
      opened.push(String(body.taskId));
      return {
        taskId: String(body.taskId),
        status: String(body.status),
        capabilities: Object.keys(callbacks),
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
