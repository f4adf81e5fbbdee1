import type { ResolvedResource } from '../resource.ts';

/** An alarm that is raised while one of others is. */
export interface CompositeAlarm {
  readonly name: string;
  /** Names of the alarms under it. */
  readonly anyOf: readonly string[];
}

const RULE = /^\(?ALARM\("[^"]+"\)(?: OR ALARM\("[^"]+"\))*\)?$/;

/**
 * Reads an `AWS::CloudWatch::CompositeAlarm`.
 * @throws {Error} naming the alarm, where its rule is another than `(ALARM("…") OR ALARM("…"))`
 */
export const readCompositeAlarm = ({ logicalId, properties }: ResolvedResource): CompositeAlarm => {
  const { AlarmName: name, AlarmRule: rule } = properties;
  if (typeof rule !== 'string' || !RULE.test(rule)) {
    throw new Error(`Alarm ${logicalId} has the rule ${rule}, which is not evaluated here.`);
  }
  // An ARN ends with the name.
  const anyOf = [...rule.matchAll(/ALARM\("([^"]+)"\)/g)].map(([, arn = '']) => arn.slice(arn.lastIndexOf(':') + 1));
  return { name: typeof name === 'string' ? name : logicalId, anyOf };
};
