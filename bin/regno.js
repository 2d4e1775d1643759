#!/usr/bin/env node
import { builtProgram } from './build-when-needed.js';
import { endWithNpm } from './end-with-npm.js';
import { ignoreEarlySignals } from './ignore-early-signals.js';

// The other commands end by SIGHUP, as is usual.
if (process.argv[2] === 'serve') ignoreEarlySignals();
endWithNpm();
await import(builtProgram('app/cli.js'));
