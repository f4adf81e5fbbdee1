'use strict';
/**
 * One function in a process of its own, as Lambda has it: loads the code of a folder, and handles what it is sent. Lambda
 * gives it one request at a time; more at a time say what the code takes where requests wait for the network.
 */
const { join } = require('node:path');

const [folder] = process.argv.slice(2);
// Not `performance`: its modules are loaded when it is first used, and that is the time of whoever uses it.
const now = () => Number(process.hrtime.bigint()) / 1e6;

const from = now();
const { handler } = require(join(folder, 'index.js'));
const load = { from, to: now() };

let count = 0;
const handle = async (event, { containing = '', expected }) => {
  count += 1;
  const start = now();
  const { body, statusCode } = await handler(event, { awsRequestId: `request-${count}`, ...CONTEXT });
  const took = now() - start;
  if (statusCode !== expected || !body.includes(containing)) {
    throw new Error(`Answered ${statusCode}, expected ${expected} ${containing}: ${body}`);
  }
  return took;
};

/** Statuses of events that are all under way at once; 502 where the function fails, as the load balancer has it. */
const race = ({ events }) =>
  Promise.all(
    events.map(async (event) => {
      count += 1;
      try {
        return (await handler(event, { awsRequestId: `request-${count}`, ...CONTEXT })).statusCode;
      } catch {
        return 502;
      }
    }),
  );

/** What middleware asks of Lambda's context. */
const CONTEXT = {
  functionName: 'benchmarks',
  functionVersion: '1',
  memoryLimitInMB: '512',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:benchmarks',
  getRemainingTimeInMillis: () => 15_000,
};

const work = async ({ concurrency, containing, events, expected }) => {
  const latencies = [];
  let next = 0;
  const take = async () => {
    while (next < events.length) {
      const event = events[next];
      next += 1;
      latencies.push(await handle(event, { containing, expected }));
    }
  };
  const cpu = process.cpuUsage();
  const start = now();
  await Promise.all(Array.from({ length: concurrency }, take));
  const end = now();
  const { system, user } = process.cpuUsage(cpu);
  return { span: { from: start, to: end }, milliseconds: end - start, cpuMicroseconds: system + user, latencies };
};

/** Own time of each place in the code, in microseconds, while events are handled. */
const profile = async (message) => {
  const { Session } = require('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_MICROSECONDS });
  await session.post('Profiler.start');
  await work(message);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { places: placesOf(profile) };
};

const SAMPLING_MICROSECONDS = 100;

/** What has no file (what the engine itself brings) is the time of whoever called it. */
const placesOf = ({ nodes, samples, timeDeltas }) => {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const callers = new Map(nodes.flatMap(({ children = [], id }) => children.map((child) => [child, id])));
  const placeOf = (id) => {
    const { callFrame } = known.get(id);
    const caller = callers.get(id);
    return callFrame.url === '' && !callFrame.functionName.startsWith('(') && caller !== undefined
      ? placeOf(caller)
      : { url: callFrame.url || callFrame.functionName, line: callFrame.lineNumber + 1 };
  };
  const places = new Map();
  for (const [i, id] of samples.entries()) {
    const { line, url } = placeOf(id);
    const key = `${url}:${line}`;
    const place = places.get(key) ?? { url, line, microseconds: 0 };
    place.microseconds += timeDeltas[i];
    places.set(key, place);
  }
  return [...places.values()];
};

process.on('message', (message) => {
  const { concurrency, profiled } = message;
  const asked = profiled
    ? profile(message)
    : concurrency === undefined
      ? race(message).then((statuses) => ({ statuses }))
      : work(message);
  asked.then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ load });
