'use strict';
/** Loads the code of a folder and gives it events, one after the other. Without a folder it does nothing. */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

// Valgrind makes a process fifty times slower. A request that was given up and repeated would be counted twice.
const { setTimeout: setTimer } = globalThis;
globalThis.setTimeout = (callback, milliseconds, ...parameters) =>
  setTimer(callback, milliseconds * 100, ...parameters);

const FUNCTION_ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:bench';

const [eventsFile, folder] = process.argv.slice(2);
const { events, expected } = JSON.parse(readFileSync(eventsFile, 'utf8'));

const handleAll = async () => {
  const { handler } = require(join(folder, 'index.js'));
  for (const [i, event] of events.entries()) {
    const { body, statusCode } = await handler(event, {
      awsRequestId: `request-${i}`,
      invokedFunctionArn: FUNCTION_ARN,
    });
    if (statusCode !== expected) throw new Error(`Answered ${statusCode}, expected ${expected}: ${body}`);
  }
  process.exit();
};

if (folder !== undefined) handleAll();
