import * as v from 'valibot';
import { SIGNING_KEY_SECONDS } from '../../lambda/contract/signing-keys.ts';
import type { ResolvedResource } from '../resource.ts';

/** Resource of the construct `Trigger` of `aws-cdk-lib/triggers`. */
export const TRIGGER_TYPE = 'Custom::Trigger';

/** Strict: refuses what the provider on AWS would do and this machine does not. */
const Properties = v.strictObject({
  ServiceToken: v.string(),
  HandlerArn: v.string(),
  // A trigger that does not wait would not hold back what depends on it.
  InvocationType: v.literal('RequestResponse'),
  // The time limit of the function is shorter.
  Timeout: v.string(),
  ExecuteOnHandlerChange: v.boolean(),
});

/** ARN of a version: that of its function, and a number. */
const VERSION = /^(arn:aws:lambda:[^:]+:\d{12}:function:[^:]+):\d+$/;

export interface DeploymentTriggersOptions {
  readonly invoke: (functionArn: string, event: unknown) => Promise<unknown>;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** A first key signs at once. Another new key waits until every process has read it. */
const SLOW_MS = 5_000;
const SLOW = `Waiting until a new signing key may sign, for up to ${SIGNING_KEY_SECONDS.published} seconds …`;

/**
 * Calls each function that a trigger of the template names, and waits for it, as a deployment does. Here each start is a
 * deployment.
 * @throws {Error} naming the trigger, if one of its properties is not done here or its function fails; also if `signal` ends
 * the wait
 */
export const runDeploymentTriggers = async (
  resources: readonly ResolvedResource[],
  { invoke, say, signal }: DeploymentTriggersOptions,
): Promise<void> => {
  const calls = Promise.all(
    resources.map(async ({ logicalId, properties }) => {
      const functionArn = functionArnOf(logicalId, properties);
      try {
        await invoke(functionArn, {});
      } catch (error) {
        throw new Error(`Trigger ${logicalId}: its function failed: ${error instanceof Error ? error.message : error}`);
      }
    }),
  );
  const timer = setTimeout(() => say(SLOW), SLOW_MS);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    await Promise.race([calls, aborted]);
  } finally {
    clearTimeout(timer);
  }
};

const functionArnOf = (logicalId: string, properties: ResolvedResource['properties']): string => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Trigger ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const { HandlerArn: arn } = parsed.output;
  const [, functionArn] = VERSION.exec(arn) ?? [];
  if (functionArn === undefined) {
    throw new Error(`Trigger ${logicalId}: HandlerArn is ${arn}; expected the ARN of a version of a function.`);
  }
  return functionArn;
};
