import * as v from 'valibot';
import type { StackResource } from '../template/resolve.ts';

const TargetGroup = v.object({
  TargetType: v.literal('lambda'),
  Targets: v.pipe(v.array(v.object({ Id: v.string() })), v.length(1)),
  TargetGroupAttributes: v.optional(v.array(v.object({ Key: v.string(), Value: v.string() })), []),
});

const MULTI_VALUE = 'lambda.multi_value_headers.enabled';

/**
 * The function behind each target group, by their ARNs. Groups of addresses are those of a Network Load Balancer.
 * @throws {Error} naming a group that is not one Lambda function, or would lose all but the last of repeated headers.
 */
export const readTargetGroups = (resources: readonly StackResource[]): ReadonlyMap<string, string> =>
  new Map(
    resources
      .filter(({ properties }) => properties.TargetType !== 'ip')
      .map(({ logicalId, ref, properties }) => {
        const group = v.safeParse(TargetGroup, properties);
        const multiValue =
          group.success &&
          group.output.TargetGroupAttributes.some(({ Key, Value }) => Key === MULTI_VALUE && Value === 'true');
        if (!group.success || !multiValue) {
          throw new Error(`${logicalId}: the local load balancer needs one Lambda function with ${MULTI_VALUE}.`);
        }
        return [ref, group.output.Targets[0]?.Id ?? ''] as const;
      }),
  );
