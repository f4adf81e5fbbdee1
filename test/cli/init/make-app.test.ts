import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AppSettings } from '../../../cli/init/app-settings.ts';
import { makeApp } from '../../../cli/init/make-app.ts';
import { FEATURE_FLAGS } from '../../../lib/feature-flags.ts';

const SETTINGS: AppSettings = {
  name: 'trial-2',
  domain: 'callbacks.example.com',
  account: '123456789012',
  region: 'eu-central-1',
};
const VERSIONS = { cdk: '1.2.3', cli: '1.2.4' };
const app = makeApp(SETTINGS, VERSIONS);
const textOf = (path: string, from = app): string => from.get(path) ?? `no ${path}`;
const jsonOf = (path: string) => JSON.parse(textOf(path));
const repositoryFile = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('a new app', () => {
  it('has these files', () => {
    expect([...app.keys()].sort()).toEqual([
      '.github/workflows/deploy.yml',
      '.gitignore',
      '.node-version',
      '.npmrc',
      'README.md',
      'bin/app.ts',
      'cdk.json',
      'environments/trial-2.ts',
      'package.json',
      'test/record.ts',
      'test/state-resources.json',
      'test/synthesize.ts',
      'test/templates.test.ts',
      'tsconfig.json',
    ]);
  });

  it('has no marker of its templates, and the settings instead', () => {
    expect([...app].filter(([path, text]) => /__[A-Z]+__/.test(path + text)).map(([path]) => path)).toEqual([]);
    expect(textOf('environments/trial-2.ts')).toContain("account: '123456789012',\n    region: 'eu-central-1',");
    expect(textOf('environments/trial-2.ts')).toContain("availabilityZones: ['eu-central-1a', 'eu-central-1b']");
    expect(textOf('environments/trial-2.ts')).toContain("domain: 'callbacks.example.com'");
    expect(textOf('bin/app.ts')).toContain("new Postern(app, 'Trial-2', settings)");
    expect(jsonOf('package.json').scripts).toMatchObject({
      start: 'postern dev --environment trial-2',
      deploy: 'cdk deploy "Trial-2/*"',
    });
  });

  it.each([
    ['callbacks.example.com', 'example.com'],
    ['callbacks.dev.example.com', 'dev.example.com'],
    ['example.com', 'example.com'],
    ['example.co.uk', 'example.co.uk'],
    ['callbacks.example.co.uk', 'example.co.uk'],
  ])('on %s suggests the zone %s', (domain, zone) => {
    const settings = textOf('environments/trial-2.ts', makeApp({ ...SETTINGS, domain }, VERSIONS));
    expect(settings).toContain(`hostedZone: { id: 'ZFILLIN', name: '${zone}' }`);
  });

  it.each([
    ['callbacks.example.com', 'prod', 'callbacks-example-com'],
    ['callbacks.aws-team.example.com', 'prod', 'postern-prod-123456789012'],
    ['callbacks.aws-team.example.com', 'aws', 'postern-123456789012'],
    [`${'a'.repeat(52)}.example.com`, 'prod', 'postern-prod-123456789012'],
  ])('on %s, named %s, has a sign-in page that Cognito accepts: %s', (domain, name, prefix) => {
    const settings = textOf(`environments/${name}.ts`, makeApp({ ...SETTINGS, domain, name }, VERSIONS));
    expect(settings).toContain(`cognito: { domainPrefix: '${prefix}' }`);
  });

  it('has the named versions of Postern, and all others as this repository pins them', () => {
    const { dependencies, devDependencies, engines, optionalDependencies } = jsonOf('package.json');
    const repository = JSON.parse(repositoryFile('package.json'));
    expect(dependencies['@postern/cdk']).toBe('1.2.3');
    expect(devDependencies['@postern/cli']).toBe('1.2.4');
    expect(engines).toEqual(repository.engines);
    const pinned: Readonly<Record<string, string>> = {
      ...repository.dependencies,
      ...repository.devDependencies,
      ...repository.optionalDependencies,
    };
    const others = { ...dependencies, ...devDependencies, ...optionalDependencies };
    for (const [name, version] of Object.entries(others)) {
      if (!name.startsWith('@postern/')) expect(`${name} ${version}`).toBe(`${name} ${pinned[name]}`);
    }
  });

  it('names a registry for its updates only if its packages are from one', () => {
    const files = { cdk: 'file:packages/postern-cdk-1.2.3.tgz', cli: 'file:packages/postern-cli-1.2.3.tgz' };
    const fromFiles = textOf('README.md', makeApp(SETTINGS, files));
    expect(fromFiles).not.toContain('@latest');
    expect(fromFiles).toContain('`npm install ./packages/postern-cdk-VERSION.tgz ./packages/postern-cli-VERSION.tgz`');
    expect(textOf('README.md')).toContain('npm install --save-exact @postern/cdk@latest @postern/cli@latest');
  });

  it('has the feature flags that the templates of Postern are tested with', () => {
    expect(jsonOf('cdk.json').context).toMatchObject(FEATURE_FLAGS);
  });

  it('has the version of Node of this repository', () => {
    expect(textOf('.node-version')).toBe(repositoryFile('.node-version'));
  });
});

describe('the page about upgrading', () => {
  const page = repositoryFile('docs/operate/upgrading.md');

  it('gives the construct the settings by the name that the app imports', () => {
    const [, name] = /new Postern\(app, 'Prod', \{ \.\.\.(\w+), stackNames/.exec(page) ?? [];
    expect(textOf('bin/app.ts')).toContain(`import ${name} from '../environments/`);
  });

  it('uses no variable of the shell that it does not set', () => {
    const shell = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block).join('');
    const used = [...shell.matchAll(/\$\{?([A-Z]+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !new RegExp(`\\b${name}=|for ${name} in`).test(shell))).toEqual([]);
  });
});

describe('its workflow', () => {
  const workflow = textOf('.github/workflows/deploy.yml');

  it('pins each action to the commit that the workflows of this repository use', () => {
    const used = [...workflow.matchAll(/uses: (.+)$/gm)].map(([, use = '']) => use);
    expect(used.length).toBeGreaterThan(0);
    const ours = repositoryFile('.github/workflows/deploy-environment.yml');
    for (const use of used) expect(ours).toContain(`uses: ${use}\n`);
  });

  it('takes a role only by the identity of the job, without code of a cache or an install script', () => {
    const jobs = workflow.split(/^ {2}(?=[a-z]+:$)/m).filter((job) => job.includes('configure-aws-credentials'));
    expect(jobs.map((job) => job.split(':', 1)[0])).toEqual(['diff', 'deploy']);
    for (const job of jobs) {
      expect(job).toContain('id-token: write');
      expect(job).toMatch(/^ {4}environment: trial-2(-diff)?$/m);
      expect(job).toContain('package-manager-cache: false');
    }
    expect(workflow.match(/npm (ci|i|install)\b.*$/gm)).toEqual([
      'npm ci --ignore-scripts',
      'npm ci --ignore-scripts',
      'npm ci --ignore-scripts',
    ]);
    expect(workflow).not.toMatch(/secrets\.|AWS_ACCESS_KEY_ID/);
  });

  it('does not deploy a pull request, and gives no role to a fork', () => {
    expect(workflow).toMatch(/^ {2}deploy:\n {4}needs: test\n {4}if: github\.event_name == 'push'$/m);
    expect(workflow).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    expect(workflow).not.toContain('pull_request_target');
  });
});
