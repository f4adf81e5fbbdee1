'use strict';
/**
 * One function in a process of its own, as Lambda has it: loads the code of a folder, and handles what it is sent. Lambda
 * gives it one request at a time; more at a time say what the code takes where requests wait for the network.
 */
const { join } = require('node:path');

const [folder] = process.argv.slice(2);
const began = performance.now();
const { handler } = require(join(folder, 'index.js'));
const loaded = performance.now() - began;

let count = 0;
const handle = async (event, { containing = '', expected }) => {
  count += 1;
  const start = performance.now();
  const { body, statusCode } = await handler(event, { awsRequestId: `request-${count}`, ...CONTEXT });
  const took = performance.now() - start;
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
  functionName: 'bench',
  functionVersion: '1',
  memoryLimitInMB: '512',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:bench',
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
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, take));
  const milliseconds = performance.now() - start;
  const { system, user } = process.cpuUsage(cpu);
  return { milliseconds, cpuMicroseconds: system + user, latencies };
};

process.on('message', (message) => {
  const { concurrency } = message;
  (concurrency === undefined ? race(message).then((statuses) => ({ statuses })) : work(message)).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send({ loaded });
