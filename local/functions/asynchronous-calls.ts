import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';
import { FunctionError } from './function-error.ts';

export const EVENT_INVOKE_CONFIG_TYPE = 'AWS::Lambda::EventInvokeConfig';

/** Lambda's own, where the template says nothing. */
const DEFAULT_RETRIES = 2;
/** Version that an ARN without a qualifier means. */
const UNPUBLISHED = '$LATEST';
/** Lambda waits one minute, then two: a developer would not. */
const FIRST_WAIT_MS = 1_000;

const Properties = v.strictObject({
  FunctionName: v.string(),
  Qualifier: v.string(),
  MaximumRetryAttempts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2)), DEFAULT_RETRIES),
  // About calls over the limit; here they wait for a free slot.
  MaximumEventAgeInSeconds: v.optional(v.number()),
  DestinationConfig: v.optional(v.strictObject({ OnFailure: v.strictObject({ Destination: v.string() }) })),
});

export interface AsynchronousCallsOptions {
  /** `AWS::Lambda::EventInvokeConfig`s; a function without one has Lambda's defaults. */
  readonly configs: readonly ResolvedResource[];
  readonly invoke: (functionArn: string, event: unknown) => Promise<unknown>;
  readonly sendToDestination: (arn: string, message: string) => void;
  /** @default 1,000; the second wait is twice as long */
  readonly firstWaitMs?: number;
}

/** Asynchronous invocations, with the retries and destinations of Lambda. */
export interface AsynchronousCalls {
  /**
   * Calls until it works or the retries are used up; then tells the function's destination, if it has one.
   * @returns `false` if it was stopped before that was decided: the call is still to be made
   */
  call(functionArn: string, event: unknown, signal: AbortSignal): Promise<boolean>;
}

/**
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 * @throws {Error} naming the configuration and the property that is wrong or not done here
 */
export const createAsynchronousCalls = (options: AsynchronousCallsOptions): AsynchronousCalls => {
  const policies = new Map(options.configs.map(readPolicy));
  return {
    call: async (functionArn, event, signal) => {
      const policy = policies.get(qualifiedName(functionArn));
      const retries = policy?.retries ?? DEFAULT_RETRIES;
      for (let attempt = 1; ; attempt += 1) {
        try {
          await options.invoke(functionArn, event);
          return true;
        } catch (error) {
          if (signal.aborted) return false;
          if (attempt <= retries) {
            const wait = (options.firstWaitMs ?? FIRST_WAIT_MS) * attempt;
            await delay(wait, undefined, { signal }).catch(() => undefined);
            if (signal.aborted) return false;
            continue;
          }
          if (policy?.destination !== undefined) {
            options.sendToDestination(policy.destination, accountOf(functionArn, event, attempt, error));
          }
          return true;
        }
      }
    },
  };
};

/** `NAME:QUALIFIER` of a name, an ARN, or an ARN with a qualifier. */
const qualifiedName = (function_: string, qualifier?: string): string => {
  const [name = '', ownQualifier] = function_.startsWith('arn:') ? function_.split(':').slice(6) : [function_];
  return `${name}:${qualifier ?? ownQualifier ?? UNPUBLISHED}`;
};

const readPolicy = ({ logicalId, properties }: ResolvedResource) => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(
      `Event invoke configuration ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`,
    );
  }
  const {
    DestinationConfig: destinations,
    FunctionName: name,
    MaximumRetryAttempts: retries,
    Qualifier,
  } = parsed.output;
  return [qualifiedName(name, Qualifier), { retries, destination: destinations?.OnFailure.Destination }] as const;
};

/** Message for an on-failure destination. */
const accountOf = (functionArn: string, event: unknown, attempts: number, error: unknown): string =>
  JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId: randomUUID(),
      functionArn: functionArn.split(':').length > 7 ? functionArn : `${functionArn}:${UNPUBLISHED}`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: event,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload:
      error instanceof FunctionError ? error.payload : { errorType: 'Error', errorMessage: String(error) },
  });
