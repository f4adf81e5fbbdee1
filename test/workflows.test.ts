import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_WAVES } from '../lib/config/operation.ts';
import { stackNamePrefix } from '../lib/names.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const FOLDER = new URL('../.github/workflows/', import.meta.url);
const files = readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const);
const textOf = (name: string) => files.find(([file]) => file === name)?.[1] ?? '';

/** Jobs of a workflow by name: the keys below `jobs:` that are indented by two. */
const jobsOf = (text: string): Readonly<Record<string, string>> => {
  const [, jobs = ''] = text.split(/^jobs:$/m);
  const parts = jobs.split(/^ {2}([\w-]+):$/m).slice(1);
  return Object.fromEntries(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1] ?? '']] : [])));
};
const jobs = files.flatMap(([file, text]) => Object.entries(jobsOf(text)).map(([name, job]) => ({ file, name, job })));
const deploy = jobsOf(textOf('deploy.yml'));
const ci = jobsOf(textOf('ci.yml'));
const rootFile = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const WAVES = DEPLOYMENT_WAVES.map((wave) => `wave${wave}`);

describe('the workflows', () => {
  it.each(files)('%s pins actions of others by commit and names their version', (_name, text) => {
    const used = [...text.matchAll(/uses: (.+)$/gm)].map(([, use = '']) => use);
    expect(used.length).toBeGreaterThan(0);
    for (const use of used) expect(use).toMatch(/^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
  });

  it('pin each action to the same commit everywhere', () => {
    const commits = new Map<string, Set<string>>();
    for (const [, text] of files) {
      for (const [, action = '', commit = ''] of text.matchAll(/uses: ([\w-]+\/[\w-]+)@([0-9a-f]{40} # .+)$/gm)) {
        commits.set(action, (commits.get(action) ?? new Set()).add(commit));
      }
    }
    expect([...commits.values()].map(({ size }) => size)).toEqual([...commits].map(() => 1));
  });

  it.each([
    ['github-actions', '/'],
    ['npm', '/'],
    ['npm', '/benchmarks'],
    ['npm', '/.ci/peers/newest'],
    ['pip', '/.ci'],
    ['gomod', '/.ci/opa'],
  ])('get newer versions of %s in %s from Dependabot, packages in groups', (ecosystem, directory) => {
    const update = rootFile('.github/dependabot.yml')
      .split('  - package-ecosystem: ')
      .find((part) => part.startsWith(`${ecosystem}\n    directory: ${directory}\n`));
    expect(update).toMatch(/schedule: \{ interval: (weekly|monthly) \}/);
    if (ecosystem !== 'github-actions') expect(update).toContain('    groups:\n');
  });

  it.each(jobs)('$file: $name runs no install script if it may take a role', ({ job }) => {
    if (!job.includes('id-token: write') || !job.includes('runs-on:')) return;
    expect(job.match(/\bnpm (ci|i|install)\b.*$/gm)).toEqual(['npm ci --ignore-scripts']);
  });

  it('audit shipped packages and list every package, without a role', () => {
    const { audit = '', sbom = '' } = jobsOf(textOf('dependencies.yml'));
    expect(audit).toContain('run: bash .ci/audit');
    expect(sbom).toContain('npm sbom --package-lock-only --sbom-format cyclonedx');
    expect(sbom).toContain('actions/upload-artifact@');
    expect(textOf('dependencies.yml')).not.toContain('id-token');
    // Advisories appear without a change of ours.
    expect(textOf('dependencies.yml')).toContain('schedule:');
  });

  it.each(jobs)('$file: $name takes only the role of its GitHub environment', ({ job }) => {
    if (!job.includes('configure-aws-credentials')) return;
    expect(job).toContain('id-token: write');
    expect(job).toMatch(/^ {4}environment: \$\{\{ (inputs\.environment|matrix\.environment) \}\}/m);
    expect(job).toMatch(/role-to-assume: \$\{\{ vars\.AWS_ROLE_ARN \}\}$/m);
    // Code from a cache that another run wrote would run with the role.
    expect(job).toContain('package-manager-cache: false');
    expect(job).not.toContain('cache: npm');
  });

  it.each(jobs)('$file: $name keeps no repository token in its checkout and has a time-out', ({ job }) => {
    if (!job.includes('runs-on:')) return;
    expect(job.match(/persist-credentials: false/g)).toHaveLength(job.match(/actions\/checkout@/g)?.length ?? 0);
    expect(job).toContain('timeout-minutes:');
  });

  it('show the diff of each environment on a pull request, with a role that cannot deploy', () => {
    expect(deploy.diff).toContain("github.event_name == 'pull_request' && ");
    expect(deploy.diff).toMatch(/environment: \$\{\{ matrix\.environment \}\}-diff$/m);
    // Without it, the CDK makes a change set with the role that deploys.
    expect(deploy.diff).toMatch(/npx cdk diff .* --method=template/);
    // With `shell: bash` GitHub sets `pipefail`, so that a failure before a pipe fails the step.
    expect(deploy.diff).toContain('shell: bash');
  });

  it('check that the update is safe on a pull request and before a deployment', () => {
    expect(deploy.diff).toContain('npm run -s check-update -- "$ENVIRONMENT"');
    // The summary has the answer, and an unsafe update fails the job.
    expect(deploy.diff).toMatch(/\|\| status=\$\?\n[\s\S]*GITHUB_STEP_SUMMARY"\n +exit "\$\{status:-0\}"/);
    const [job = ''] = Object.values(jobsOf(textOf('deploy-environment.yml')));
    expect(job.indexOf('npm run -s check-update')).toBeGreaterThan(0);
    expect(job.indexOf('npm run -s check-update')).toBeLessThan(job.indexOf('npx cdk deploy'));
  });

  it('deploy main alone, after the checks of the same commit', () => {
    expect(textOf('deploy.yml')).toMatch(/push:\n {4}branches: \[main\]/);
    expect(deploy.check).toContain('uses: ./.github/workflows/ci.yml');
    expect(textOf('ci.yml')).toContain('workflow_call:');
    for (const wave of WAVES) {
      expect(deploy[wave]).toMatch(/^ {4}if: .*github\.event_name == 'push'/m);
      expect(deploy[wave]).toMatch(/^ {4}needs: \[check, /m);
    }
  });

  it('deploy in waves: each waits for all earlier ones and skips after a failure', () => {
    for (const [i, wave] of WAVES.entries()) {
      expect(deploy[wave]).toContain(`needs: [${['check', 'environments', ...WAVES.slice(0, i)].join(', ')}]`);
      if (i > 0) expect(deploy[wave]).toMatch(/^ {4}if: \$\{\{ !failure\(\) && !cancelled\(\) && /m);
    }
  });

  it('deploy every file of environments/ and name none', () => {
    expect(deploy.environments).toContain('npx tsx bin/list-environments.ts >> "$GITHUB_OUTPUT"');
    for (const [job, list] of [['diff', 'all'], ...WAVES.map((wave) => [wave, wave] as const)] as const) {
      expect(deploy.environments).toContain(`${list}: \${{ steps.list.outputs.${list} }}`);
      expect(deploy[job]).toContain(`environment: \${{ fromJSON(needs.environments.outputs.${list}) }}`);
      // GitHub reports an empty matrix as an error.
      expect(deploy[job]).toContain(`needs.environments.outputs.${list} != '[]'`);
    }
    const named = files.flatMap(([, text]) => text.match(/environment: (?!\$)[\w[].*$/gm) ?? []);
    expect(named).toEqual([]);
  });

  it('read only the file of the environment that they show or deploy', () => {
    for (const [, text] of files) {
      const commands = text.match(/npx cdk .*$/gm) ?? [];
      for (const command of commands) {
        expect(command).toMatch(/ "\$\{ENVIRONMENT\^\}\/\*" -c "postern:environment=\$ENVIRONMENT"/);
      }
    }
  });

  it('name both stacks of an environment by the id that the app gives its construct', () => {
    const options = { encoding: 'utf8', env: { ...process.env, ENVIRONMENT: 'trial-2' } } as const;
    const [, id] = /npx cdk deploy "(\S+)\/\*"/.exec(textOf('deploy-environment.yml')) ?? [];
    const { stdout } = spawnSync('bash', ['-c', `printf "${id}"`], options);
    expect(stdout).toBe('Trial-2');
    expect(stackNamePrefix('trial-2')).toBe(stdout);
    expect(rootFile('bin/postern.ts')).toContain('new Postern(app, stackNamePrefix(environment.name), {');
  });

  it('run the smoke test after each deployment', () => {
    const [job = ''] = Object.values(jobsOf(textOf('deploy-environment.yml')));
    expect(job.indexOf('npx cdk deploy')).toBeGreaterThan(0);
    expect(job.indexOf('npm run -s smoke')).toBeGreaterThan(job.indexOf('npx cdk deploy'));
    // The secret belongs to the GitHub environment. A called workflow sees it only with `secrets: inherit`.
    expect(job).toContain('secrets.POSTERN_SMOKE_CLIENT_JWK');
    for (const wave of WAVES) expect(deploy[wave]).toContain('secrets: inherit');
  });

  it('are trusted by a subject with ids, and the page names the older form too', () => {
    const page = readFileSync(new URL('../docs/operate/deploying.md', import.meta.url), 'utf8');
    const [policy = ''] = page.match(/"token\.actions\.githubusercontent\.com:sub": "[^"]+"/) ?? [];
    expect(policy).toContain('"repo:ORGANISATION@ORGANISATION_ID/REPOSITORY@REPOSITORY_ID:environment:prod"');
    expect(page).toContain('`repo:ORGANISATION/REPOSITORY:environment:prod`');
    // A wildcard would admit other repositories.
    expect(policy).not.toContain('*');
  });
});

describe('ci.yml', () => {
  const partsOf = (job: string): readonly string[] => /run: bash \.ci\/run (.+)$/m.exec(job)?.[1]?.split(' ') ?? [];

  it('runs on every pull request, without a role', () => {
    expect(textOf('ci.yml')).toContain('pull_request:');
    expect(textOf('ci.yml')).not.toMatch(/id-token|configure-aws-credentials|secrets\./);
  });

  it('runs every part of .ci/run', () => {
    const [, parts = ''] = /^PARTS=\((.+)\)$/m.exec(rootFile('.ci/run')) ?? [];
    const run = new Set(Object.values(ci).flatMap(partsOf));
    expect([...run].sort()).toEqual(parts.split(' ').sort());
    expect(run.size).toBeGreaterThan(8);
  });

  it('installs packages before any other part, in each job', () => {
    for (const parts of Object.values(ci).map(partsOf)) {
      if (parts.length > 0) expect(parts[0]).toBe('install');
    }
  });

  it('tests the Node versions that the package allows and the functions run on', () => {
    const [, list = ''] = /node: \[(.+)\]/.exec(ci.test ?? '') ?? [];
    const versions = list.split(', ').map(Number);
    const { engines } = JSON.parse(rootFile('package.json')) as { engines: { node: string } };
    expect(Math.min(...versions)).toBe(Number(/\d+/.exec(engines.node)?.[0]));
    expect(versions).toContain(22);
    expect(Math.max(...versions)).toBe(Number(rootFile('.node-version')));
    expect(rootFile('lib/functions/postern-function.ts')).toContain(`NODEJS_${rootFile('.node-version').trim()}_X`);
    expect(rootFile('.devcontainer/Dockerfile')).toContain(`FROM node:${rootFile('.node-version').trim()}-`);
  });

  it('runs each shard of the tests once', () => {
    const [, list = ''] = /shard: \[(.+)\]/.exec(ci.test ?? '') ?? [];
    const shards = list.split(', ').map(Number);
    expect(shards).toEqual(shards.map((_, i) => i + 1));
    expect(ci.test).toContain(`POSTERN_SHARD: \${{ matrix.shard }}/${shards.length}`);
    expect(rootFile('.ci/run')).toContain('"--shard=$POSTERN_SHARD"');
  });

  it('checks the subjects of the commits of a pull request', () => {
    expect(ci.commits).toContain('bash .ci/commit-subjects "$BASE..$HEAD"');
    expect(ci.commits).toContain('fetch-depth: 0');
  });
});

describe('the check of commit messages', () => {
  /** Exit status of the hook for a message. */
  const check = (message: string): number | null => {
    const folder = mkdtempSync(join(tmpdir(), 'commit-'));
    try {
      writeFileSync(join(folder, 'message'), message);
      const hook = join(ROOT, '.githooks/commit-msg');
      return spawnSync('bash', [hook, join(folder, 'message')], { encoding: 'utf8' }).status;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it.each([
    'receive: verify the signature once',
    'lib/edge: name the listener rules\n\nThe old names were verbs.\n',
    `docs: ${'x'.repeat(66)}`,
    'docs: a subject\n# Please enter the commit message\n',
    'Revert "docs: a subject"',
  ])('accepts %j', (message) => {
    expect(check(message)).toBe(0);
  });

  it.each([
    ['has no area', 'Verify the signature once'],
    ['is longer than 72 characters', `docs: ${'x'.repeat(67)}`],
    ['ends with a full stop', 'docs: explain the receiver.'],
    ['has no empty line before the body', 'docs: explain the receiver\nIt was not explained.'],
    ['is empty', ''],
  ])('refuses a message that %s', (_, message) => {
    expect(check(message)).toBe(1);
  });
});

describe('packages', () => {
  interface Locked {
    readonly hasInstallScript?: boolean;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(rootFile('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };

  it('run no install script: only esbuild has one, and its binary is a package', () => {
    const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    expect(scripted).toEqual(['node_modules/esbuild']);
    expect(packages['node_modules/esbuild']?.optionalDependencies).toHaveProperty('@esbuild/linux-x64');
  });

  it('of Python are pinned by version and file hash, without an index URL', () => {
    const lines = rootFile('.ci/requirements.txt').replaceAll('\\\n', ' ').split('\n');
    const required = lines.filter((line) => !/^\s*(#|$)/.test(line));
    expect(required.length).toBeGreaterThan(50);
    for (const line of required) expect(line).toMatch(/^[\w.-]+==\S+( ;[^-]*)?( +--hash=sha256:[0-9a-f]{64})+ *$/);
    const names = required.map((line) => line.split(/[ ;]/)[0]?.toLowerCase());
    const asked = rootFile('.ci/requirements.in').match(/^[\w.-]+(\[\w+\])?==\S+$/gm) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    for (const one of asked) expect(names).toContain(one.replace(/\[.*\]/, '').toLowerCase());
    expect(rootFile('.ci/run')).toContain('--require-hashes -r .ci/requirements.txt');
  });
});

describe('.ci/audit', () => {
  /** Runs .ci/audit with an npm that prints a report and exits with a status. */
  const audit = (printed: string, status: number) => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-'));
    try {
      writeFileSync(join(folder, 'printed'), printed);
      writeFileSync(join(folder, 'npm'), `#!/bin/sh\ncat "${folder}/printed"\nexit ${status}\n`);
      chmodSync(join(folder, 'npm'), 0o755);
      const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
      const ended = spawnSync('bash', ['.ci/audit'], { cwd: new URL('../', import.meta.url), env, encoding: 'utf8' });
      return { status: ended.status, said: ended.stdout };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const weakness = (severity: string) => ({
    vulnerabilities: {
      left: { name: 'left', range: '<1.2', severity, via: [{ title: 'It leaks', url: 'https://example.com/1' }] },
    },
    metadata: { vulnerabilities: { [severity]: 1 } },
  });

  it('passes if no severe weakness is known', () => {
    expect(audit(JSON.stringify({ vulnerabilities: {}, metadata: { vulnerabilities: {} } }), 0).status).toBe(0);
    expect(audit(JSON.stringify(weakness('moderate')), 0).status).toBe(0);
  });

  it.each(['high', 'critical'])('fails and names a package with a weakness of level %s', (severity) => {
    const { said, status } = audit(JSON.stringify(weakness(severity)), 1);
    expect(status).toBe(1);
    expect(said).toContain(`${severity}: left <1.2: It leaks (https://example.com/1)`);
  });

  it.each([
    ['answers with an error', JSON.stringify({ message: '503 Service Unavailable', error: {} })],
    ['is unreachable', ''],
  ])('warns and passes if the registry %s', (_, printed) => {
    const { said, status } = audit(printed, 1);
    expect(status).toBe(0);
    expect(said).toMatch(/^::warning::The packages were not checked/);
  });
});
