/** `npm start`: builds where the build is missing or older than the sources, then serves. */
import { builtProgram } from '../bin/build-when-needed.js';
import { endWithNpm } from '../bin/end-with-npm.js';
import { ignoreEarlySignals } from '../bin/ignore-early-signals.js';

ignoreEarlySignals();
endWithNpm();
await import(builtProgram('app/main.js'));
