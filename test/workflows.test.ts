import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT_WAVES } from '../lib/environment/operation.ts';

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
    expect(deploy.diff).toContain("github.event_name == 'pull_request' && ");
    expect(deploy.diff).toMatch(/environment: \$\{\{ matrix\.environment \}\}-diff$/m);
    // Otherwise a change set is made, with the role that deploys.
    expect(deploy.diff).toMatch(/npx cdk diff .* --method=template/);
    // What fails before a pipe is a failure: the shell of its own has `pipefail`.
    expect(deploy.diff).toContain('shell: bash');
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
    const page = readFileSync(new URL('../docs/deploying.md', import.meta.url), 'utf8');
    const [policy = ''] = page.match(/"token\.actions\.githubusercontent\.com:sub": "[^"]+"/) ?? [];
    expect(policy).toContain('"repo:ORGANISATION@ORGANISATION_ID/REPOSITORY@REPOSITORY_ID:environment:prod"');
    expect(page).toContain('`repo:ORGANISATION/REPOSITORY:environment:prod`');
    // A wildcard would let other repositories in.
    expect(policy).not.toContain('*');
  });
});
