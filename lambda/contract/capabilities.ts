/** What a callback token can allow, and what follows from it: route, scope, task state. */
export const CAPABILITIES = {
  result: { basePath: '/v1/results', scope: 'result_write', closesTaskAs: 'succeeded' },
  failure: { basePath: '/v1/failures', scope: 'failure_write', closesTaskAs: 'failed' },
} as const;

export type Capability = keyof typeof CAPABILITIES;

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly Capability[];

/** The callbacks of a task whose sender named none. */
export const DEFAULT_CALLBACKS: readonly Capability[] = ['result', 'failure'];

/** The one path that a token of this capability may be used on, without a token segment. */
export const callbackPath = (capability: Capability, taskId: string): string =>
  `${CAPABILITIES[capability].basePath}/${taskId}`;

/** The `aud` of a token of this capability. */
export const callbackAudience = (origin: string, capability: Capability): string =>
  `${origin}${CAPABILITIES[capability].basePath}`;
