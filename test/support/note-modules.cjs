'use strict';
/**
 * Loaded into a function's process before its bundle: writes down which files are loaded, and with each answer which modules
 * of Node's own have come in since, and changes nothing of it.
 */
const { appendFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, isAbsolute } = require('node:path');

const note = (line) => appendFileSync(process.env.NOTED_MODULES_FILE, `${JSON.stringify(line)}\n`);

const { _load: load } = Module;
Module._load = function notedLoad(request, parent, isMain) {
  if (!isMain && isAbsolute(request) && !(request in Module._cache)) note({ file: basename(request) });
  return load.call(this, request, parent, isMain);
};

const { send } = process;
let known = 0;
process.send = function notedSend(...message) {
  const builtin = process.moduleLoadList.slice(known).map((name) => name.replace(/^\w+ /, ''));
  known += builtin.length;
  note({ builtin });
  return send.apply(this, message);
};
