import { Token } from 'aws-cdk-lib';
import type { Rule } from './rule.ts';

/** Zones and ARNs of another Region are legal text. CloudFormation would find the mistake in the middle of a deployment. */
export const oneRegion: Rule = ({ alarmTopicArn, availabilityZones, certificateArn, region }, errors) => {
  if (region === undefined) return;
  for (const [at, service, arn] of [
    ['certificateArn', 'acm', certificateArn],
    ['alarmTopicArn', 'sns', alarmTopicArn],
  ] as const) {
    errors.expect(
      arn === undefined || Token.isUnresolved(arn) || arn.split(':')[3] === region,
      at,
      arn,
      `an ARN of ${service} in the environment's region, ${region}`,
      'Use a resource in that region: a load balancer and its alarms can use no other.',
    );
  }
  if (availabilityZones === undefined) return;
  errors.expect(
    availabilityZones.length >= 2 &&
      new Set(availabilityZones).size === availabilityZones.length &&
      availabilityZones.every((zone) => new RegExp(`^${region}[a-z]$`).test(zone)),
    'availabilityZones',
    availabilityZones,
    `a list of two or more zones of ${region}, each of them once, as ['${region}a', '${region}b']`,
    `\`aws ec2 describe-availability-zones --region ${region}\` lists the zones of the region.`,
  );
};

/** The load balancer has one subnet in each zone. */
export const oneSubnetPerZone: Rule = ({ availabilityZones, network }, errors) => {
  const subnets = network?.publicSubnetIds;
  if (subnets === undefined || availabilityZones === undefined) return;
  errors.expect(
    subnets.length === availabilityZones.length,
    'network.publicSubnetIds',
    subnets,
    `a list of ${availabilityZones.length} different subnets, one public subnet for each zone of \`availabilityZones\``,
    'List as many subnets as there are zones, in the same order.',
  );
};
