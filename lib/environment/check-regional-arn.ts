import type { Problems } from './problem.ts';

/** A certificate of another region can be written down, and is then found missing half-way through a deployment. */
export const checkRegionalArn = (problems: Problems, at: string, arn: string, service: string, region: string): void =>
  problems.handedOn(
    at,
    arn,
    new RegExp(`^arn:aws[a-z-]*:${service}:${region}:\\d{12}:.+$`),
    `an ARN of ${service} in ${region}`,
    `Use one of the environment's region: a load balancer and its alarms take nothing of another.`,
  );
