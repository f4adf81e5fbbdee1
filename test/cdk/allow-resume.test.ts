import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, type FunctionProps, type IFunction, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  DefinitionBody,
  Pass,
  StateMachine,
  type StateMachineProps,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect } from 'vitest';
import { APPLICATIONS_FILE, type Applications } from '../../lambda/contract/applications.ts';
import { RESUME_TARGETS_FILE } from '../../lambda/contract/resume.ts';
import { anAppOfUser, aPostern, aStack, PLACE } from '../support/postern-app.ts';
import { resourcesOf } from '../support/template.ts';
import { test as base } from '../support/unit-fixtures.ts';

const LISTED = 'arn:aws:states:eu-west-1:123456789012:stateMachine:listed';
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Invoices';
const DURABLE = 'arn:aws:lambda:eu-west-1:123456789012:function:Invoices:*';

const APPLICATIONS = {
  invoices: { clients: ['invoices-backend'], resumes: 'granted' },
  orders: { clients: ['orders'], resumes: [LISTED] },
  closing: { clients: ['closing'], resumes: [] },
  small: { clients: ['small'] },
} as const;

const anEnvironment = (outdir?: string) => {
  const app = anAppOfUser(outdir);
  const postern = aPostern(app, APPLICATIONS);
  const stack = aStack(app);
  return { app, postern, stack };
};

const aMachine = (stack: Stack, props: Partial<StateMachineProps> = { stateMachineName: 'Invoices' }) =>
  new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')),
    ...props,
  });

const DURABLE_CONFIG = { executionTimeout: Duration.days(1), retentionPeriod: Duration.days(14) };
const aFunction = (
  stack: Stack,
  props: Partial<FunctionProps> = { functionName: 'Invoices', durableConfig: DURABLE_CONFIG },
) =>
  new LambdaFunction(stack, 'Function', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
    ...props,
  });

const it = base
  /** Makes an app with the functions' files, and returns the files of a name in all packages. */
  .extend('filesOf', ({ folder }) => (name: string, build: (world: ReturnType<typeof anEnvironment>) => void) => {
    const outdir = mkdtempSync(join(folder, 'cdk.out-'));
    const world = anEnvironment(outdir);
    build(world);
    world.app.synth();
    return readdirSync(outdir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(`/${name}`))
      .map((file) => JSON.parse(readFileSync(join(outdir, file), 'utf8')) as unknown);
  });

/** The permissions of `resume` on workflows. */
const rightsIn = (gateway: Template) =>
  Object.entries(resourcesOf(gateway, 'AWS::IAM::Policy'))
    .filter(([id]) => id.startsWith('BackgroundResumptionResumeRole'))
    .flatMap(
      ([, { Properties }]) =>
        (Properties.PolicyDocument as { readonly Statement: readonly { Action: unknown; Resource: unknown }[] })
          .Statement,
    )
    .filter(({ Action }) => JSON.stringify(Action).includes('Send'))
    .filter(({ Action }) => !JSON.stringify(Action).includes('sqs:'));

const gatewayOf = ({ postern }: ReturnType<typeof anEnvironment>) =>
  Template.fromStack(postern.node.findChild('Gateway') as Stack);

describe('allowResume', () => {
  it('R1 is in the files of the functions, whenever it was called', ({ filesOf }) => {
    const allow = ({ postern, stack }: ReturnType<typeof anEnvironment>) => {
      postern.allowResume('invoices', aMachine(stack));
      postern.allowResume('invoices', aFunction(stack));
      postern.allowResume('orders', StateMachine.fromStateMachineArn(stack, 'Imported', MACHINE));
    };
    expect(filesOf(RESUME_TARGETS_FILE, allow)).toEqual([
      { invoices: [{ arn: MACHINE }, { arn: DURABLE }], orders: [{ arn: LISTED }, { arn: MACHINE }] },
    ]);
  });

  it('R1 is in every list of applications', ({ filesOf }) => {
    const files = filesOf(APPLICATIONS_FILE, ({ postern, stack }) => {
      postern.allowResume('invoices', aMachine(stack));
    }) as Applications[];
    // create-task, tasks, console and the operator API.
    expect(files).toHaveLength(4);
    for (const { closing, invoices, orders, small } of files) {
      expect(invoices?.resumes).toEqual([MACHINE]);
      expect(orders?.resumes).toEqual([LISTED]);
      expect(closing?.resumes).toEqual([]);
      expect(small).not.toHaveProperty('resumes');
    }
  });

  it('R1 lets the function resume exactly these workflows', () => {
    const world = anEnvironment();
    world.postern.allowResume('invoices', aMachine(world.stack));
    world.postern.allowResume('invoices', aFunction(world.stack));
    const statements = rightsIn(gatewayOf(world)).map(({ Action, Resource }) => [Action, Resource]);
    expect(statements).toEqual(
      expect.arrayContaining([
        [
          [
            'lambda:SendDurableExecutionCallbackFailure',
            'lambda:SendDurableExecutionCallbackHeartbeat',
            'lambda:SendDurableExecutionCallbackSuccess',
          ],
          DURABLE,
        ],
        [['states:SendTaskFailure', 'states:SendTaskHeartbeat', 'states:SendTaskSuccess'], [MACHINE, LISTED].sort()],
      ]),
    );
    expect(statements).toHaveLength(2);
  });

  it('makes no stack depend on another one', () => {
    const { app, postern, stack } = anEnvironment();
    postern.allowResume('invoices', aMachine(stack));
    app.synth();
    expect(stack.dependencies).toEqual([]);
    expect((postern.node.findChild('Gateway') as Stack).dependencies).toEqual([postern.node.findChild('State')]);
  });

  it('takes every version of a function, every Region, and each workflow once', ({ filesOf }) => {
    const durable = (functionName: string) => ({ functionName, durableConfig: DURABLE_CONFIG });
    const files = filesOf(RESUME_TARGETS_FILE, ({ app, postern, stack }) => {
      const machine = aMachine(stack);
      postern.allowResume('invoices', machine);
      postern.allowResume('invoices', machine);
      const away = new Stack(app, 'Away', { env: { ...PLACE, region: 'us-east-1' } });
      postern.allowResume('invoices', aMachine(away));
      const version = aFunction(stack, durable('version')).currentVersion as IFunction;
      postern.allowResume('invoices', version);
      const alias = aFunction(away, durable('alias')).addAlias('live') as IFunction;
      postern.allowResume('invoices', alias);
      const imported = DURABLE.replace('*', '7');
      postern.allowResume('invoices', LambdaFunction.fromFunctionArn(stack, 'Version', imported));
      postern.allowResume('orders', StateMachine.fromStateMachineArn(stack, 'Imported', LISTED));
    });
    expect(files).toEqual([
      {
        invoices: [
          { arn: MACHINE },
          { arn: MACHINE.replace('eu-west-1', 'us-east-1') },
          { arn: DURABLE.replace('Invoices', 'version') },
          { arn: DURABLE.replace('eu-west-1', 'us-east-1').replace('Invoices', 'alias') },
          { arn: DURABLE },
        ],
        orders: [{ arn: LISTED }],
      },
    ]);
  });

  it('makes the functions, the queue and the key exist without a workflow', () => {
    const world = anEnvironment();
    const gateway = gatewayOf(world);
    expect(Object.keys(resourcesOf(gateway, 'AWS::Lambda::Function')).join(' ')).toContain(
      'BackgroundResumptionResume',
    );
    const app = anAppOfUser();
    const closed = aPostern(app, { invoices: { clients: ['invoices-backend'], resumes: [] } });
    const other = Template.fromStack(closed.node.findChild('Gateway') as Stack);
    expect(Object.keys(resourcesOf(other, 'AWS::Lambda::Function')).join(' ')).not.toContain('BackgroundResumption');
    const state = Template.fromStack(closed.node.findChild('State') as Stack);
    expect(JSON.stringify(state.findOutputs('*'))).toContain('WorkflowTokenKey');
  });
});

describe('allowResume refuses', () => {
  const { app, postern } = anEnvironment();
  let stacks = 0;
  const ownStack = () => {
    stacks += 1;
    return aStack(app, `Invoices${stacks}`);
  };

  it.for([
    [
      'a state machine without a name',
      (stack: Stack) => aMachine(stack, {}),
      '/Machine: has no name that synth knows. Give it a `stateMachineName`',
    ],
    [
      'a durable function without a name',
      (stack: Stack) => aFunction(stack, { durableConfig: DURABLE_CONFIG }),
      '/Function: has no name that synth knows. Give it a `functionName`',
    ],
    [
      'a function that cannot wait',
      (stack: Stack) => aFunction(stack, { functionName: 'Invoices' }),
      '/Function: is no durable function; expected one with `durableConfig`',
    ],
    [
      'an Express workflow',
      (stack: Stack) => aMachine(stack, { stateMachineName: 'Invoices', stateMachineType: StateMachineType.EXPRESS }),
      '/Machine: is an Express workflow; expected a Standard workflow',
    ],
    [
      'an imported workflow whose ARN synth does not know',
      (stack: Stack) => StateMachine.fromStateMachineArn(stack, 'Imported', `${MACHINE}${Aws.STACK_NAME}`),
      '/Imported: has an ARN that synth does not know. Import the workflow by its whole ARN.',
    ],
    [
      'a workflow of another account',
      (stack: Stack) =>
        StateMachine.fromStateMachineArn(stack, 'Imported', MACHINE.replace('123456789012', '210987654321')),
      '/Imported: is in account 210987654321; expected account 123456789012',
    ],
    [
      'an ARN of something else',
      (stack: Stack) =>
        StateMachine.fromStateMachineArn(stack, 'Imported', MACHINE.replace('stateMachine:', 'activity:')),
      '/Imported: has the ARN arn:aws:states:eu-west-1:123456789012:activity:Invoices; expected that of a state machine',
    ],
  ] as const)('%s', ([_what, make, words]) => {
    const stack = ownStack();
    expect(() => postern.allowResume('invoices', make(stack))).toThrow(words);
  });

  it('a workflow in a stack without account and Region', () => {
    expect(() => postern.allowResume('invoices', aMachine(new Stack(app, 'Anywhere')))).toThrow(
      'Anywhere/Machine: is in a stack without account and Region. Give the stack `env` with both',
    );
  });

  it.for(['small', 'closing'] as const)('the application %s, which has no open list', (application) => {
    const stack = ownStack();
    expect(() => postern.allowResume(application, aMachine(stack))).toThrow(
      `Test: the application ${application} may resume no workflow. Write resumes: 'granted' into applications.${application} of the environment.`,
    );
  });

  it('the twenty-first workflow of an application, listed ones included', () => {
    const stack = ownStack();
    const allow = (i: number) =>
      postern.allowResume('orders', StateMachine.fromStateMachineArn(stack, `Imported${i}`, `${MACHINE}${i}`));
    for (let i = 2; i <= 20; i += 1) allow(i);
    expect(() => allow(21)).toThrow('/Imported21 is workflow 21 of the application orders; expected at most 20.');
  });

  it('workflows whose ARNs have more than 6,000 characters together', () => {
    const app = anAppOfUser();
    // A name of 80 characters makes an ARN of 131, which takes 134 in a list. 44 of them take 5,897.
    const ids = ['a0', 'a1', 'a2', 'a3'] as const;
    const postern = aPostern(
      app,
      Object.fromEntries(ids.map((id) => [id, { clients: [], resumes: 'granted' as const }])),
    );
    const stack = aStack(app);
    const allow = (index: number, chars: number) =>
      postern.allowResume(
        `a${Math.floor(index / 11)}`,
        StateMachine.fromStateMachineArn(
          stack,
          `Imported${index}-${chars}`,
          MACHINE.replace('Invoices', `${index + 10}`.padEnd(chars, 'x')),
        ),
      );
    for (let index = 0; index < 44; index += 1) allow(index, 80);
    expect(() => allow(43, 50)).toThrow(
      'the ARNs of all workflows have 6001 characters together; expected at most 6000, because one policy names all of them.',
    );
    expect(() => allow(43, 49)).not.toThrow();
  });
});
