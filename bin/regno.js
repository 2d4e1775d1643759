#!/usr/bin/env node
import { builtProgram } from './build-when-needed.js';
import { endWithNpm } from './end-with-npm.js';

endWithNpm();
await import(builtProgram('app/cli.js'));
