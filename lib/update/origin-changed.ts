import type { Finding } from './finding.ts';
import type { CloudFormationTemplate, EnvironmentTemplates } from './record.ts';
import { isSame, textOf } from './replacements.ts';

/**
 * Finds another origin of the gateway. CloudFormation accepts it, but the callback tokens of open tasks name the deployed one in
 * `iss` and `aud`.
 */
export const originChanged = (before: EnvironmentTemplates, after: EnvironmentTemplates): readonly Finding[] => {
  const [then, now] = [originOf(before.gateway), originOf(after.gateway)];
  if (then === undefined || now === undefined || isSame(then.origin, now.origin)) return [];
  return [
    {
      code: 'origin-changed',
      stack: 'Gateway',
      resource: now.resource,
      problem:
        `the origin changes from ${textOf(then.origin)} to ${textOf(now.origin)}: every callback URL of an open task would stop ` +
        'working, because its token names the deployed origin',
      remedy:
        'Keep `domain`. Make a second environment for another domain, and remove this one when its tasks have ended.',
    },
  ];
};

/** The origin that the first function with the variable is given, and its logical id. */
const originOf = ({ Resources = {} }: CloudFormationTemplate) => {
  for (const [resource, { Properties, Type }] of Object.entries(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const { Variables } = Object(Properties?.Environment) as { readonly Variables?: object };
    const origin: unknown = Reflect.get(Object(Variables), 'POSTERN_ORIGIN');
    if (origin !== undefined) return { resource, origin };
  }
  return undefined;
};
