import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CHECKED_PROOFS, proofFile } from '../../lambda/contract/proofs.ts';
import { LOCAL_CONTEXT } from '../../lib/context-keys.ts';
import { runAppProgram } from '../support/app-program.ts';
import { LOCAL_OPTIONS } from '../support/example-environments.ts';

const outdir = mkdtempSync(join(tmpdir(), 'postern-local-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** Runs the app as `npm start` does. */
const run = (settings: object) => runAppProgram('local/app.ts', outdir, { [LOCAL_CONTEXT]: JSON.stringify(settings) });

describe('the app of the environment local', () => {
  it('makes its two stacks with the ports of the context, and without lookups in AWS', () => {
    const { status, stderr } = run({ ...LOCAL_OPTIONS, gatewayPort: 9080, idpPort: 9081, standInPort: 9082 });
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
        ...Array.from({ length: 5 }, () => 'index.js package.json'),
        // Of `tasks`, `create-task` and `operator-api`.
        'applications.json index.js package.json',
        'applications.json index.js package.json registry.json',
        'applications.json index.js package.json registry.json',
        // Of the handshake, and of the functions that send work or queue it.
        ...Array.from({ length: 4 }, () => 'index.js package.json registry.json'),
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
});
