import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';
import type { BusEvent } from '../stand-ins/s3-event.ts';
import { type Pattern, readPattern } from './event-pattern.ts';

export const RULE_TYPE = 'AWS::Events::Rule';

/** A rule on the account's default bus. */
export interface Rule {
  matches(event: BusEvent): boolean;
  /** ARNs of functions. */
  readonly targets: readonly string[];
}

/** `strictObject`: what EventBridge would do and we do not is refused by name, never left out in silence. */
const Properties = v.strictObject({
  Name: v.optional(v.string()),
  Description: v.optional(v.string()),
  EventBusName: v.optional(v.literal('default')),
  EventPattern: v.record(v.string(), v.unknown()),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  Targets: v.array(
    v.strictObject({
      Id: v.string(),
      Arn: v.pipe(v.string(), v.regex(/^arn:aws:lambda:/, 'expected the ARN of a function')),
      // Both are about calls that Lambda did not take; here it takes every one.
      RetryPolicy: v.optional(v.unknown()),
      DeadLetterConfig: v.optional(v.unknown()),
    }),
  ),
  Tags: v.optional(v.unknown()),
});

/** @throws {Error} naming the rule and what of it is wrong or not done here */
export const readRule = ({ logicalId, properties }: ResolvedResource): Rule => {
  const parsed = v.safeParse(Properties, properties);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new Error(`Rule ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
  }
  const { EventPattern: source, State: state, Targets: targets } = parsed.output;
  let pattern: Pattern;
  try {
    pattern = readPattern(source);
  } catch (error) {
    throw new Error(`Rule ${logicalId}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    matches: (event) => state === 'ENABLED' && pattern(event),
    targets: targets.map(({ Arn }) => Arn),
  };
};
