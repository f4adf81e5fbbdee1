'use strict';
/** Stops `Date.now` of a process at the time in a file, in seconds since 1970. If the file is empty, the clock goes on. */
const { readFileSync } = require('node:fs');

const machine = Date.now;
Date.now = () => {
  const seconds = readFileSync(process.env.STOPPED_CLOCK_FILE, 'utf8');
  return seconds === '' ? machine() : Number(seconds) * 1_000;
};
