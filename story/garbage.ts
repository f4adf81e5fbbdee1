import { expectThat } from './teller.ts';
import type { World } from './world.ts';

/** What any address on the internet gets every minute. */
export const tellGarbage = async ({ call, onlooker, origin, tell }: World): Promise<void> => {
  tell.step('Garbage arrives');
  const before = onlooker?.forwarded();
  const probe = await call(`${origin}/wp-login.php?cmd=id`, { method: 'POST', body: 'garbage' });
  expectThat(probe.status === 404, '404 for an unknown path', probe.status);
  tell.layer('load balancer', 'POST /wp-login.php: no rule has this path, 404');
  const forged = await call(`${origin}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: 'Bearer garbage', 'content-type': 'application/json' },
    body: '{}',
  });
  expectThat(forged.status === 401, '401 for an access token that is none', forged.status);
  tell.layer('load balancer', 'POST /v1/tasks with a forged access token: signature, 401');
  expectThat(onlooker?.forwarded() === before, 'no function to have run', onlooker?.forwarded());
  // Only where somebody can look inside is it known that no function ran.
  tell.outcome(onlooker === undefined ? '404 and 401.' : 'Both stopped at the load balancer: no function ran.');
};
