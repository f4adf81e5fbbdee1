import { describeApi } from '../../lambda/functions/metadata/openapi/document.ts';

/** Prints the API description as a gateway answers with it. */
process.stdout.write(JSON.stringify(describeApi({ origin: 'https://callbacks.example.com', abbreviations: false })));
