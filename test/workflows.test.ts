import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_WAVES } from '../lib/config/operation.ts';

const FOLDER = new URL('../.github/workflows/', import.meta.url);
const files = readdirSync(FOLDER).map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const);
const textOf = (name: string) => files.find(([file]) => file === name)?.[1] ?? '';

/** The jobs of a workflow, by name: what is indented by two below `jobs:`. */
const jobsOf = (text: string): Readonly<Record<string, string>> => {
  const [, jobs = ''] = text.split(/^jobs:$/m);
  const parts = jobs.split(/^ {2}([\w-]+):$/m).slice(1);
  return Object.fromEntries(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1] ?? '']] : [])));
};
const jobs = files.flatMap(([file, text]) => Object.entries(jobsOf(text)).map(([name, job]) => ({ file, name, job })));
const deploy = jobsOf(textOf('deploy.yml'));
const rootFile = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const WAVES = DEPLOYMENT_WAVES.map((wave) => `wave${wave}`);

describe('the workflows', () => {
  it.each(files)('%s names actions of others by commit, with the version that it is', (_name, text) => {
    const used = [...text.matchAll(/uses: (.+)$/gm)].map(([, use = '']) => use);
    expect(used.length).toBeGreaterThan(0);
    for (const use of used) expect(use).toMatch(/^(\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
  });

  it('name the same action by one commit everywhere', () => {
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
    ['npm', '/bench'],
    ['pip', '/.ci'],
  ])('are told when %s of %s has a newer version, packages in groups', (ecosystem, directory) => {
    const update = rootFile('.github/dependabot.yml')
      .split('  - package-ecosystem: ')
      .find((part) => part.startsWith(`${ecosystem}\n    directory: ${directory}\n`));
    expect(update).toMatch(/schedule: \{ interval: (weekly|monthly) \}/);
    if (ecosystem !== 'github-actions') expect(update).toContain('    groups:\n');
  });

  it.each(jobs)('$file: $name installs packages without their scripts where it may take a role', ({ job }) => {
    if (!job.includes('id-token: write') || !job.includes('runs-on:')) return;
    expect(job.match(/\bnpm (ci|i|install)\b.*$/gm)).toEqual(['npm ci --ignore-scripts']);
  });

  it('look for known weaknesses of what is shipped, and list every package, without a role', () => {
    const { audit = '', sbom = '' } = jobsOf(textOf('dependencies.yml'));
    expect(audit).toContain('run: bash .ci/audit');
    expect(sbom).toContain('npm sbom --package-lock-only --sbom-format cyclonedx');
    expect(sbom).toContain('actions/upload-artifact@');
    expect(textOf('dependencies.yml')).not.toContain('id-token');
    // Also while nobody changes anything.
    expect(textOf('dependencies.yml')).toContain('schedule:');
  });

  it.each(jobs)('$file: $name takes a role only in a GitHub environment, whose role it is', ({ job }) => {
    if (!job.includes('configure-aws-credentials')) return;
    expect(job).toContain('id-token: write');
    expect(job).toMatch(/^ {4}environment: \$\{\{ (inputs\.environment|matrix\.environment) \}\}/m);
    expect(job).toMatch(/role-to-assume: \$\{\{ vars\.AWS_ROLE_ARN \}\}$/m);
    // What another run left in a cache would run with the role.
    expect(job).toContain('package-manager-cache: false');
    expect(job).not.toContain('cache: npm');
  });

  it.each(jobs)('$file: $name leaves no token of the repository behind in its checkout, and ends', ({ job }) => {
    if (!job.includes('runs-on:')) return;
    expect(job.match(/persist-credentials: false/g)).toHaveLength(job.match(/actions\/checkout@/g)?.length ?? 0);
    expect(job).toContain('timeout-minutes:');
  });

  it('show on a pull request what each environment would change, with a role that cannot deploy', () => {
    expect(deploy.diff).toContain("github.event_name == 'pull_request' && ");
    expect(deploy.diff).toMatch(/environment: \$\{\{ matrix\.environment \}\}-diff$/m);
    // Otherwise a change set is made, with the role that deploys.
    expect(deploy.diff).toMatch(/npx cdk diff .* --method=template/);
    // What fails before a pipe is a failure: the shell of its own has `pipefail`.
    expect(deploy.diff).toContain('shell: bash');
  });

  it('say on a pull request whether the update is safe, and ask again before a deployment', () => {
    expect(deploy.diff).toContain('npm run -s check-update -- "$ENVIRONMENT"');
    // The answer is in the summary, and what is not safe fails the job.
    expect(deploy.diff).toMatch(/\|\| status=\$\?\n[\s\S]*GITHUB_STEP_SUMMARY"\n +exit "\$\{status:-0\}"/);
    const [job = ''] = Object.values(jobsOf(textOf('deploy-environment.yml')));
    expect(job.indexOf('npm run -s check-update')).toBeGreaterThan(0);
    expect(job.indexOf('npm run -s check-update')).toBeLessThan(job.indexOf('npx cdk deploy'));
  });

  it('deploy main alone, once everything holds', () => {
    expect(textOf('deploy.yml')).toMatch(/push:\n {4}branches: \[main\]/);
    expect(deploy.check).toContain('run: bash .ci/run');
    for (const wave of WAVES) {
      expect(deploy[wave]).toMatch(/^ {4}if: .*github\.event_name == 'push'/m);
      expect(deploy[wave]).toMatch(/^ {4}needs: \[check, /m);
    }
  });

  it('deploy wave after wave: each waits for all before it, and none begins after one that failed', () => {
    for (const [i, wave] of WAVES.entries()) {
      expect(deploy[wave]).toContain(`needs: [${['check', 'environments', ...WAVES.slice(0, i)].join(', ')}]`);
      if (i > 0) expect(deploy[wave]).toMatch(/^ {4}if: \$\{\{ !failure\(\) && !cancelled\(\) && /m);
    }
  });

  it('deploy every environment that there is, and name none themselves', () => {
    expect(deploy.environments).toContain('npx tsx bin/list-environments.ts >> "$GITHUB_OUTPUT"');
    for (const [job, list] of [['diff', 'all'], ...WAVES.map((wave) => [wave, wave] as const)] as const) {
      expect(deploy.environments).toContain(`${list}: \${{ steps.list.outputs.${list} }}`);
      expect(deploy[job]).toContain(`environment: \${{ fromJSON(needs.environments.outputs.${list}) }}`);
      // GitHub takes a matrix without a value for an error.
      expect(deploy[job]).toContain(`needs.environments.outputs.${list} != '[]'`);
    }
    const named = files.flatMap(([, text]) => text.match(/environment: (?!\$)[\w[].*$/gm) ?? []);
    expect(named).toEqual([]);
  });

  it('read the file of no other environment where they show or deploy one', () => {
    for (const [, text] of files) {
      const commands = text.match(/npx cdk .*$/gm) ?? [];
      for (const command of commands) {
        expect(command).toMatch(/ "\$\{ENVIRONMENT\^\}\/\*" -c "postern:environment=\$ENVIRONMENT"/);
      }
    }
  });

  it('tell every gateway the story once it is deployed', () => {
    const [job = ''] = Object.values(jobsOf(textOf('deploy-environment.yml')));
    expect(job.indexOf('npx cdk deploy')).toBeGreaterThan(0);
    expect(job.indexOf('npm run -s smoke')).toBeGreaterThan(job.indexOf('npx cdk deploy'));
    // Its secret is the environment's, which a called workflow sees only if it inherits.
    expect(job).toContain('secrets.POSTERN_SMOKE_CLIENT_JWK');
    for (const wave of WAVES) expect(deploy[wave]).toContain('secrets: inherit');
  });

  it('are trusted by the form of the subject that new repositories have, with ids, and the page names the older form', () => {
    const page = readFileSync(new URL('../docs/operate/deploying.md', import.meta.url), 'utf8');
    const [policy = ''] = page.match(/"token\.actions\.githubusercontent\.com:sub": "[^"]+"/) ?? [];
    expect(policy).toContain('"repo:ORGANISATION@ORGANISATION_ID/REPOSITORY@REPOSITORY_ID:environment:prod"');
    expect(page).toContain('`repo:ORGANISATION/REPOSITORY:environment:prod`');
    // A wildcard would let other repositories in.
    expect(policy).not.toContain('*');
  });
});

describe('packages', () => {
  interface Locked {
    readonly hasInstallScript?: boolean;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(rootFile('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };

  it('need no script of theirs: the only one that has one, esbuild, has its program as a package of its own', () => {
    const scripted = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
    expect(scripted).toEqual(['node_modules/esbuild']);
    expect(packages['node_modules/esbuild']?.optionalDependencies).toHaveProperty('@esbuild/linux-x64');
  });

  it('of Python are each known by version and by the hashes of their files, and no place to get them from is named', () => {
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
  /** What npm prints, and what becomes of it. */
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

  it('passes where nothing severe is known', () => {
    expect(audit(JSON.stringify({ vulnerabilities: {}, metadata: { vulnerabilities: {} } }), 0).status).toBe(0);
    expect(audit(JSON.stringify(weakness('moderate')), 0).status).toBe(0);
  });

  it.each(['high', 'critical'])('fails where a package has a weakness of level %s, and names it', (severity) => {
    const { said, status } = audit(JSON.stringify(weakness(severity)), 1);
    expect(status).toBe(1);
    expect(said).toContain(`${severity}: left <1.2: It leaks (https://example.com/1)`);
  });

  it.each([
    ['answers with an error', JSON.stringify({ message: '503 Service Unavailable', error: {} })],
    ['is not reached', ''],
  ])('warns and passes where the registry %s', (_, printed) => {
    const { said, status } = audit(printed, 1);
    expect(status).toBe(0);
    expect(said).toMatch(/^::warning::The packages were not checked/);
  });
});
