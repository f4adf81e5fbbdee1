import { CAPABILITIES, CAPABILITY_NAMES, type Capability } from '../../../lambda/contract/capabilities.ts';
import type { SentRequest } from './exchange.ts';
import type { ReceivedRequest } from './http-server.ts';
import { OBJECTS_PATH } from './objects.ts';
import type { OpenTask } from './open-task.ts';

/** Path below which a redirect of the kit leads. */
export const ELSEWHERE_PATH = '/conformance/elsewhere/';

/**
 * Finds the task that a request belongs to, and the place that it was sent to. A damaged URL is still recognized if it has the
 * task's id, in any case, or if a token of the task is anywhere in the head of the request.
 */
export const placeOf = <T extends OpenTask>(
  received: ReceivedRequest,
  origin: string,
  tasks: readonly T[],
): { readonly request: SentRequest; readonly task: T | undefined } => {
  const target = received.target.toLowerCase();
  const head = [received.target, ...received.headers.map(([, value]) => value)].join('\n');
  const task =
    tasks.find(({ taskId }) => target.includes(taskId.toLowerCase())) ??
    tasks.find(({ secrets }) => secrets.some((secret) => head.includes(secret)));
  if (target.startsWith(OBJECTS_PATH)) return { task, request: { ...received, place: 'object' } };
  if (target.startsWith(ELSEWHERE_PATH)) return { task, request: { ...received, place: 'elsewhere' } };
  const path = received.target.split('?', 1)[0] ?? '';
  const exact = CAPABILITY_NAMES.find((name) => task?.callbacks[name]?.url === `${origin}${path}`);
  if (exact !== undefined) return { task, request: { ...received, place: 'callback', capability: exact } };
  const likely = likelyCapability(target, task);
  return { task, request: { ...received, place: 'astray', ...(likely !== undefined && { capability: likely }) } };
};

const likelyCapability = (target: string, task: OpenTask | undefined): Capability | undefined => {
  const issued = CAPABILITY_NAMES.filter((name) => task?.callbacks[name] !== undefined);
  return issued.find((name) => target.includes(CAPABILITIES[name].basePath)) ?? issued[0];
};
