import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CHECKED_PROOFS, proofFile } from '../../lambda/contract/proofs.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const outdir = mkdtempSync(join(tmpdir(), 'postern-app-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/**
 * Runs the app like the CDK CLI does, without credentials. Skips the validation, which takes most of a synth;
 * `test/lib/validation` and `npm run synth` run it.
 */
const run = (context: Record<string, unknown>) => {
  const flags = JSON.parse(readFileSync(`${ROOT}cdk.json`, 'utf8')) as { readonly context: Record<string, unknown> };
  return spawnSync(process.execPath, ['--import', TSX, 'bin/postern.ts'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: outdir,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_OUTDIR: outdir,
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...flags.context, ...context }),
    },
  });
};

describe('the app', () => {
  it('creates only the environment of the context, with its ports and without lookups in AWS', () => {
    const { status, stderr } = run({
      'postern:environment': 'local',
      'postern:gatewayPort': 9080,
      'postern:idpPort': 9081,
      'postern:standInPort': 9082,
    });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const { artifacts, missing } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
      readonly artifacts: Record<string, { readonly type: string }>;
      readonly missing?: unknown;
    };
    expect(missing).toBeUndefined();
    expect(Object.keys(artifacts).filter((id) => artifacts[id]?.type === 'aws:cloudformation:stack')).toEqual([
      expect.stringMatching(/^LocalState/),
      expect.stringMatching(/^LocalGateway/),
    ]);
    const gateway = readdirSync(outdir).find((file) => /^LocalGateway.*\.template\.json$/.test(file));
    const template = readFileSync(join(outdir, gateway ?? ''), 'utf8');
    for (const text of [
      '"POSTERN_ORIGIN": "http://127.0.0.1:9080"',
      '"IDP_ISSUER": "http://127.0.0.1:9081"',
      '"LOAD_BALANCER_PUBLIC_KEYS_URL": "http://127.0.0.1:9082/load-balancer/public-keys"',
    ]) {
      expect(template).toContain(text);
    }
  });

  it('puts registry, schemas and the used proofs next to the code that reads them', () => {
    const assets = readdirSync(outdir)
      .filter((name) => name.startsWith('asset.'))
      .map((name) => readdirSync(join(outdir, name)).sort().join(' '));
    // Proofs of the processors of `local`: all kinds except the one that needs the mTLS listener.
    const PROOFS = CHECKED_PROOFS.filter((name) => name !== 'mtls')
      .map(proofFile)
      .sort()
      .join(' ');
    expect(assets.sort()).toEqual(
      [
        // The providers of custom resources: the default security group, and the trigger of the rotation.
        ...Array.from({ length: 2 }, () => '__entrypoint__.js index.js'),
        ...Array.from({ length: 7 }, () => 'index.js package.json'),
        // Of `tasks`, `create-task` and `operator-api`, and the handshake.
        'applications.json index.js package.json',
        'applications.json index.js package.json registry.json',
        'applications.json index.js package.json registry.json',
        'index.js package.json registry.json',
        // Of `resume`.
        'index.js package.json registry.json resume-targets.json',
        // Of functions that show pages: `console`, `reveal-payload` and `metadata`.
        'applications.json console.css console.js index.js package.json registry.json',
        'console.css console.js index.js package.json',
        'index.js package.json page.css',
        `index.js package.json payload-bucket.js ${PROOFS} registry.json schemas.cjs token-decryption.js`,
      ].sort(),
    );
  });

  const NOWHERE = { 'postern:environment': 'nowhere' };
  const WRONG_PORT = { 'postern:environment': 'local', 'postern:gatewayPort': 'eighty' };
  const WRONG_STEP = { 'postern:environment': 'local', 'postern:indexes': 'byDeadlines' };
  const outcomes = new Map<object, ReturnType<typeof run>>();
  /** Each start of the app takes seconds. */
  const once = (context: Record<string, unknown>) => {
    const outcome = outcomes.get(context) ?? run(context);
    outcomes.set(context, outcome);
    return outcome;
  };

  it('stops at an environment without a file, and lists the existing ones', () => {
    const { status, stderr } = once(NOWHERE);
    expect(status).toBe(1);
    const files = readdirSync(`${ROOT}environments`).map((file) => file.replace(/\.ts$/, ''));
    expect(stderr).toContain(
      `The context value postern:environment is "nowhere"; expected one of ${files.sort().join(', ')}.`,
    );
    expect(readdirSync(outdir).filter((file) => file.startsWith('Nowhere'))).toEqual([]);
  });

  it('stops at an index that does not exist, and names the indexes', () => {
    const { status, stderr } = once(WRONG_STEP);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The context value postern:indexes is "byDeadlines"; expected some of byCreation, byDeadline, .*\. docs\/operate/m,
    );
  });

  it('stops at a wrong value with value, expectation and remedy', () => {
    const { status, stderr } = once(WRONG_PORT);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /origin is "http:\/\/127\.0\.0\.1:NaN"; expected a loopback origin .* use http, 127\.0\.0\.1 and a port/,
    );
  });

  it('reports an error once, without a stack trace', () => {
    for (const context of [WRONG_PORT, NOWHERE]) {
      const { stderr, stdout } = once(context);
      expect(`${stdout}${stderr}`.match(/^.*(cannot be built|The context value).*$/gm)).toHaveLength(1);
      expect(stderr).not.toMatch(/^ {4}at |problems: \[|Node\.js v/m);
    }
  });
});
