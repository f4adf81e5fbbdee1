import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../../test/browser/chromium.ts';
import { aChromiumVisitor, type ChromiumVisitor } from '../../test/browser/chromium-visitor.ts';
import { run, untilReady } from '../../test/local/start/running-gateway.ts';
import { findSeededPaths } from '../../test/support/console-screens.ts';
import { aRunningSender, type RunningSender } from '../../test/support/running-sender.ts';

const FOLDER = fileURLToPath(new URL('../../docs/operate/console/', import.meta.url));

/** Writes the pictures of `docs/operate/console.md`, from a gateway with a week of tasks. Needs Chromium. */
export const takeScreenshots = async (): Promise<void> => {
  const data = mkdtempSync(join(tmpdir(), 'postern-screenshots-'));
  const program = run('start', ['--seed'], { POSTERN_DATA: data });
  try {
    const ready = await untilReady(program, data);
    const browser = await launchChromium();
    const viewport = { width: 1_280, height: 720 };
    const operator = await aChromiumVisitor(browser, { origin: ready.gateway, colorScheme: 'light', viewport });
    await operator.signIn('operator');
    await takeAll(operator, await aRunningSender(ready));
    await browser.close();
  } finally {
    program.process.kill('SIGTERM');
    await program.ended;
    rmSync(data, { recursive: true, maxRetries: 5 });
  }
};

const takeAll = async (operator: ChromiumVisitor, sender: RunningSender): Promise<void> => {
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
  await operator.open('/console/processors/sent-ocr/pause');
  await operator.send({ Reason: 'INC-12: their maintenance, until noon' }, 'Confirm');
  for (const document of ['scan-77.pdf', 'scan-78.pdf', 'scan-79.pdf']) {
    await sender.open({ processor: 'sent-ocr', callbacks: ['result'], input: { document } });
  }
  await take('dispatch', '/console/dispatch');
  await take('audit', '/console/audit?action=cancel');
};
