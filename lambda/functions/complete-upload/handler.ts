import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { readVariables } from '../../contract/variables.ts';
import { CLIENT_CONFIGURATION, DYNAMODB_CONFIGURATION } from '../../shared/aws/client-configuration.ts';
import { wait } from '../../shared/clock.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { createCompleteUpload } from './complete-upload.ts';
import { createDynamoDBUploadedTaskStore } from './dynamodb-uploaded-task-store.ts';
import { createS3UploadBucket } from './s3-upload-bucket.ts';

const variables = readVariables('complete-upload', process.env);

/** Handles the event "Object Created" of the payload bucket from EventBridge. */
export const handler = createCompleteUpload({
  bucketName: variables.PAYLOAD_BUCKET,
  bucket: createS3UploadBucket(new S3Client(CLIENT_CONFIGURATION), variables.PAYLOAD_BUCKET),
  store: createDynamoDBUploadedTaskStore({
    client: new DynamoDBClient(DYNAMODB_CONFIGURATION),
    tasksTable: variables.TASKS_TABLE,
    layout: variables.TASK_LAYOUT,
    wait,
    random: Math.random,
  }),
  logger: createLogger(variables.POSTERN_ENVIRONMENT, 'complete-upload', toStandardOutput),
  quarantineLimit: variables.QUARANTINE_LIMIT,
  now: Date.now,
});
