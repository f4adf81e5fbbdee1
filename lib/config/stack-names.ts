import { defaultStackNames, type StackNames } from '../stack-names.ts';
import type { ConfigErrors } from './errors.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/;

const EXPECTED =
  '1 to 128 letters, digits and hyphens, the first of them a letter, as CloudFormation demands of the name of a stack';

/**
 * Checks the names of the stacks of a construct. With the names of each other's stacks, a deployment would replace the tables by a
 * load balancer.
 * @param stackNames any value, because JavaScript checks no types
 */
export const checkStackNames = (errors: ConfigErrors, environment: string, stackNames: unknown): void => {
  if (stackNames === undefined) return;
  const isObject = typeof stackNames === 'object' && stackNames !== null;
  errors.expect(
    isObject,
    'stackNames',
    stackNames,
    'an object with the names of both stacks',
    "Write { state: '…', gateway: '…' }, or remove it.",
  );
  if (!isObject) return;
  const { state, gateway } = stackNames as { readonly [K in keyof StackNames]: unknown };
  for (const [kind, name] of Object.entries({ state, gateway })) {
    const isName = typeof name === 'string' && STACK_NAME.test(name);
    errors.expect(isName, `stackNames.${kind}`, name, EXPECTED, 'Write another name.');
  }
  errors.expect(
    state === undefined || state !== gateway,
    'stackNames.gateway',
    gateway,
    'another name than `stackNames.state`, because each stack has a template of its own',
    'Write the name of the stack with load balancer and functions.',
  );
  const usual = defaultStackNames(environment);
  errors.expect(
    state !== usual.gateway && gateway !== usual.state,
    'stackNames',
    stackNames,
    `no name that the other stack usually has: ${usual.state} is the stack of tables and keys, ${usual.gateway} that of the load balancer`,
    'Exchange the two names.',
  );
};
