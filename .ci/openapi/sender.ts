import type { components, paths, webhooks } from './build/types.ts';

/** Compiles only if the types that openapi-typescript generates permit what the API takes, and name what it answers. */

type OpenTask = components['schemas']['OpenTask'];

export const least: OpenTask = { processor: 'header-ocr', resource: 'invoice-78', expiresIn: 7200 };
export const most: OpenTask = {
  processor: 'header-ocr',
  resource: 'invoice-78',
  owner: 'user-12',
  expiresIn: 7200,
  heartbeat: 600,
  callbacks: ['result', 'failure', 'progress', 'upload'],
  carrier: 'header',
  metadata: { page: 3, tags: ['a', 'b'], nested: { of: null } },
};

// @ts-expect-error A task needs a processor.
export const without: OpenTask = { resource: 'invoice-78', expiresIn: 7200 };

export const page = (task: components['schemas']['Task']): unknown => task.metadata?.page;

type Answers = paths['/v1/tasks']['post']['responses'];
export const code = (problem: Answers[401]['content']['application/problem+json']) => problem.code;
export const html = (answer: Answers[401]['content']['text/html']): string => answer;
export const wait = (headers: Answers[429]['headers']): string => headers['Retry-After'];
export const bytes = (body: paths['/v1/results/{taskId}']['post']['requestBody']): string | undefined =>
  body?.content['application/octet-stream'];

type Succeeded = webhooks['TaskSucceeded']['post']['requestBody']['content']['application/json'];
export const location = ({ detail }: Succeeded): string => detail.result.location;
