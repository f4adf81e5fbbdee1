'use strict';
const { types } = require('node:util');

/**
 * Runs one Lambda function in this process: loads its bundle, answers one invocation at a time over the IPC channel,
 * events and results as JSON text. Plain JavaScript, because the Node that runs it is the function's own.
 */
const [bundle, handlerName] = process.argv.slice(2);

// Without its parent it has no one to answer.
process.on('disconnect', () => process.exit(0));

const isText = (value) => typeof value === 'string';

/**
 * What the managed runtime makes of an error: name, message and the lines of its stack.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/Errors.js
 */
const describe = (error) => {
  try {
    const { message, name, stack } = error;
    if (types.isNativeError(error) || [message, name, stack].every((part) => isText(part) && part !== '')) {
      return { errorType: name, errorMessage: message, trace: stack.split('\n') };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return { errorType: 'handled', errorMessage: 'The error could not be described: it has no stack.' };
  }
};

let handler;
try {
  handler = require(bundle)[handlerName];
  if (typeof handler !== 'function') throw new TypeError(`${bundle} exports no function "${handlerName}".`);
} catch (error) {
  process.send({ kind: 'unusable', error: describe(error) }, () => process.exit(1));
}

const answer = async ({ id, event, context, deadline }) => {
  try {
    const result = await handler(JSON.parse(event), {
      ...context,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    });
    process.send({ kind: 'result', id, result: result === undefined ? 'null' : JSON.stringify(result) });
  } catch (error) {
    process.send({ kind: 'error', id, error: describe(error) });
  }
};

if (handler) {
  process.on('message', answer);
  process.send({ kind: 'ready' });
}
