import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a test file needs, from the cheapest kind to the most expensive one. */
export type Kind = 'unit' | 'infrastructure' | 'integration' | 'system';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Folders and files that run commands as a person does: `npm start`, `npm run demo`, `npm run smoke`, the guides, a new app's. */
const SYSTEM =
  /^test\/(cli\/init\/fresh-app\.|local\/(start\/|gateway\.|least-privilege\.|rotation\.)|sdk\/[a-z]+\/gateway\.|smoke\/)/;

/** An import of a gateway that `npm start` runs, from any folder. */
const RUNS_A_GATEWAY = 'local/start/gateway-fixtures.ts';

/** Imports of files that synthesize templates with the CDK. */
const SYNTHESIZES =
  /^(aws-cdk-lib\/assertions|(support\/(synthesize|update-fixtures)|lib\/environment-stacks|tools\/docs\/pages)\.ts)$/;

/** Imports that start an engine, a stand-in of a service, a process, or the bundler (which is a process). */
const STARTS =
  /^(node:child_process|esbuild|(support\/(app-program|command-line|conformance\/kit|engine|expire-fixtures|fixtures|fault-proxy|handshake|kms|packed|resuming-fixtures|s3|sender-world|shipped-receiver|sign-in|sqs|task-life)|local\/(dynamodb\/engine|network-door\/go|stand-ins\/server|functions\/function-host)|lib\/functions\/bundles|cdk-app\/synthesize-app|benchmarks\/(suites\/.+|harness\/life))\.ts)$/;

/**
 * The kind of a test file. Its place and its imports decide, so that no list is needed: a file that imports
 * `test/support/fixtures.ts` is an integration test. `test/support/unit-setup.ts` stops a unit test that needs more.
 * @param file path from the root of the repository
 */
export const kindOf = (file: string, text: string): Kind => {
  if (SYSTEM.test(file)) return 'system';
  const imports = [...text.matchAll(/^(?:import|export|\}).*?(?:from |import )'([^']+)';$/gm)].map(([, name = '']) =>
    name.startsWith('.') ? posix.join(posix.dirname(file), name).replace(/^test\//, '') : name,
  );
  if (imports.includes(RUNS_A_GATEWAY)) return 'system';
  if (imports.some((name) => SYNTHESIZES.test(name))) return 'infrastructure';
  return imports.some((name) => STARTS.test(name)) ? 'integration' : 'unit';
};

/**
 * Folders of tests that need more than Node, and have a configuration of their own: a real browser (`vitest.browser.config.ts`), and
 * Go for the network door (`vitest.door.config.ts`).
 */
const OTHERS = ['test/browser/', 'test/door/'];

/** Every test file of `npm test` by its kind. */
export const testFiles = (): Readonly<Record<Kind, readonly string[]>> => {
  const files: Record<Kind, string[]> = { unit: [], infrastructure: [], integration: [], system: [] };
  for (const name of readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })) {
    const file = `test/${name.replaceAll('\\', '/')}`;
    if (!file.endsWith('.test.ts') || OTHERS.some((folder) => file.startsWith(folder))) continue;
    files[kindOf(file, readFileSync(`${ROOT}${file}`, 'utf8'))].push(file);
  }
  return files;
};
