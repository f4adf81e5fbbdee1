import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  type CommandResult,
  fetchDeployed,
  type RunAws,
  readDeployed,
} from '../../../lib/update/deployed-templates.ts';
import { test as it } from '../../support/unit-fixtures.ts';

const PROD = {
  name: 'prod',
  account: '123456789012',
  region: 'eu-west-1',
  stackNames: { state: 'Prod-State', gateway: 'Prod-Gateway' },
  lookupRole: 'arn:aws:iam::123456789012:role/cdk-hnb659fds-lookup-role-123456789012-eu-west-1',
};
const ok = (answer: unknown): CommandResult => ({ status: 0, stdout: JSON.stringify(answer), stderr: '' });
const failed = (stderr: string): CommandResult => ({ status: 254, stdout: '', stderr });
const NOT_THERE = failed('An error occurred (ValidationError): Stack with id Prod-State does not exist');
const bucket = { Type: 'AWS::S3::Bucket', DeletionPolicy: 'Retain', Properties: { BucketName: 'kept' } };
const template = { Resources: { Kept: bucket }, Outputs: { A: { Value: 1, Export: { Name: 'Prod-State:A' } } } };
const described = (StackStatus = 'UPDATE_COMPLETE', account = PROD.account) =>
  ok({ Stacks: [{ StackId: `arn:aws:cloudformation:eu-west-1:${account}:stack/Prod-State/1`, StackStatus }] });

/** Stand-in for the AWS CLI: answers by its first two arguments and records its calls. */
const aws = (answers: Readonly<Record<string, (stackName: string) => CommandResult>>) => {
  const calls: { readonly args: readonly string[]; readonly variables: Readonly<Record<string, string>> }[] = [];
  const run: RunAws = (args, variables) => {
    calls.push({ args, variables });
    const answer = answers[args.slice(0, 2).join(' ')];
    return answer?.(args[args.indexOf('--stack-name') + 1] ?? '') ?? failed(`no answer for ${args.join(' ')}`);
  };
  return { run, calls };
};
const role = () => ok({ Credentials: { AccessKeyId: 'K', SecretAccessKey: 'S', SessionToken: 'T' } });

describe('the deployed templates of an environment', () => {
  it('are fetched from CloudFormation with the bootstrap’s lookup role', () => {
    const { calls, run } = aws({
      'sts assume-role': role,
      'cloudformation describe-stacks': () => described(),
      'cloudformation get-template': () => ok({ TemplateBody: template }),
    });
    expect(fetchDeployed(PROD, run)?.state).toEqual(template);
    const [assumed, ...asked] = calls;
    expect(assumed?.args).toContain('arn:aws:iam::123456789012:role/cdk-hnb659fds-lookup-role-123456789012-eu-west-1');
    const names = asked.map(({ args }) => args[args.indexOf('--stack-name') + 1]);
    expect(names).toEqual(['Prod-State', 'Prod-State', 'Prod-Gateway', 'Prod-Gateway']);
    for (const { args, variables } of asked) {
      expect(variables).toEqual({
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'K',
        AWS_SECRET_ACCESS_KEY: 'S',
        AWS_SESSION_TOKEN: 'T',
      });
      expect(args.slice(-4)).toEqual(['--region', 'eu-west-1', '--output', 'json']);
    }
  });

  it('are fetched with the current credentials if the role cannot be assumed', () => {
    const { calls, run } = aws({
      'sts assume-role': () => failed('AccessDenied'),
      'cloudformation describe-stacks': () => described(),
      'cloudformation get-template': () => ok({ TemplateBody: template }),
    });
    expect(fetchDeployed(PROD, run)).toBeDefined();
    expect(calls[1]?.variables).toEqual({ AWS_REGION: 'eu-west-1' });
  });

  it.each([
    ['no stack is there', () => NOT_THERE],
    ['the first deployment was rolled back to nothing', () => described('ROLLBACK_COMPLETE')],
    ['a change set was made and nothing else', () => described('REVIEW_IN_PROGRESS')],
  ])('do not exist if %s', (_what, answer) => {
    const { run } = aws({ 'sts assume-role': role, 'cloudformation describe-stacks': answer });
    expect(fetchDeployed(PROD, run)).toBeUndefined();
  });

  it('are those of State only if the gateway does not exist yet', () => {
    const { run } = aws({
      'sts assume-role': role,
      'cloudformation describe-stacks': (name) => (name === 'Prod-State' ? described() : NOT_THERE),
      'cloudformation get-template': () => ok({ TemplateBody: JSON.stringify(template) }),
    });
    const deployed = fetchDeployed(PROD, run);
    expect(Object.keys(deployed?.state.Resources ?? {})).toEqual(['Kept']);
    expect(deployed?.gateway).toEqual({});
  });

  it('are refused if they belong to another account', () => {
    const { run } = aws({
      'sts assume-role': role,
      'cloudformation describe-stacks': () => described('UPDATE_COMPLETE', '999999999999'),
    });
    expect(() => fetchDeployed(PROD, run)).toThrow(
      'The credentials are those of account 999999999999; expected 123456789012, where "prod" is.',
    );
  });

  it('are not treated as a first deployment if CloudFormation fails', () => {
    const { run } = aws({
      'sts assume-role': role,
      'cloudformation describe-stacks': () => failed('An error occurred (AccessDenied)'),
    });
    expect(() => fetchDeployed(PROD, run)).toThrow(
      'CloudFormation refused to describe the stack Prod-State: An error occurred (AccessDenied)',
    );
  });

  it('need credentials: without any, the error says how to get some and what needs none', () => {
    const missing = failed(
      '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
    );
    const { run } = aws({ 'sts assume-role': () => missing, 'cloudformation describe-stacks': () => missing });
    expect(() => fetchDeployed(PROD, run)).toThrow(
      'This shell has no credentials of AWS; expected some that may read stacks of account 123456789012 in eu-west-1. Sign in ' +
        'with `aws sso login`, or set AWS_PROFILE. With --against, which reads the deployed templates from files, no ' +
        'credentials are needed.',
    );
  });

  it('need the AWS CLI: without it, the error says so and what does not need it', () => {
    const run: RunAws = () => ({ status: null, stdout: '', stderr: 'spawnSync aws ENOENT. Install the AWS CLI.' });
    expect(() => fetchDeployed(PROD, run)).toThrow(
      'The AWS CLI does not start: spawnSync aws ENOENT. Install the AWS CLI. Or give the deployed templates with --against, ' +
        'which needs no AWS.',
    );
  });
});

describe('deployed templates in a folder', () => {
  it('are missing in an empty folder: the error names the command that writes them', ({ folder }) => {
    expect(() => readDeployed(folder)).toThrow(
      /has neither State\.json nor Gateway\.json; expected the deployed templates/,
    );
  });

  it.for([
    ['a template', template],
    ['what get-template prints', { TemplateBody: template }],
    ['what get-template prints, as text', { TemplateBody: JSON.stringify(template) }],
  ] as const)('are read from %s', ([_what, content], { folder }) => {
    writeFileSync(join(folder, 'State.json'), JSON.stringify(content));
    expect(Object.keys(readDeployed(folder).state.Resources ?? {})).toEqual(['Kept']);
  });

  it('are refused if a file is not a template', ({ folder }) => {
    writeFileSync(join(folder, 'State.json'), '{"Outputs":{}}');
    expect(() => readDeployed(folder)).toThrow(
      'State.json is not a JSON template; expected an object with `Resources`.',
    );
  });
});
