import { AssetStaging, IgnoreMode, Stack } from 'aws-cdk-lib';
import { type IRepository, Repository } from 'aws-cdk-lib/aws-ecr';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

export interface DoorImageProps {
  /** Folder with the sources of the program and its `Dockerfile`. */
  readonly folder: string;
}

/** Files that are not in the image, so that they do not change its hash. */
const EXCLUDED = ['*_test.go', 'testdata/', 'README.md'];

/**
 * Image of the program `door`. The asset is the folder with its sources, so that synth needs neither Go nor Docker: `cdk deploy`
 * builds and publishes the image. The hash comes from the sources.
 */
export class DoorImage extends Construct {
  readonly uri: string;
  readonly #repository: IRepository;

  constructor(scope: Construct, id: string, props: DoorImageProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const staging = new AssetStaging(this, 'Staging', {
      sourcePath: props.folder,
      exclude: EXCLUDED,
      ignoreMode: IgnoreMode.GIT,
    });
    const location = stack.synthesizer.addDockerImageAsset({
      directoryName: staging.relativeStagedPath(stack),
      sourceHash: staging.assetHash,
      dockerFile: 'Dockerfile',
      // Fargate runs the tasks on ARM64. The Dockerfile cross-compiles, so that the machine that builds may have another one.
      platform: 'linux/arm64',
      displayName: 'Image of the network door of Postern',
    });
    this.uri = location.imageUri;
    this.#repository = Repository.fromRepositoryName(this, 'Repository', location.repositoryName);
  }

  grantPull(grantee: IGrantable): void {
    this.#repository.grantPull(grantee);
  }
}
