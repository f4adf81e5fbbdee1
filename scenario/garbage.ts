import type { ScenarioContext } from './context.ts';
import { expectThat } from './reporter.ts';

/** Requests that every public address gets: a scan for known weaknesses, and a forged access token. */
export const playGarbage = async ({ call, probe, origin, report }: ScenarioContext): Promise<void> => {
  report.step('Scanners send garbage');
  const before = probe?.forwarded();
  const scan = await call(`${origin}/wp-login.php?cmd=id`, { method: 'POST', body: 'garbage' });
  expectThat(scan.status === 404, '404 for an unknown path', scan.status);
  report.layer('load balancer', 'POST /wp-login.php: no rule has this path, 404');
  const forged = await call(`${origin}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: 'Bearer garbage', 'content-type': 'application/json' },
    body: '{}',
  });
  expectThat(forged.status === 401, '401 for a forged access token', forged.status);
  report.layer('load balancer', 'POST /v1/tasks with a forged access token: the signature is wrong, 401');
  expectThat(probe?.forwarded() === before, 'no function to have run', probe?.forwarded());
  // Only a probe inside the gateway knows that no function ran.
  report.outcome(probe === undefined ? '404 and 401.' : 'Both stopped at the load balancer: no function ran.');
};
