'use strict';
/**
 * Runs one function in a separate process, as Lambda does: loads the code of a folder and handles the events that it is
 * sent. Lambda gives a function one request at a time; more at a time show the cost of the code while requests wait.
 */
const { join } = require('node:path');

const [folder] = process.argv.slice(2);
// Not `performance`: its modules are loaded at first use, and that time would count as the contender's.
const now = () => Number(process.hrtime.bigint()) / 1e6;

const start = now();
const { handler } = require(join(folder, 'index.js'));
const loadMilliseconds = now() - start;
const started = process.cpuUsage();

/** The part of Lambda's context that middleware reads. */
const CONTEXT = {
  functionName: 'bench',
  functionVersion: '1',
  memoryLimitInMB: '512',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:bench',
  getRemainingTimeInMillis: () => 15_000,
};

/** As long as Lambda's ids of requests, which are in the log lines. */
const requestId = (number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let count = 0;
const invoke = async (event) => {
  count += 1;
  const start = now();
  const result = await handler(event, { awsRequestId: requestId(count), ...CONTEXT }).catch((error) => ({
    // The load balancer's response if a function throws.
    statusCode: 502,
    body: String(error?.stack ?? error),
  }));
  // A function of the background returns which records failed, or nothing.
  const { batchItemFailures = [], body = '', statusCode = batchItemFailures.length === 0 ? 200 : 500 } = result ?? {};
  const { isBase64Encoded = false, multiValueHeaders = {} } = result ?? {};
  return { statusCode, body, isBase64Encoded, multiValueHeaders, milliseconds: now() - start };
};

const handle = async ({ concurrency, events }) => {
  const responses = [];
  const queue = events.values();
  const work = async () => {
    for (const event of queue) responses.push(await invoke(event));
  };
  const cpu = process.cpuUsage();
  const start = now();
  await Promise.all(Array.from({ length: concurrency }, work));
  const milliseconds = now() - start;
  const { system, user } = process.cpuUsage(cpu);
  return { responses, milliseconds, cpuMicroseconds: system + user };
};

process.on('message', async (message) => process.send(await handle(message)));
process.on('disconnect', () => process.exit());
process.send({ loadMilliseconds, startMicroseconds: started.system + started.user });
