import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

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

  it('are told when an action has a newer version', () => {
    const told = readFileSync(new URL('../.github/dependabot.yml', import.meta.url), 'utf8');
    expect(told).toMatch(/package-ecosystem: github-actions\n {4}directory: \/\n/);
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
    expect(deploy.diff).toContain("if: github.event_name == 'pull_request'");
    expect(deploy.diff).toMatch(/environment: \$\{\{ matrix\.environment \}\}-diff$/m);
    // Otherwise a change set is made, with the role that deploys.
    expect(deploy.diff).toMatch(/npx cdk diff "\$\{ENVIRONMENT\^\}\/\*" --method=template/);
    // What fails before a pipe is a failure: the shell of its own has `pipefail`.
    expect(deploy.diff).toContain('shell: bash');
  });

  it('deploy main alone: dev once everything holds, then staging, then prod', () => {
    expect(deploy.dev).toContain("if: github.event_name == 'push'");
    expect(textOf('deploy.yml')).toMatch(/push:\n {4}branches: \[main\]/);
    const needs = ['dev', 'staging', 'prod'].map((name) => /needs: (\w+)/.exec(deploy[name] ?? '')?.[1]);
    expect(needs).toEqual(['check', 'dev', 'staging']);
    expect(deploy.check).toContain('run: bash .ci/run');
  });

  it('show what each environment would change that they deploy, and know none that has no file', () => {
    const environments = readdirSync(new URL('../environments/', import.meta.url)).map((file) =>
      file.replace(/\.ts$/, ''),
    );
    const shown = /environment: \[([\w, -]+)\]/.exec(deploy.diff ?? '')?.[1]?.split(', ');
    const deployed = Object.values(deploy).flatMap((job) => /with: \{ environment: ([\w-]+) \}/.exec(job)?.[1] ?? []);
    expect(deployed.sort()).toEqual(shown?.sort());
    expect(environments).toEqual(expect.arrayContaining(deployed));
  });

  it('tell every gateway the story once it is deployed', () => {
    const [job = ''] = Object.values(jobsOf(textOf('deploy-environment.yml')));
    expect(job.indexOf('npx cdk deploy')).toBeGreaterThan(0);
    expect(job.indexOf('npm run -s smoke')).toBeGreaterThan(job.indexOf('npx cdk deploy'));
    // Its secret is the environment's, which a called workflow sees only if it inherits.
    expect(job).toContain('secrets.POSTERN_SMOKE_CLIENT_JWK');
    for (const name of ['dev', 'staging', 'prod']) expect(deploy[name]).toContain('secrets: inherit');
  });
});
