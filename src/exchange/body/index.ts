/** Every kind of request body: a function each, which the kind's settings are turned into. */
export type { EncodedBody } from './encoded';
export { fileBody } from './file';
export { formBody } from './form';
export { graphqlBody, jsonBody, jsonValueBody, type GraphqlRequest } from './json';
export { checkJsonFields, jsonFieldsBody } from './json-fields';
export { multipartBody, type Part } from './multipart';
export { binaryBody, payloadBody } from './payload';
export { textBody } from './text';
export { xmlBody, xmlValueBody } from './xml';
