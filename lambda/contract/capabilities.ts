/** What a callback token can allow, and what follows from it: route, scope, task state. */
export const CAPABILITIES = {
  result: { basePath: '/v1/results', scope: 'result_write', closesTaskAs: 'succeeded' },
  failure: { basePath: '/v1/failures', scope: 'failure_write', closesTaskAs: 'failed' },
  /** How far it is; also the heartbeat. */
  progress: { basePath: '/v1/progress', scope: 'progress_write', closesTaskAs: null },
  /** A presigned upload for a result too large for the front door. The object's arrival closes the task, not the offer. */
  upload: { basePath: '/v1/uploads', scope: 'upload_write', closesTaskAs: null },
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** Capabilities whose one use closes the task and whose payload is kept. */
export type ClosingCapability = 'result' | 'failure';

export const isClosing = (capability: Capability): capability is ClosingCapability =>
  CAPABILITIES[capability].closesTaskAs !== null;

/** The capability that a scope stands for. */
export const capabilityOfScope = (scope: string): Capability | undefined =>
  CAPABILITY_NAMES.find((capability) => CAPABILITIES[capability].scope === scope);

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly Capability[];

/** The callbacks of a task whose sender named none. */
export const DEFAULT_CALLBACKS: readonly Capability[] = ['result', 'failure'];

/** The one path that a token of this capability may be used on, without a token segment. */
export const callbackPath = (capability: Capability, taskId: string): string =>
  `${CAPABILITIES[capability].basePath}/${taskId}`;

/** The `aud` of a token of this capability. */
export const callbackAudience = (origin: string, capability: Capability): string =>
  `${origin}${CAPABILITIES[capability].basePath}`;
