import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../../test/browser/chromium.ts';
import { aChromiumVisitor, type ChromiumVisitor } from '../../test/browser/chromium-visitor.ts';
import { run, untilReady } from '../../test/local/start/running-gateway.ts';
import { findSeededPaths } from '../../test/support/console-screens.ts';

const FOLDER = fileURLToPath(new URL('../../docs/operate/console/', import.meta.url));

/** Writes the pictures of `docs/operate/console.md`, from a gateway with a week of tasks. Needs Chromium. */
export const takeScreenshots = async (): Promise<void> => {
  const data = mkdtempSync(join(tmpdir(), 'postern-screenshots-'));
  const program = run('start', ['--seed'], { POSTERN_DATA: data });
  try {
    const { gateway } = await untilReady(program, data);
    const browser = await launchChromium();
    const viewport = { width: 1_280, height: 720 };
    const operator = await aChromiumVisitor(browser, { origin: gateway, colorScheme: 'light', viewport });
    await operator.signIn('operator');
    await takeAll(operator);
    await browser.close();
  } finally {
    program.process.kill('SIGTERM');
    await program.ended;
    rmSync(data, { recursive: true, maxRetries: 5 });
  }
};

const takeAll = async (operator: ChromiumVisitor): Promise<void> => {
  mkdirSync(FOLDER, { recursive: true });
  const take = async (name: string, path: string): Promise<void> => {
    await operator.open(path);
    await operator.page.screenshot({ path: `${FOLDER}${name}.png` });
    console.log(`Wrote docs/operate/console/${name}.png.`);
  };
  const { actions, invoice } = await findSeededPaths(operator);
  await take('overview', '/console');
  await take('task', `${invoice}#timeline`);
  await take('quarantine', '/console/quarantine');
  await take('revoke-all', actions['Revoke all callbacks'] ?? '');
  await take('audit', '/console/audit?action=cancel');
};
