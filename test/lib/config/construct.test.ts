import { Aws, Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type ConstructInput, readConstruct } from '../../../lib/config/construct.ts';
import { InvalidEnvironment } from '../../../lib/config/errors.ts';
import { anAwsEnvironment } from '../../support/environments.ts';

const PATH = 'MyStage/Prod';

/** Properties of a construct; say what is different. */
const input = (environment: object = {}, env: object = {}): ConstructInput => {
  const { runsOn: _, account, region, ...entries } = anAwsEnvironment();
  return { env: { account, region, ...env }, environment: { name: 'prod', ...entries, ...environment } };
};

/** Properties of a construct with these names of stacks. */
const withStackNames = (stackNames: unknown): ConstructInput => ({ ...input(), stackNames }) as ConstructInput;

const linesOf = (props: ConstructInput): readonly string[] => {
  try {
    readConstruct(PATH, props);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    const [heading, ...lines] = error.message.split('\n');
    expect(heading).toBe('The environment of Postern at "MyStage/Prod" cannot be built:');
    return lines.map((line) => line.trimStart());
  }
  return [];
};

describe('the environment of a construct', () => {
  it('has the account and Region of `env`, and its name', () => {
    expect(readConstruct(PATH, input())).toMatchObject({
      name: 'prod',
      account: '123456789012',
      region: 'eu-west-1',
      host: 'callbacks.example.com',
    });
  });

  it.each<[string, ConstructInput, readonly string[]]>([
    [
      'a mistake in `environment` and one in `env`',
      input({ retention: Duration.hours(1) }, { region: 'eu-wst-1' }),
      [
        'env.region is "eu-wst-1"; expected the code of a region of AWS, for example eu-west-1. Did you mean `eu-west-1`? Correct the region; one that is newer than the installed aws-cdk-lib needs an update.',
        'environment.retention is Duration.hours(1); expected a Duration from 1 day to 3650 days, in whole seconds. Keep tasks for at least a day, because used tokens are remembered for a day; for example Duration.days(30).',
      ],
    ],
    [
      'an account that only the deployment knows',
      input({}, { account: Aws.ACCOUNT_ID }),
      [
        'env.account is a value that only the deployment knows; expected an account id: 12 digits, in quotes. Write the id of your account.',
      ],
    ],
    [
      'no account',
      input({}, { account: undefined }),
      ['env.account is missing; expected an account id: 12 digits, in quotes. Write the id of your account.'],
    ],
    [
      'no `env`',
      { environment: input().environment } as ConstructInput,
      [
        'env.account is missing; expected an account id: 12 digits, in quotes. Write the id of your account.',
        'env.region is missing; expected the code of a region of AWS, for example eu-west-1. Write the region that has the resources.',
      ],
    ],
    [
      'an environment file in place of the properties',
      anAwsEnvironment() as unknown as ConstructInput,
      [
        'environment is missing; expected an object with the properties of an environment. docs/operate/configuration.md lists them.',
      ],
    ],
    [
      'members that a file has and a construct has elsewhere',
      input({ runsOn: 'aws', account: '123456789012' }),
      [
        'environment.runsOn is "aws"; expected no such property here. Remove it.',
        'environment.account is "123456789012"; expected no such property here. Write it in `env`.',
      ],
    ],
    [
      'a name with a capital',
      input({ name: 'Prod' }),
      [
        'environment.name is "Prod"; expected 1 to 14 characters of [a-z0-9-], the first of them a letter, because names of target groups begin with it. Write another name.',
      ],
    ],
    [
      'no name',
      input({ name: undefined }),
      [
        'environment.name is missing; expected 1 to 14 characters of [a-z0-9-], the first of them a letter, because names of target groups begin with it. Write another name.',
      ],
    ],
    [
      'the name of the gateway on one machine',
      input({ name: 'local' }),
      [
        'environment.name is "local"; expected another name, because `postern dev` runs a gateway of this name. Write another name.',
      ],
    ],
    [
      'a property that is misspelt',
      input({ retension: Duration.days(14) }),
      [
        'environment.retension is Duration.days(14); expected a known property. Did you mean `retention`? Correct the name, or remove the property; docs/operate/configuration.md lists the properties.',
      ],
    ],
    [
      'one name for both stacks',
      withStackNames({ state: 'X', gateway: 'X' }),
      [
        'stackNames.gateway is "X"; expected another name than `stackNames.state`, because each stack has a template of its own. Write the name of the stack with load balancer and functions.',
      ],
    ],
    [
      'the name of each stack at the other one',
      withStackNames({ state: 'Prod-Gateway', gateway: 'Prod-State' }),
      [
        'stackNames is {"state":"Prod-Gateway","gateway":"Prod-State"}; expected no name that the other stack usually has: Prod-State is the stack of tables and keys, Prod-Gateway that of the load balancer. Exchange the two names.',
      ],
    ],
    [
      'names that CloudFormation refuses',
      withStackNames({ state: 'my_state', gateway: 'x'.repeat(129) }),
      [
        'stackNames.state is "my_state"; expected 1 to 128 letters, digits and hyphens, the first of them a letter, as CloudFormation demands of the name of a stack. Write another name.',
        expect.stringMatching(/^stackNames\.gateway is "x{129}"; expected 1 to 128 letters/),
      ],
    ],
    [
      'the name of one stack only',
      withStackNames({ state: 'X' }),
      [expect.stringMatching(/^stackNames\.gateway is missing; expected 1 to 128 letters/)],
    ],
    [
      'a name in place of the names of stacks',
      withStackNames('Prod'),
      [
        "stackNames is \"Prod\"; expected an object with the names of both stacks. Write { state: '…', gateway: '…' }, or remove it.",
      ],
    ],
  ])('with %s is refused: the error names the path of construct and value', (_title, props, lines) => {
    expect(linesOf(props)).toEqual(lines);
  });

  it('may have names of stacks of its own, at most 128 characters', () => {
    expect(linesOf(withStackNames({ state: 'x'.repeat(128), gateway: 'Live-Callbacks-2' }))).toEqual([]);
  });

  it.each([undefined, null, 'X', -1.5, true, [null], () => 1, Duration.days(1), 1n])(
    'is refused with a mistake, never with an error of ours, if a property is %s',
    (put) => {
      for (const props of [{ ...input(), env: put }, { ...input(), environment: put }, input({ name: put })]) {
        expect(linesOf(props as unknown as ConstructInput)).not.toEqual([]);
      }
    },
  );
});
