import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type FileAssetLocation, FileAssetPackaging, Lazy, Stack, Stage } from 'aws-cdk-lib';
import { Code, type CodeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { NO_CODE_CONTEXT } from '../context-keys.ts';

/** Files of a function's package, by their names. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/**
 * Code of a function, made of files in memory. It writes them into the assembly and nowhere else: the folder of the package may
 * be read-only. It makes them at synthesis, so that they have what was granted after the construction of the function.
 */
export class FunctionCode extends Code {
  readonly isInline = false;
  readonly #name: string;
  readonly #makeFiles: () => Files;

  /** @param name of the function, for the messages of a deployment */
  constructor(name: string, makeFiles: () => Files) {
    super();
    this.#name = name;
    this.#makeFiles = makeFiles;
  }

  override bind(scope: Construct): CodeConfig {
    const stack = Stack.of(scope);
    let added: FileAssetLocation | undefined;
    // The template is resolved before the stack's list of assets is written.
    const located = (): FileAssetLocation => {
      added ??= addAsset(stack, this.#name, this.#makeFiles());
      return added;
    };
    return {
      s3Location: {
        bucketName: Lazy.string({ produce: () => located().bucketName }),
        objectKey: Lazy.string({ produce: () => located().objectKey }),
      },
    };
  }
}

const addAsset = (stack: Stack, name: string, files: Files): FileAssetLocation => {
  const stage = Stage.of(stack);
  if (stage === undefined) throw new Error(`${stack.node.path} is in no app; expected an App or a Stage above it.`);
  const sourceHash = hashOf(files);
  const folder = join(stage.assetOutdir, `asset.${sourceHash}`);
  // Also without staging (`cdk synth --no-staging`): no other folder has the files, and the list of assets names this one.
  if (stack.node.tryGetContext(NO_CODE_CONTEXT) !== true) writeFolder(folder, files);
  return stack.synthesizer.addFileAsset({
    sourceHash,
    fileName: relative(stage.outdir, folder),
    packaging: FileAssetPackaging.ZIP_DIRECTORY,
    displayName: `Code of the function ${name} of Postern`,
  });
};

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

const hashOf = (files: Files): string =>
  sha256(
    JSON.stringify(
      Object.entries(files)
        .sort(byName)
        .map(([name, content]) => [name, sha256(content)]),
    ),
  );

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** Writes the folder under another name first: two processes may write the same assembly, and a folder is there whole or not at all. */
const writeFolder = (folder: string, files: Files): void => {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(unfinished, name), content);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
};
