import { Annotations, CfnParameter, type Stack, Validations } from 'aws-cdk-lib';

/** A word that begins with `FILL-IN`, or the id of a hosted zone, which has no hyphen. `REFILL-IN` is another word. */
const IN_VALUE = /(?<![A-Za-z0-9])FILL-IN|^ZFILLIN$/;
/** Id of a processor or an application. Ids have small letters. */
const IN_ID = /^fill-in(?:-|$)/;

/**
 * Finds settings that a person must still fill in.
 * @param path of the settings
 * @returns the path of each: `hostedZone.id`, `processors.fill-in`
 */
export const findFillIns = (settings: unknown, path: readonly string[] = []): readonly string[] => {
  if (typeof settings === 'string') return IN_VALUE.test(settings) ? [path.join('.')] : [];
  if (!Array.isArray(settings) && !isPlainObject(settings)) return [];
  return Object.entries(settings).flatMap(([key, value]) =>
    IN_ID.test(key) ? [[...path, key].join('.')] : findFillIns(value, [...path, key]),
  );
};

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * Stops every deployment of an environment that has settings to fill in, and warns at synth. Both stacks get a parameter without a
 * value for each setting. The CDK names the missing parameters before it changes anything, and CloudFormation refuses them too.
 * @param paths of the settings
 */
export const refuseDeployment = (stacks: readonly [Stack, ...Stack[]], paths: readonly string[]): void => {
  if (paths.length === 0) return;
  for (const stack of stacks) {
    for (const name of new Set(paths.map(parameterName))) {
      new CfnParameter(stack, name, {
        type: 'String',
        description: 'A setting of the environment is still to fill in. Do not give a value: change the settings.',
      });
    }
    // The rule reports the stack of a parameter.
    Validations.of(stack).acknowledge({
      id: 'CloudFormation-Validate::W2001',
      reason: 'No resource uses the parameters of settings to fill in: their missing values stop the deployment.',
    });
  }
  // The CDK prints the warnings of stacks, and one is enough.
  Annotations.of(stacks[0]).addWarningV2(
    'postern:fill-in',
    `These settings are still to fill in: ${paths.join(', ')}. Until then every deployment stops, because CloudFormation parameters are missing a value.`,
  );
};

/** `hostedZone.id` → `FillInHostedZoneId`. */
const parameterName = (path: string): string =>
  `FillIn${path
    .replace(/\bfill-in-?/, '')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`;
