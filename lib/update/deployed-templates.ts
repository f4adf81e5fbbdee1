import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudFormationTemplate, EnvironmentTemplates } from './record.ts';

/** Result of a call of the AWS CLI. */
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

/** Where an environment is deployed. */
export interface DeployedEnvironment {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** Names of its stacks. */
  readonly stackNames: { readonly state: string; readonly gateway: string };
  /** ARN of the role of `cdk bootstrap` that may read stacks. */
  readonly lookupRole?: string;
}

const NO_STACK: CloudFormationTemplate = {};

/** States of stacks without resources. The next deployment creates the stack again. */
const EMPTY_STATES = ['REVIEW_IN_PROGRESS', 'ROLLBACK_COMPLETE', 'DELETE_COMPLETE'];

/**
 * Fetches the deployed templates of an environment from CloudFormation. Returns undefined if no stack is deployed. Assumes
 * the lookup role; without it, uses the current credentials.
 * @throws {NoDeployedTemplate} if CloudFormation does not return the templates
 */
export const fetchDeployed = (
  { account, lookupRole, name, region, stackNames }: DeployedEnvironment,
  runAws: RunAws,
): EnvironmentTemplates | undefined => {
  const variables = { AWS_REGION: region, ...credentialsOf(lookupRole, region, runAws) };
  const ask = (...args: readonly string[]): CommandResult =>
    runAws([...args, '--region', region, '--output', 'json'], variables);
  const stack = (stackName: string): CloudFormationTemplate => {
    const described = ask('cloudformation', 'describe-stacks', '--stack-name', stackName);
    if (described.status !== 0) {
      if (/does not exist/.test(described.stderr)) return NO_STACK;
      throw refused(stackName, described, `stacks of account ${account} in ${region}`);
    }
    const { StackId, StackStatus } = (JSON.parse(described.stdout) as StackDescriptions).Stacks[0];
    const found = StackId.split(':')[4];
    if (found !== account) {
      throw new NoDeployedTemplate(
        `The credentials are those of account ${found}; expected ${account}, where "${name}" is. Sign in to that account.`,
      );
    }
    if (EMPTY_STATES.includes(StackStatus)) return NO_STACK;
    const got = ask('cloudformation', 'get-template', '--stack-name', stackName, '--template-stage', 'Original');
    if (got.status !== 0) throw new NoDeployedTemplate(`No template of ${stackName}: ${got.stderr.trim()}`);
    return templateOf(got.stdout, stackName);
  };
  return unlessEmpty({ state: stack(stackNames.state), gateway: stack(stackNames.gateway) });
};

/** What the AWS CLI prints if it finds no credentials. */
const NO_CREDENTIALS = /Unable to locate credentials/;

/** @param read what the credentials must be allowed to read */
const refused = (stackName: string, { status, stderr }: CommandResult, read: string): NoDeployedTemplate => {
  const told = stderr.trim();
  if (status === null) {
    return new NoDeployedTemplate(
      `The AWS CLI does not start: ${told} Or give the deployed templates with --against, which needs no AWS.`,
    );
  }
  if (NO_CREDENTIALS.test(told)) {
    return new NoDeployedTemplate(
      `This shell has no credentials of AWS; expected some that may read ${read}. Sign in with \`aws sso login\`, or set ` +
        'AWS_PROFILE. With --against, which reads the deployed templates from files, no credentials are needed.',
    );
  }
  return new NoDeployedTemplate(
    `CloudFormation refused to describe the stack ${stackName}: ${told}\n` +
      `Expected credentials that may read ${read}. Sign in to that account, or give the deployed templates with --against.`,
  );
};

/**
 * Reads the deployed templates from `State.json` and `Gateway.json` in a folder. Each file has a template, or the output of
 * `aws cloudformation get-template`.
 * @throws {NoDeployedTemplate} if a file is not a template, or if both files are missing
 */
export const readDeployed = (folder: string): EnvironmentTemplates => {
  const stack = (kind: string): CloudFormationTemplate => {
    const file = join(folder, `${kind}.json`);
    return existsSync(file) ? templateOf(readFileSync(file, 'utf8'), file) : NO_STACK;
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

const unlessEmpty = (templates: EnvironmentTemplates): EnvironmentTemplates | undefined =>
  templates.state === NO_STACK && templates.gateway === NO_STACK ? undefined : templates;

const templateOf = (text: string, source: string): CloudFormationTemplate => {
  const parsed = parse(text) as { readonly TemplateBody?: unknown; readonly Resources?: unknown } | undefined;
  const body = typeof parsed?.TemplateBody === 'string' ? parse(parsed.TemplateBody) : (parsed?.TemplateBody ?? parsed);
  if (typeof body !== 'object' || body === null || !('Resources' in body)) {
    throw new NoDeployedTemplate(`${source} is not a JSON template; expected an object with \`Resources\`.`);
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

/** Credentials of a role, as environment variables. Empty if there is none, or if it cannot be assumed. */
const credentialsOf = (role: string | undefined, region: string, runAws: RunAws): Readonly<Record<string, string>> => {
  if (role === undefined) return {};
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
