import { runSimulation } from '@cloud-copilot/iam-simulate';
import { Aws, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IGrantable, Role, type RoleProps, ServicePrincipal, User } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { ENABLE_PARTITION_LITERALS } from 'aws-cdk-lib/cx-api';
import { describe, expect, it } from 'vitest';
import { anAppOfUser, aPostern, aStack, PLACE } from '../support/postern-app.ts';
import { resourcesOf } from '../support/template.ts';

const { account: ACCOUNT } = PLACE;
const LISTED = `arn:aws:iam::${ACCOUNT}:role/Listed`;
const FUNCTION = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:open`;
const targetOf = (application: string) => `${FUNCTION}:open-${application}`;
/** What CloudFormation makes of a role without a name. */
const generated = (path: string) => `arn:aws:iam::${ACCOUNT}:role${path}Invoices-Opener-1A2B3C`;

const APPLICATIONS = {
  invoices: { invokers: 'granted' },
  orders: { invokers: [LISTED] },
  small: { clients: ['small'] },
} as const;

const rolesIn = (stack: Stack) => ({
  stack,
  aRole: (id: string, props: Partial<RoleProps> = {}) =>
    new Role(stack, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), ...props }),
});

const anEnvironment = () => {
  const app = anAppOfUser();
  const postern = aPostern(app, APPLICATIONS);
  return { app, postern, ...rolesIn(aStack(app)) };
};
type World = ReturnType<typeof anEnvironment>;

/** Templates of the user's stack and of the gateway. */
const templatesOf = ({ postern, stack }: World) => ({
  user: Template.fromStack(stack),
  gateway: Template.fromStack(postern.node.findChild('Gateway') as Stack),
});

type Policy = { readonly Statement: readonly Readonly<Record<string, unknown>>[] };

/** Policies of the targets by application, as Lambda has them. */
const targetPolicies = (gateway: Template): Readonly<Record<string, Policy>> => {
  const aliases = resourcesOf(gateway, 'AWS::Lambda::Alias');
  return Object.fromEntries(
    Object.values(resourcesOf(gateway, 'AWS::Lambda::ResourcePolicy')).map(({ Properties }) => {
      const { Ref: id } = Properties.ResourceArn as { readonly Ref: string };
      const application = `${aliases[id]?.Properties.Name}`.replace(/^open-/, '');
      const text = JSON.stringify(Properties.PolicyDocument);
      return [
        application,
        JSON.parse(text.replaceAll(JSON.stringify({ Ref: id }), JSON.stringify(targetOf(application)))) as Policy,
      ];
    }),
  );
};

/** The statements of the roles of a user's stack, with the ARN of the function that it imports. */
const ownPolicy = (user: Template): Policy => ({
  Statement: Object.values(resourcesOf(user, 'AWS::IAM::Policy')).flatMap(
    ({ Properties }) =>
      JSON.parse(JSON.stringify(Properties.PolicyDocument), (_, value: unknown) => {
        const join = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] } | null)?.['Fn::Join'];
        return join?.[1].map((part) => (typeof part === 'string' ? part : FUNCTION)).join('') ?? value;
      }).Statement,
  ),
});

const NO_RIGHTS: Policy = { Statement: [] };
const ALL_RIGHTS: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

const decide = async (world: World, principal: string, application: string, own: Policy): Promise<string> => {
  const resourcePolicy = targetPolicies(templatesOf(world).gateway)[application];
  const response = await runSimulation(
    {
      request: {
        action: 'lambda:InvokeFunction',
        principal,
        resource: { resource: targetOf(application), accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': principal },
      },
      identityPolicies: [{ name: 'own', policy: { Version: '2012-10-17', ...own } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: { Version: '2012-10-17', ...resourcePolicy },
    },
    {},
  );
  if (response.resultType === 'error') throw new Error(JSON.stringify(response.errors));
  return response.overallResult;
};

describe('grantOpen of a role without a name', () => {
  const path = '/postern-openers/test/invoices/';
  const world = anEnvironment();
  world.postern.grantOpen('invoices', world.aRole('Opener'));

  it('gives the role a path, and its policy the right to invoke the target', () => {
    const { gateway, user } = templatesOf(world);
    const [role] = Object.values(resourcesOf(user, 'AWS::IAM::Role'));
    expect(role?.Properties.Path).toBe(path);
    expect(ownPolicy(user)).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: targetOf('invoices') }],
    });
    expect(targetPolicies(gateway).invoices?.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Condition: { ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${ACCOUNT}:role${path}*`] } },
      }),
    ]);
  });

  it('makes no cycle: the gateway names nothing of the user’s stack', () => {
    const { app, postern, stack } = world;
    const { stacks } = app.synth();
    const gateway = stacks.find(({ stackName }) => stackName === 'Test-Gateway');
    expect(gateway?.dependencies.map(({ id }) => id)).not.toContain('Invoices');
    expect(JSON.stringify(gateway?.template)).not.toContain('"Fn::ImportValue":"Invoices');
    expect(stack.dependencies).toContain(postern.node.findChild('Gateway'));
  });

  it('O4 lets in the role by its own policy', async () => {
    const own = ownPolicy(templatesOf(world).user);
    expect(await decide(world, generated(path), 'invoices', own)).toBe('Allowed');
    expect(await decide(world, generated(path), 'invoices', NO_RIGHTS)).toBe('ImplicitlyDenied');
  });

  it.each([
    ['an administrator', `arn:aws:iam::${ACCOUNT}:role/Administrator`],
    ['a user', `arn:aws:iam::${ACCOUNT}:user/postern-openers/test/invoices/someone`],
    ['an opener of another application', generated('/postern-openers/test/orders/')],
    ['an opener of another environment', generated('/postern-openers/prod/invoices/')],
    ['a function of Postern', generated('/postern/test/')],
    ['a path that only begins in the same way', generated('/postern-openers/test/invoices-of-others/')],
    ['an opener of another account', generated(path).replace(ACCOUNT, '210987654321')],
  ])('O4 denies the target to %s with all rights', async (_who, principal) => {
    expect(await decide(world, principal, 'invoices', ALL_RIGHTS)).toBe('ExplicitlyDenied');
  });

  it('O4 opens no target of another application', async () => {
    expect(await decide(world, generated(path), 'orders', ownPolicy(templatesOf(world).user))).toBe('ExplicitlyDenied');
    expect(await decide(world, generated(path), 'orders', ALL_RIGHTS)).toBe('ExplicitlyDenied');
  });

  it('O4 opens no data: policies of tables, keys and buckets do not let the path in', () => {
    const { postern } = world;
    const state = JSON.stringify(Template.fromStack(postern.node.findChild('State') as Stack).toJSON());
    expect(state).toContain(`:role/postern/test/*`);
    expect(path.startsWith('/postern/')).toBe(false);
    expect(state).not.toContain('openers');
  });

  it('works twice, for several roles, and for a role behind a wrapper', () => {
    const several = anEnvironment();
    const { aRole, postern } = several;
    const role = aRole('Opener');
    for (const one of [role, role, aRole('Other'), aRole('Wrapped').withoutPolicyUpdates()]) {
      postern.grantOpen('invoices', one);
    }
    const { gateway, user } = templatesOf(several);
    expect(Object.values(resourcesOf(user, 'AWS::IAM::Role')).map(({ Properties }) => Properties.Path)).toEqual([
      path,
      path,
      path,
    ]);
    expect(JSON.stringify(targetPolicies(gateway).invoices).split(path)).toHaveLength(2);
  });
});

describe('grantOpen of a role with a name', () => {
  const NAMED = `arn:aws:iam::${ACCOUNT}:role/teams/InvoicesOpener`;
  const granted = (application: 'invoices' | 'orders') => {
    const world = anEnvironment();
    world.postern.grantOpen(application, world.aRole('Opener', { roleName: 'InvoicesOpener', path: '/teams/' }));
    return world;
  };
  const worlds = { invoices: granted('invoices'), orders: granted('orders') };

  it('names its ARN in the denial only, because the role does not exist before the gateway', () => {
    const { gateway, user } = templatesOf(worlds.orders);
    expect(Object.values(resourcesOf(user, 'AWS::IAM::Role'))[0]?.Properties.Path).toBe('/teams/');
    expect(targetPolicies(gateway).orders?.Statement).toMatchObject([
      { Effect: 'Allow', Principal: { AWS: LISTED } },
      { Effect: 'Deny', Condition: { ArnNotEquals: { 'aws:PrincipalArn': [LISTED, NAMED] } } },
    ]);
  });

  it.each(['invoices', 'orders'] as const)('O4 lets in the role for %s, and nobody else', async (application) => {
    const world = worlds[application];
    const own = ownPolicy(templatesOf(world).user);
    expect(await decide(world, NAMED, application, own)).toBe('Allowed');
    expect(await decide(world, NAMED, application, NO_RIGHTS)).toBe('ImplicitlyDenied');
    const others = [NAMED.replace('/teams', ''), `${NAMED}2`, `arn:aws:iam::${ACCOUNT}:role/Administrator`];
    for (const other of others) {
      expect([other, await decide(world, other, application, ALL_RIGHTS)]).toEqual([other, 'ExplicitlyDenied']);
    }
  });

  it('keeps the listed roles of the application', async () => {
    expect(await decide(worlds.orders, LISTED, 'orders', NO_RIGHTS)).toBe('Allowed');
    expect(await decide(worlds.invoices, LISTED, 'invoices', ALL_RIGHTS)).toBe('ExplicitlyDenied');
  });

  it('lets one role open tasks of two applications', async () => {
    const world = anEnvironment();
    const role = world.aRole('Opener', { roleName: 'Both' });
    world.postern.grantOpen('invoices', role);
    world.postern.grantOpen('orders', role);
    const own = ownPolicy(templatesOf(world).user);
    const arn = `arn:aws:iam::${ACCOUNT}:role/Both`;
    expect(await decide(world, arn, 'invoices', own)).toBe('Allowed');
    expect(await decide(world, arn, 'orders', own)).toBe('Allowed');
  });

  it('takes 15 roles with the listed one, and refuses the sixteenth', () => {
    const { aRole, postern } = anEnvironment();
    for (let i = 2; i <= 15; i += 1) postern.grantOpen('orders', aRole(`Role${i}`, { roleName: `Role${i}` }));
    expect(() => postern.grantOpen('orders', aRole('Role16', { roleName: 'Role16' }))).toThrow(
      "Invoices/Role16: grantOpen('orders') is the grant to role 16 that the policy of the invocation target names; expected at most 15.",
    );
  });
});

describe('grantOpen of an imported role', () => {
  const IMPORTED = `arn:aws:iam::${ACCOUNT}:role/teams/Imported`;

  it.each([true, false])('O4 lets it in by the policy of the target (mutable: %s)', async (mutable) => {
    const world = anEnvironment();
    world.postern.grantOpen('invoices', Role.fromRoleArn(world.stack, 'Imported', IMPORTED, { mutable }));
    expect(await decide(world, IMPORTED, 'invoices', NO_RIGHTS)).toBe('Allowed');
    expect(await decide(world, `${IMPORTED}2`, 'invoices', ALL_RIGHTS)).toBe('ExplicitlyDenied');
  });
});

describe('grantOpen of a role that is imported by its name', () => {
  it.each([true, false])('O4 lets it in, with literal partitions in the app or without: %s', async (isLiteral) => {
    const world = anEnvironment();
    const stack = aStack(world.app, 'Named');
    stack.node.setContext(ENABLE_PARTITION_LITERALS, isLiteral);
    world.postern.grantOpen('invoices', Role.fromRoleName(stack, 'Imported', 'Imported'));
    const arn = `arn:aws:iam::${ACCOUNT}:role/Imported`;
    expect(await decide(world, arn, 'invoices', NO_RIGHTS)).toBe('Allowed');
    expect(await decide(world, `${arn}2`, 'invoices', ALL_RIGHTS)).toBe('ExplicitlyDenied');
  });
});

describe('grantOpen of a construct', () => {
  const code = Code.fromInline('exports.handler = async () => {};');

  it.each<[string, (stack: Stack) => IGrantable]>([
    [
      'function',
      (stack) => new LambdaFunction(stack, 'Opener', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code }),
    ],
    [
      'state machine',
      (stack) =>
        new StateMachine(stack, 'Opener', { definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')) }),
    ],
  ])('lets in the role of a %s', async (_kind, make) => {
    const world = anEnvironment();
    world.postern.grantOpen('invoices', make(world.stack));
    const own = ownPolicy(templatesOf(world).user);
    expect(await decide(world, generated('/postern-openers/test/invoices/'), 'invoices', own)).toBe('Allowed');
    expect(() => world.app.synth()).not.toThrow();
  });
});

describe('grantOpen refuses', () => {
  const shared = anEnvironment();
  let stacks = 0;
  /** The same environment, with a stack of its own for each test. */
  const withOwnStack = (): World => {
    stacks += 1;
    return { ...shared, ...rolesIn(aStack(shared.app, `Invoices${stacks}`)) };
  };

  it.each<[string, (world: World) => IGrantable, string]>([
    ['a service', () => new ServicePrincipal('events.amazonaws.com'), 'The grantee: grantOpen'],
    ['a user', ({ stack }) => new User(stack, 'Someone'), '/Someone: grantOpen'],
    [
      'a function without a known role',
      ({ stack }) => LambdaFunction.fromFunctionArn(stack, 'Imported', FUNCTION),
      '/Imported: grantOpen',
    ],
  ])('%s', (_what, make, words) => {
    const world = withOwnStack();
    expect(() => world.postern.grantOpen('invoices', make(world))).toThrow(
      `${words}('invoices') got a principal without a role; expected a role, or a construct that runs with one`,
    );
  });

  it('an imported role of another account', () => {
    const { postern, stack } = withOwnStack();
    const role = Role.fromRoleArn(stack, 'Partner', 'arn:aws:iam::210987654321:role/Partner');
    expect(() => postern.grantOpen('invoices', role)).toThrow(
      "/Partner: grantOpen('invoices') got the role arn:aws:iam::210987654321:role/Partner; expected one of account " +
        `${ACCOUNT}. In another account, name the ARN of the role in \`invokers\` of the application.`,
    );
  });

  it('an imported role whose ARN synth does not know', () => {
    const { postern, stack } = withOwnStack();
    const role = Role.fromRoleArn(stack, 'Unknown', `arn:aws:iam::${Aws.ACCOUNT_ID}:role/Unknown`);
    expect(() => postern.grantOpen('invoices', role)).toThrow(
      'got a role whose ARN synth does not know. Import it by its whole ARN: `Role.fromRoleArn`.',
    );
  });

  it.each([
    [{ ...PLACE, region: 'us-east-1' }, 'with account 123456789012 and Region us-east-1'],
    [{ ...PLACE, account: '210987654321' }, 'with account 210987654321 and Region eu-west-1'],
    [{}, 'with no account of its own and no Region of its own'],
  ])('a role of a stack with %j', (env, words) => {
    const { app, postern, stack } = withOwnStack();
    const role = new Role(new Stack(app, `${stack.node.id}Away`, { env }), 'Opener', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    expect(() => postern.grantOpen('invoices', role)).toThrow(`Away ${words}; expected account`);
  });

  it('a role without a name that has a path already', () => {
    const { aRole, postern } = withOwnStack();
    expect(() => postern.grantOpen('invoices', aRole('Opener', { path: '/teams/' }))).toThrow(
      "/Opener: grantOpen('invoices') got a role with the path /teams/ and without a name that synth knows. Give the role a",
    );
  });

  it('a role without a name for a second application', () => {
    const { aRole, postern } = withOwnStack();
    const role = aRole('Opener');
    postern.grantOpen('invoices', role);
    expect(() => postern.grantOpen('orders', role)).toThrow(
      'a role that creates tasks of several applications needs a `roleName`.',
    );
  });

  it('an application without invokers, or one that does not exist', () => {
    const { aRole, postern } = withOwnStack();
    expect(() => postern.grantOpen('small', aRole('Opener'))).toThrow(
      "Test: the application small has no invocation target. Write invokers: 'granted' into applications.small of the environment.",
    );
    expect(() => postern.grantOpen('invoice' as 'invoices', aRole('Other'))).toThrow(
      'Test: there is no application "invoice"; expected one of invoices, orders, small. Did you mean `invoices`?',
    );
  });
});

describe('an invocation target', () => {
  it('that nobody was granted denies everybody', async () => {
    const world = anEnvironment();
    for (const role of [LISTED, generated('/postern-openers/test/invoices/')]) {
      expect(await decide(world, role, 'invoices', ALL_RIGHTS)).toBe('ExplicitlyDenied');
    }
  });

  it('exports its function while it is granted, so that a grant can be taken back', () => {
    const { gateway } = templatesOf(anEnvironment());
    expect(JSON.stringify(gateway.findOutputs('*', { Export: {} }))).toMatch(/FrontOpen\w+Arn/);
  });

  it('grants the whole right with its own method', async () => {
    const world = anEnvironment();
    const target = world.postern.invocationTarget('invoices');
    target.grantOpen(world.aRole('Opener'));
    const own = ownPolicy(templatesOf(world).user);
    expect(await decide(world, generated('/postern-openers/test/invoices/'), 'invoices', own)).toBe('Allowed');
  });
});
