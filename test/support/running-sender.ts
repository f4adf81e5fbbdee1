import type { ReadyFile } from '../../local/ready-file.ts';
import { requestAccessToken } from '../../scenario/access-token.ts';

/** A task with the callbacks that its processor gets. */
export interface OpenedTask {
  readonly taskId: string;
  readonly callbacks: Readonly<Record<string, { readonly url: string; readonly token?: string }>>;
}

/** A sender of the application `invoices` at a running gateway, and its processors. */
export interface RunningSender {
  open(task?: Readonly<Record<string, unknown>>): Promise<OpenedTask>;
  cancel(task: OpenedTask): Promise<void>;
  /** Uses a callback of a task, and returns the status of the answer. */
  call(task: OpenedTask, capability: string, content: unknown): Promise<number>;
}

export const aRunningSender = async (ready: ReadyFile): Promise<RunningSender> => {
  const accessToken = await requestAccessToken(ready.idp, ready.clients.sender, 'task_read task_write');
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${ready.gateway}${path}`, {
      method,
      headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    open: async (task = {}) =>
      (await ask('POST', '/v1/tasks', {
        processor: 'acme-ocr',
        resource: 'invoice-of-a-test',
        expiresIn: 3_600,
        callbacks: ['result', 'failure', 'progress'],
        ...task,
      })) as OpenedTask,
    cancel: async ({ taskId }) => void (await ask('DELETE', `/v1/tasks/${taskId}`)),
    call: async ({ callbacks }, capability, content) => {
      const { token, url = '' } = callbacks[capability] ?? {};
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(content),
      });
      await response.arrayBuffer();
      return response.status;
    },
  };
};
