import type { DescribedDuration, DescribedSettings } from '../lib/describe/description.ts';

/** The settings of an environment that affect its costs. */
export interface PricedSettings {
  /** Number of processors. */
  readonly processors: number;
  /** Days that a closed task is stored. */
  readonly retentionDays: number;
  /** Days that logs are stored. */
  readonly logRetentionDays: number;
  readonly isProtected: boolean;
  readonly signing: 'kms' | 'rotating';
  /** Keys in KMS. */
  readonly signingKeys: readonly { readonly use: string; readonly algorithm: string }[];
  /** True if applications may open tasks by an invocation. */
  readonly hasInvocationTargets: boolean;
  /** True if applications may resume workflows. */
  readonly resumesWorkflows: boolean;
  /** Number of processors that Postern sends work to. */
  readonly dispatchedProcessors: number;
}

const SECONDS_PER_DAY = 86_400;

/** Takes the settings that affect costs from the description of an environment. */
export const pricedSettings = (described: DescribedSettings): PricedSettings => {
  const { invokers, logRetention, processors, resumeTargets, retention, signing, signingKeys } =
    described as unknown as {
      readonly [name in 'invokers' | 'processors' | 'resumeTargets']: object;
    } & {
      readonly logRetention: number;
      readonly retention: DescribedDuration;
      readonly signing: { readonly kind: PricedSettings['signing'] };
      readonly signingKeys: Readonly<Record<string, PricedSettings['signingKeys'][number]>>;
    };
  return {
    processors: Object.keys(processors).length,
    retentionDays: retention.$seconds / SECONDS_PER_DAY,
    logRetentionDays: logRetention,
    isProtected: described.protected === true,
    signing: signing.kind,
    signingKeys: Object.values(signingKeys),
    hasInvocationTargets: Object.keys(invokers).length > 0,
    resumesWorkflows: Object.keys(resumeTargets).length > 0,
    dispatchedProcessors: Object.values(processors).filter((processor: object) => 'dispatch' in processor).length,
  };
};
