import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { stageName } from '../stage.ts';
import { type CloudFormationTemplate, type EnvironmentRecord, recordTemplate, type StackRecord } from './record.ts';

/** What the command line of AWS printed, or why it failed. */
export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `aws` with these arguments. */
export type RunAws = (args: readonly string[], variables: Readonly<Record<string, string>>) => CommandResult;

export class NoDeployedTemplate extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoDeployedTemplate';
  }
}

const NOT_THERE: StackRecord = { resources: {}, exports: {}, imports: [] };

/** Stacks in these states have nothing in them: the next deployment begins anew. */
const EMPTY_STATES = ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE'];

/**
 * The deployed templates of an environment, asked of CloudFormation. Nothing where no stack is deployed. It takes the role
 * that `cdk bootstrap` made for reading, or asks with the credentials that are there.
 * @throws {NoDeployedTemplate} if CloudFormation could not be asked
 */
export const fetchDeployed = (
  { account, name, region }: Pick<Environment, 'account' | 'name' | 'region'>,
  runAws: RunAws,
): EnvironmentRecord | undefined => {
  const variables = { AWS_REGION: region, ...lookupRole(account, region, runAws) };
  const ask = (...args: readonly string[]): CommandResult =>
    runAws([...args, '--region', region, '--output', 'json'], variables);
  const stack = (kind: string): StackRecord => {
    const stackName = `${stageName(name)}-${kind}`;
    const described = ask('cloudformation', 'describe-stacks', '--stack-name', stackName);
    if (described.status !== 0) {
      if (/does not exist/.test(described.stderr)) return NOT_THERE;
      throw new NoDeployedTemplate(
        `CloudFormation was asked for the stack ${stackName} and answered: ${described.stderr.trim()}\n` +
          `Expected credentials that may read stacks of account ${account} in ${region}. Sign in to that account, or ` +
          'give the deployed templates with --against.',
      );
    }
    const { StackId, StackStatus } = (JSON.parse(described.stdout) as StackDescriptions).Stacks[0];
    const found = StackId.split(':')[4];
    if (found !== account) {
      throw new NoDeployedTemplate(
        `The credentials are those of account ${found}; expected ${account}, where "${name}" is. Sign in to that account.`,
      );
    }
    if (EMPTY_STATES.includes(StackStatus)) return NOT_THERE;
    const got = ask('cloudformation', 'get-template', '--stack-name', stackName, '--template-stage', 'Original');
    if (got.status !== 0) throw new NoDeployedTemplate(`No template of ${stackName}: ${got.stderr.trim()}`);
    return recordTemplate(templateOf(got.stdout, stackName));
  };
  return unlessEmpty({ state: stack('State'), gateway: stack('Gateway') });
};

/**
 * The same from a folder with `State.json` and `Gateway.json`: templates, or what `aws cloudformation get-template` prints.
 * @throws {NoDeployedTemplate} if a file is no template, or if there is neither
 */
export const readDeployed = (folder: string): EnvironmentRecord => {
  const stack = (kind: string): StackRecord => {
    const file = join(folder, `${kind}.json`);
    return existsSync(file) ? recordTemplate(templateOf(readFileSync(file, 'utf8'), file)) : NOT_THERE;
  };
  const deployed = unlessEmpty({ state: stack('State'), gateway: stack('Gateway') });
  if (deployed === undefined) {
    throw new NoDeployedTemplate(
      `${folder} has neither State.json nor Gateway.json; expected the deployed templates, as ` +
        '`aws cloudformation get-template --stack-name Prod-State > State.json` writes them.',
    );
  }
  return deployed;
};

interface StackDescriptions {
  readonly Stacks: readonly [{ readonly StackId: string; readonly StackStatus: string }];
}

const unlessEmpty = (record: EnvironmentRecord): EnvironmentRecord | undefined =>
  record.state === NOT_THERE && record.gateway === NOT_THERE ? undefined : record;

const templateOf = (text: string, source: string): CloudFormationTemplate => {
  const parsed = parse(text) as { readonly TemplateBody?: unknown; readonly Resources?: unknown } | undefined;
  const body = typeof parsed?.TemplateBody === 'string' ? parse(parsed.TemplateBody) : (parsed?.TemplateBody ?? parsed);
  if (typeof body !== 'object' || body === null || !('Resources' in body)) {
    throw new NoDeployedTemplate(`${source} is no template in JSON; expected one with \`Resources\`.`);
  }
  return body as CloudFormationTemplate;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Nothing where the role cannot be taken: then the credentials that are there have to do. */
const lookupRole = (account: string, region: string, runAws: RunAws): Readonly<Record<string, string>> => {
  const role = `arn:aws:iam::${account}:role/cdk-hnb659fds-lookup-role-${account}-${region}`;
  const { status, stdout } = runAws(
    ['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'postern-check-update', '--output', 'json'],
    { AWS_REGION: region },
  );
  if (status !== 0) return {};
  const { AccessKeyId, SecretAccessKey, SessionToken } = (
    JSON.parse(stdout) as { readonly Credentials: Readonly<Record<string, string>> }
  ).Credentials;
  return {
    AWS_ACCESS_KEY_ID: `${AccessKeyId}`,
    AWS_SECRET_ACCESS_KEY: `${SecretAccessKey}`,
    AWS_SESSION_TOKEN: `${SessionToken}`,
  };
};
