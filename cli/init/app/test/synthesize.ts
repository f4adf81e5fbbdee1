import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export type Resources = Readonly<Record<string, Resource>>;

interface Finding {
  readonly ruleName: string;
  readonly description: string;
}

/** What "npx cdk synth" makes of this app. */
export interface Synthesized {
  readonly state: Resources;
  readonly gateway: Resources;
  /** Findings of the template checks that nothing acknowledges. */
  readonly findings: readonly Finding[];
}

/** Types of resources with data that nothing can make again. */
const DATA = ['AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key', 'AWS::S3::Bucket', 'AWS::Cognito::UserPool'];

/** Types of the resources with data, by the ids of the resources. */
export const dataOf = (resources: Resources): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(resources).flatMap(([id, { Type }]): [string, string][] =>
      DATA.includes(Type) ? [[id, Type]] : [],
    ),
  );

interface Artifact {
  readonly type: string;
  readonly displayName?: string;
  readonly properties?: { readonly templateFile?: string };
}

/** What "cdk synth" says about a mistake, without the stacks of Node, which name no line of this app's settings. */
const withoutStack = (text: string): string =>
  text
    .replace(/^\S+:\d+\n.*\n\s*\^+\n\s*/m, '')
    .replaceAll(/^ {4}at .*\n/gm, '')
    .replace(/^\s*Node\.js v.*\n/m, '');

/** Runs "cdk synth" as you do, into a temporary folder. It needs no credentials. A mistake ends the process with its message. */
export const synthesize = (): Synthesized => {
  const out = mkdtempSync(join(tmpdir(), 'postern-templates-'));
  try {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const cdk = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk');
    const { error, status, stderr } = spawnSync(process.execPath, [cdk, 'synth', '--quiet', '--ci', '--output', out], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1e8,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (error !== undefined) throw error;
    process.stderr.write(status === 0 ? stderr : withoutStack(stderr));
    if (status !== 0) {
      rmSync(out, { recursive: true });
      process.exit(1);
    }
    const read = (file: string) => JSON.parse(readFileSync(join(out, file), 'utf8'));
    const artifacts: readonly Artifact[] = Object.values(read('manifest.json').artifacts);
    const resourcesOf = (stack: string): Resources => {
      const file = artifacts.find(({ displayName }) => displayName?.startsWith(stack))?.properties?.templateFile;
      if (file === undefined) throw new Error(`The app has no stack ${stack}.`);
      return read(file).Resources;
    };
    const reports: readonly { readonly violations: readonly Finding[] }[] =
      read('validation-report.json').pluginReports;
    return {
      state: resourcesOf('__STACKS__/State'),
      gateway: resourcesOf('__STACKS__/Gateway'),
      findings: reports.flatMap(({ violations }) => violations),
    };
  } finally {
    rmSync(out, { recursive: true });
  }
};
