/** Capabilities of callback tokens, each with its route, its scope and the status that its use gives to the task. */
export const CAPABILITIES = {
  result: { basePath: '/v1/results', scope: 'result_write', closesTaskAs: 'succeeded' },
  failure: { basePath: '/v1/failures', scope: 'failure_write', closesTaskAs: 'failed' },
  /** A progress report, which is also the heartbeat. */
  progress: { basePath: '/v1/progress', scope: 'progress_write', closesTaskAs: null },
  /**
   * A presigned upload, for a result that is too large for the load balancer. The arrival of the object closes the task,
   * not the use of this token.
   */
  upload: { basePath: '/v1/uploads', scope: 'upload_write', closesTaskAs: null },
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** Capabilities with a single use, which closes the task. Their payload is kept. */
export type ClosingCapability = 'result' | 'failure';

export const isClosing = (capability: Capability): capability is ClosingCapability =>
  CAPABILITIES[capability].closesTaskAs !== null;

/** Returns the capability of a scope. */
export const capabilityOfScope = (scope: string): Capability | undefined =>
  CAPABILITY_NAMES.find((capability) => CAPABILITIES[capability].scope === scope);

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly Capability[];

/** Callbacks of a task if its sender does not choose. */
export const DEFAULT_CALLBACKS: readonly Capability[] = ['result', 'failure'];

/** Returns the only path that a token of this capability may be used on, without a token segment. */
export const callbackPath = (capability: Capability, taskId: string): string =>
  `${CAPABILITIES[capability].basePath}/${taskId}`;

/** Returns the `aud` of a token of this capability. */
export const callbackAudience = (origin: string, capability: Capability): string =>
  `${origin}${CAPABILITIES[capability].basePath}`;
