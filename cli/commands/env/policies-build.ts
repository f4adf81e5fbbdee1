import { relative } from 'node:path';
import { defineCommand } from '../../command.ts';

export const ENV_POLICIES_BUILD_COMMAND = defineCommand({
  name: 'env policies build',
  summary: 'Compiles policies in Rego with your opa, for the setting "policies"',
  description:
    'Checks FILE.rego against the schema of Postern ("opa check --strict") and compiles it to FILE.wasm beside it ("opa build -t ' +
    'wasm"). The module has the SHA-256 of its source, and the synth refuses it after a change of the source. Also writes ' +
    'policy-schema.json, which editors and "opa check -s" can use. Commit all three files. opa must be version 1.0 or later: ' +
    'https://www.openpolicyagent.org/docs#1-download-opa',
  arguments: { file: { doc: 'policies in Rego, FILE.rego' } },
  options: {
    opa: { doc: 'path of opa; default: that of the search path', value: 'PATH' },
    check: {
      doc: 'writes nothing and needs no opa; exit code 1 if FILE.wasm or policy-schema.json is not up to date',
    },
  },
  examples: [
    'postern env policies build environments/prod.rego',
    'postern env policies build environments/prod.rego --check',
  ],
  exits: ['failed'],
  run: async (context, { arguments: { file }, options: { check, opa: path } }) => {
    const { findStale, readPolicySource, schemaText, writeInOneStep } = await import('../../policies/policy-files.ts');
    const { cwd, io } = context;
    const files = readPolicySource(cwd, file);
    const [source, module, schema] = [files.source, files.module, files.schema].map((one) => relative(cwd, one));
    if (check) {
      const stale = findStale(files);
      io.print({ source, module, schema, upToDate: stale.length === 0, stale }, () =>
        stale.length === 0
          ? `${module} and ${schema} are up to date.`
          : [...stale, `Run "postern env policies build ${file}".`].join('\n'),
      );
      return stale.length === 0 ? 'ok' : 'failed';
    }
    const { findOpa } = await import('../../policies/run-opa.ts');
    const { buildModule } = await import('../../policies/build-module.ts');
    const opa = await findOpa(path, context);
    const bytes = await buildModule(opa, files, context);
    writeInOneStep(files.module, bytes);
    writeInOneStep(files.schema, schemaText());
    io.print(
      { source, module, schema, bytes: bytes.length, sourceSha256: files.hash, opa: opa.version },
      () =>
        `opa ${opa.version} has compiled ${source}: ${module} has ${bytes.length} bytes. Commit it with ${source} and ${schema}.`,
    );
    return 'ok';
  },
});
