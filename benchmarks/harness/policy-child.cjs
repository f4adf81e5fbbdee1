'use strict';
/**
 * Asks the policies of a folder in a separate process: loads them as a function does, makes the first decision, and then more.
 * Prints the times and the decisions as JSON.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, questionsFile, count] = process.argv.slice(2);
const questions = JSON.parse(readFileSync(questionsFile, 'utf8'));
// Not `performance`: its modules are loaded at first use, and that time would count as the contender's.
const now = () => Number(process.hrtime.bigint()) / 1e6;

const cpuBefore = process.cpuUsage();
const start = now();
const { loadPolicy } = require(join(folder, 'load.js'));
const policy = loadPolicy(folder)();
policy.decide(questions[0]);
const firstMilliseconds = now() - start;
const cpu = process.cpuUsage(cpuBefore);
const decisions = questions.map((question) => policy.decide(question));

const ask = (times) => {
  for (let i = 0; i < times; i += 1) policy.decide(questions[i % questions.length]);
};
ask(count);
const warm = process.cpuUsage();
ask(count);
const used = process.cpuUsage(warm);
const decisionCpuMicroseconds = (used.user + used.system) / count;
process.stdout.write(
  JSON.stringify({
    firstMilliseconds,
    firstCpuMilliseconds: (cpu.user + cpu.system) / 1_000,
    decisionCpuMicroseconds,
    decisions,
  }),
);
