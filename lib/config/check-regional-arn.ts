import { isRegion } from './check-region.ts';
import type { Problems } from './errors.ts';

/** A certificate of another region can be written down, and is then found missing half-way through a deployment. */
export const checkRegionalArn = (problems: Problems, at: string, arn: string, service: string, region: string): void =>
  problems.handedOn(
    at,
    arn,
    new RegExp(`^arn:aws[a-z-]*:${service}:${isRegion(region) ? region : '[a-z0-9-]+'}:\\d{12}:.+$`),
    `an ARN of ${service} in the environment's region, ${region}`,
    'Use a resource in that region: a load balancer and its alarms can use no other.',
  );
