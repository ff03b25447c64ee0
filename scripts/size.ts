#!/usr/bin/env node
// `npm run size`: what each operator weighs, without rxjs, minified and gzipped.
import { operatorSizes } from './operators/size.js';

console.log('Bundled alone without rxjs, minified and gzipped:');
for (const { name, bytes } of await operatorSizes())
  console.log(`${bytes.toLocaleString('en-US').padStart(7)} B  ${name}`);
