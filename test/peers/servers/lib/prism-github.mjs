// Usage: node prism-github.mjs FROM TO. GitHub's OpenAPI document takes half a minute to load: this keeps the paths that
// the tests ask for, and what they refer to.
import { readFileSync, writeFileSync } from 'node:fs';

const [from, to] = process.argv.slice(2);
const kept =
  /^\/(rate_limit|gists|users\/\{username\}|repos\/\{owner\}\/\{repo\}(\/(issues|labels|commits))?)$/;

const document = JSON.parse(readFileSync(from, 'utf8'));
const paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => kept.test(path)));
const { securitySchemes, ...all } = document.components;
const components = { securitySchemes };
for (const todo = [paths]; todo.length > 0;) {
  for (const [, kind, name] of JSON.stringify(todo.pop()).matchAll(/"#\/components\/([^"/]+)\/([^"]+)"/g)) {
    const part = all[kind]?.[name];
    if (!part || components[kind]?.[name]) continue;
    (components[kind] ??= {})[name] = part;
    todo.push(part);
  }
}
const { openapi, info, servers } = document;
writeFileSync(to, JSON.stringify({ openapi, info, servers, paths, components }));
