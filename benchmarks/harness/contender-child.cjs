'use strict';
/**
 * Runs one function in a separate process, as Lambda does: loads the code of a folder and handles the events that it is
 * sent. Lambda gives a function one request at a time; more at a time show the cost of the code while requests wait.
 */
const { join } = require('node:path');

const [folder] = process.argv.slice(2);
// Not `performance`: its modules are loaded at first use, and that time would count as the contender's.
const now = () => Number(process.hrtime.bigint()) / 1e6;

const from = now();
const { handler } = require(join(folder, 'index.js'));
const load = { from, to: now() };

/** The part of Lambda's context that middleware reads. */
const CONTEXT = {
  functionName: 'bench',
  functionVersion: '1',
  memoryLimitInMB: '512',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:bench',
  getRemainingTimeInMillis: () => 15_000,
};

let count = 0;
const invoke = (event) => {
  count += 1;
  return handler(event, { awsRequestId: `request-${count}`, ...CONTEXT });
};

const measure = async (event, { containing = '', expected }) => {
  const start = now();
  const { body, statusCode } = await invoke(event);
  const milliseconds = now() - start;
  if (statusCode !== expected || !body.includes(containing)) {
    throw new Error(`Answered ${statusCode}, expected ${expected} ${containing}: ${body}`);
  }
  return milliseconds;
};

const work = async ({ concurrency, containing, events, expected }) => {
  const latencies = [];
  let next = 0;
  const take = async () => {
    while (next < events.length) {
      const event = events[next];
      next += 1;
      latencies.push(await measure(event, { containing, expected }));
    }
  };
  const cpu = process.cpuUsage();
  const start = now();
  await Promise.all(Array.from({ length: concurrency }, take));
  const end = now();
  const { system, user } = process.cpuUsage(cpu);
  return { span: { from: start, to: end }, milliseconds: end - start, cpuMicroseconds: system + user, latencies };
};

/** Handles all events at once. A function that throws counts as 502, the load balancer's response. */
const race = async ({ events }) => ({
  statuses: await Promise.all(
    events.map((event) =>
      invoke(event).then(
        ({ statusCode }) => statusCode,
        () => 502,
      ),
    ),
  ),
});

process.on('message', (message) => {
  (message.concurrency === undefined ? race(message) : work(message)).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ load });
